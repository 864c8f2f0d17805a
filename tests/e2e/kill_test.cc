// The real binary is killed at 30 random moments under load:
// nothing acknowledged is lost, nothing happens twice, and a rebuild gives the same views.
#include <random>
#include <thread>

#include "journal/journal.h"
#include "tests/e2e/city_fixture.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/grid/v1/grid.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::e2e {
namespace {

constexpr int kKills = 30;
constexpr int kClients = 6;

// Opens regions and registers people, over and over, until told to stop.
void Load(demo::Client& client, int number, std::stop_token stop) {
  for (int i = 0; !stop.stop_requested(); ++i) {
    if (i % 5 == 0) {
      directory::v1::RegisterPerson person;
      person.set_person_id(fmt::format("p-{}-{}", number, i));
      person.set_name("a name that is sealed");
      const auto told =
          client.Do("/wanmi.directory.v1.Directory/RegisterPerson", kBootstrap, person);
      EXPECT_TRUE(told.ok()) << told.status().ToString();
      continue;
    }
    grid::v1::OpenRegion open;
    open.mutable_region()->set_code(fmt::format("37070{}{:06}", number, i));
    open.mutable_region()->set_parent(fmt::format("37070{}{:03}", number, i / 1000));
    open.mutable_region()->set_name("demo");
    open.mutable_region()->set_level("community");
    const auto told = client.Do("/wanmi.grid.v1.Grid/OpenRegion", kBootstrap, open);
    EXPECT_TRUE(told.ok()) << told.status().ToString();
  }
}

struct Place {
  int64_t seq = 0;
  int partition = 0;
  int times = 0;
};

// Reads every entry of a service; checks the chain; says where each command stands.
void ReadSlice(demo::Client& client, const std::string& service, int partition,
               std::map<std::string, Place>& places) {
  std::string prev = journal::GenesisHash();
  for (int64_t seq = 0;;) {
    operations::v1::ReadEntries read;
    read.set_service(service);
    read.set_partition(partition);
    read.set_after_seq(seq);
    read.set_most(500);
    operations::v1::EntryPage page;
    const auto status =
        client.Ask("/wanmi.operations.v1.Operations/ReadEntries", kBootstrap, read, &page);
    ASSERT_TRUE(status.ok()) << status.ToString();
    for (const auto& bytes : page.entries()) {
      journal::v1::Entry entry;
      ASSERT_TRUE(entry.ParseFromString(bytes));
      ASSERT_EQ(entry.seq(), ++seq);
      ASSERT_EQ(entry.prev(), prev) << service << "/" << partition << " at " << seq;
      prev = journal::ChainHash(bytes);
      if (!entry.cause().has_request()) continue;
      Place& place = places[entry.cause().request().id()];
      place.seq = seq;
      place.partition = partition;
      ++place.times;
    }
    if (page.entries().empty()) return;
  }
}

class KillTest : public CityFixture {};

TEST_F(KillTest, NothingAcknowledgedIsLostAndNothingHappensTwice) {
  std::mt19937 random(20261124);  // NOLINT: the same moments each time, as far as a clock permits
  demo::Client client(7, 0.05);
  Start(client);
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < kClients; ++c) {
      clients.emplace_back([&, c](std::stop_token stop) { Load(client, c, std::move(stop)); });
    }
    for (int kill = 0; kill < kKills && !HasFatalFailure(); ++kill) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 180));
      KillNow();
      Start(client);
    }
    for (auto& thread : clients) thread.request_stop();
  }
  std::map<std::string, Place> places;
  for (int p = 0; p < 8; ++p) ReadSlice(client, "grid", p, places);
  ReadSlice(client, "directory", 0, places);
  int lost = 0, twice = 0;
  for (const auto& told : client.Ledger()) {
    for (const auto& answer : told.answers) {
      ASSERT_TRUE(answer.status.ok()) << told.method << ": " << answer.status.ToString();
      const auto found = places.find(told.id);
      const bool there = found != places.end() && found->second.seq == answer.receipt.seq() &&
                         found->second.partition == answer.receipt.partition();
      lost += there ? 0 : 1;
    }
  }
  for (const auto& [id, place] : places) twice += place.times > 1 ? 1 : 0;
  fmt::print("{} kills, {} commands, {} calls in doubt, {} sent again: {} lost, {} twice\n", kKills,
             client.commands(), client.in_doubt(), client.sent_again(), lost, twice);
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(twice, 0);
  EXPECT_GT(client.commands(), 200) << "there was no load to speak of";
  EXPECT_GT(client.in_doubt(), 0) << "no kill met a call";
  ASSERT_TRUE(process_.Stop().ok());
  EXPECT_EQ(Rebuild(), 0);
}

}  // namespace
}  // namespace wanmi::e2e
