#include "tests/e2e/audit.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "journal/journal.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/grid/v1/grid.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::e2e {
namespace {

struct Place {
  std::string slice;
  int partition = 0;
  std::vector<int64_t> seqs;  // more than one: it happened more than once
};
using Places = std::map<std::string, Place>;  // by command id

// Reads every entry of a slice; checks the chain; says where each command stands.
void ReadSlice(demo::Client& client, const std::string& service, int partition, Places& places) {
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
      place.slice = journal::ToString({service, partition});
      place.partition = partition;
      place.seqs.push_back(seq);
    }
    if (page.entries().empty()) return;
  }
}

}  // namespace

void LoadCity(demo::Client& client, int number, std::stop_token stop) {
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

Audited Audit(demo::Client& client) {
  Places places;
  operations::v1::CityView city;
  const auto status = client.Ask("/wanmi.operations.v1.Operations/GetCity", kBootstrap,
                                 operations::v1::GetCity(), &city);
  EXPECT_TRUE(status.ok()) << status.ToString();
  for (const auto& slice : city.slices())
    ReadSlice(client, slice.service(), slice.partition(), places);
  Audited audited;
  for (const auto& told : client.Ledger()) {
    for (const auto& answer : told.answers) {
      EXPECT_TRUE(answer.status.ok()) << told.method << ": " << answer.status.ToString();
      if (!answer.status.ok()) continue;
      const auto& receipt = answer.receipt;
      const auto found = places.find(told.id);
      const bool there =
          found != places.end() && found->second.partition == receipt.partition() &&
          std::count(found->second.seqs.begin(), found->second.seqs.end(), receipt.seq()) == 1;
      if (there) continue;
      ++audited.lost;
      fmt::print("LOST {} {}: the receipt says {}/{} seq {}, the journal has {}\n", told.method,
                 told.id, told.service, receipt.partition(), receipt.seq(),
                 found == places.end()
                     ? "nothing of it"
                     : fmt::format("{} seq {}", found->second.slice, found->second.seqs[0]));
    }
  }
  for (const auto& [id, place] : places) {
    if (place.seqs.size() < 2) continue;
    ++audited.twice;
    fmt::print("TWICE {}: {} has it at seqs {}\n", id, place.slice, fmt::join(place.seqs, ", "));
  }
  return audited;
}

}  // namespace wanmi::e2e
