// The drills of a city of many processes, on a real broker: from one process into Kafka and back;
// backed up while it works, and restored as another incarnation.
#include <signal.h>

#include "base/sha256.h"
#include "journal/chain.h"
#include "services/city/replica.h"
#include "services/city/replica_kafka.h"
#include "tests/e2e/drill_fixture.h"
#include "tests/load/cluster.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::e2e {
namespace {

namespace fs = std::filesystem;
using journal::Slice;
constexpr const char* kForgotten = "p-0087";

// All that must be the same of a city wherever its journal is kept.
struct Facts {
  journal::Positions positions;
  std::map<Slice, std::string> heads;       // chain hash of the last entry
  std::map<Slice, std::string> causes;      // SHA-256 over all of them
  std::map<std::string, std::string> rows;  // digest by service
  friend bool operator==(const Facts&, const Facts&) = default;
};

class DrillTest : public DrillFixture {
 protected:
  Facts FactsOf(const runtime::City& city, journal::Journal& journal) {
    Facts facts;
    const auto positions = journal::ClosedNow(journal, city::SlicesOf(city));
    EXPECT_TRUE(positions.ok()) << positions.status().ToString();
    facts.positions = positions.value_or(journal::Positions());
    for (const auto& [slice, last] : facts.positions) {
      journal::ChainCheck chain;
      base::Sha256Sum causes;
      const auto read = journal.Read(slice, 0, [&](int64_t, std::string_view bytes) {
        const auto taken = chain.Take(bytes);
        EXPECT_TRUE(taken.ok()) << journal::ToString(slice) << ": " << taken.ToString();
        causes.Add(chain.entry().cause().SerializeAsString());
        return taken.ok();
      });
      EXPECT_TRUE(read.ok()) << read.ToString();
      EXPECT_EQ(chain.seq(), last);
      facts.heads[slice] = chain.hash();
      facts.causes[slice] = causes.Finish();
    }
    auto rows = city::FoldInto(city, journal, folder_ + "/folded-" + std::to_string(++said_),
                               facts.positions);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    facts.rows = rows.value_or(std::map<std::string, std::string>());
    EXPECT_EQ(facts.rows.size(), 9u);
    return facts;
  }
  Facts FactsOfOne(const std::string& name) {
    const auto config = *city::ReadConfig(ConfigOf(name));
    const auto identity = *city::ReadCity(config.folder());
    const auto journal = city::OpenJournal(config);
    EXPECT_TRUE(journal.ok()) << journal.status().ToString();
    return FactsOf(*identity, **journal);
  }
  Facts FactsOfTopics() {
    const auto config = *city::ReadServiceConfig(kafka_);
    const auto journal = city::OpenKafkaJournal(config);
    EXPECT_TRUE(journal.ok()) << journal.status().ToString();
    return FactsOf(city::CityOf(config), **journal);
  }
  std::map<std::string, std::string> RowsOfTopics(const journal::Positions& positions) {
    const auto config = *city::ReadServiceConfig(kafka_);
    const auto journal = city::OpenKafkaJournal(config);
    EXPECT_TRUE(journal.ok()) << journal.status().ToString();
    auto rows = city::FoldInto(city::CityOf(config), **journal,
                               folder_ + "/folded-" + std::to_string(++said_), positions);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    return rows.value_or(std::map<std::string, std::string>());
  }

  // Processes over brokers of their own.
  std::unique_ptr<demo::ClusterTown> MakeTown(const std::string& name,
                                              const std::string& journal_id,
                                              const std::string& master_key_file,
                                              const std::string& start_at) {
    demo::ClusterOptions options;
    options.journal_id = journal_id;
    options.master_key_file = master_key_file;
    options.binaries = fs::path(binary_).parent_path();
    options.replicas = 1;
    fs::create_directories(folder_ + "/" + name);
    auto town = demo::ClusterTown::Make(options, folder_ + "/" + name);
    EXPECT_TRUE(town.ok()) << town.status().ToString();
    if (!town.ok()) return nullptr;
    kafka_ = (*town)->Configure(start_at, 1);
    return std::move(*town);
  }
  void StartTown(demo::ClusterTown& town, const std::string& start_at) {
    const auto started = town.Start(start_at, 1, true);
    ASSERT_TRUE(started.ok()) << started.ToString();
    Connect(town.address());
  }
  void StopTown(demo::ClusterTown& town) {
    address_.clear();
    client_.Disconnect();
    const auto stopped = town.Stop();
    ASSERT_TRUE(stopped.ok()) << stopped.ToString();
  }
  // What a city's process says that does not start.
  static std::string Refused(demo::ClusterTown& town, const std::string& start_at) {
    const auto started = town.Start(start_at, 1, true);
    EXPECT_FALSE(started.ok());
    return started.ToString();
  }

  // Runs `wanmi` until it has said `word`, and kills it.
  static void KillAt(const std::string& word, const std::vector<std::string>& words) {
    std::string line = "echo $$; exec " WANMI_BINARY;
    for (const auto& each : words) line += " '" + each + "'";
    std::FILE* said = ::popen(line.c_str(), "r");
    ASSERT_NE(said, nullptr);
    char text[4096];
    ASSERT_NE(std::fgets(text, sizeof(text), said), nullptr);
    const pid_t pid = std::stoi(text);
    bool heard = false;
    while (!heard && std::fgets(text, sizeof(text), said)) {
      heard = std::string_view(text).find(word) != std::string_view::npos;
    }
    ::kill(pid, SIGKILL);
    ::pclose(said);
    EXPECT_TRUE(heard) << word;
  }

  // What the sealed names of so many persons say; a code where one cannot be read.
  std::map<std::string, std::string> Names() const {
    std::map<std::string, std::string> names;
    const std::string path = "/wanmi.operations.v1.Operations/";
    operations::v1::ReadEntries read;
    read.set_service("directory");
    read.set_most(500);
    while (names.size() < 100) {
      operations::v1::EntryPage page;
      const auto status = CallOnce(path + "ReadEntries", operator_, "", read, &page);
      EXPECT_TRUE(status.ok()) << status.ToString();
      if (page.entries().empty()) break;
      read.set_after_seq(read.after_seq() + page.entries_size());
      for (const auto& person : PersonsIn(page)) {
        operations::v1::Reveal reveal;
        *reveal.mutable_sealed() = person.name();
        operations::v1::Revealed revealed;
        const auto opened = CallOnce(path + "Reveal", operator_, "", reveal, &revealed);
        names[person.person_id()] =
            opened.ok() ? revealed.clear() : std::string(base::CodeName(opened.code()));
      }
    }
    return names;
  }
  static std::vector<directory::v1::PersonRegistered> PersonsIn(
      const operations::v1::EntryPage& page) {
    std::vector<directory::v1::PersonRegistered> persons;
    for (const auto& bytes : page.entries()) {
      journal::v1::Entry entry;
      EXPECT_TRUE(entry.ParseFromString(bytes));
      for (const auto& change : entry.changes()) {
        for (const auto& event_bytes : change.events()) {
          directory::v1::Event event;
          EXPECT_TRUE(event.ParseFromString(event_bytes));
          if (event.has_person_registered()) persons.push_back(event.person_registered());
        }
      }
    }
    return persons;
  }
  // The same command again is the same receipt; its id with another body is refused.
  void ExpectRepeated(const common::v1::Receipt& first) {
    const auto again = SendOwn();
    EXPECT_TRUE(again.repeated());
    EXPECT_EQ(again.seq(), first.seq());
    EXPECT_EQ(again.partition(), first.partition());
    EXPECT_EQ(again.number(), first.number());
    intake::v1::Report other;
    ASSERT_TRUE(other.ParseFromString(own_.bytes));
    other.set_condition_id("2");
    common::v1::Receipt receipt;
    const auto refused = CallOnce(own_.path, *own_.who, "", other, &receipt);
    EXPECT_EQ(refused.code(), base::Code::kAlreadyExists) << refused.ToString();
  }
  // The folders of replicas, as they were left.
  void BringStores(const std::string& from, const std::string& to) const {
    for (const auto& file : fs::directory_iterator(folder_ + "/" + from)) {
      const std::string name = file.path().filename();
      if (!fs::exists(folder_ + "/" + from + "/" + name + ".json")) continue;
      fs::copy(file.path(), folder_ + "/" + to + "/" + name, fs::copy_options::recursive);
    }
  }
  // By the topics that they are of.
  std::set<std::string> StoresOf(const std::string& replica) const {
    std::set<std::string> stores;
    for (const auto& file : fs::directory_iterator(folder_ + "/" + replica)) {
      if (file.is_directory()) stores.insert(file.path().filename());
    }
    return stores;
  }
  void ExpectSaid(const std::string& said, const std::string& words) {
    EXPECT_NE(said.find(words), std::string::npos) << said;
  }

  std::string kafka_;  // a ServiceConfig of the city
};

std::string StartAt(int64_t us) {
  return base::FormatUtc(base::FromMicros(us)).substr(0, 19) + "Z";
}

TEST_F(DrillTest, AMoveIntoKafkaAndBackLosesNothing) {
  Found();
  const auto receipt = SendOwn();
  Play(0, 15, {});
  Wanmi({"forget", std::string("person/") + kForgotten});
  const auto names = Names();
  EXPECT_GT(names.size(), 50u);
  EXPECT_EQ(names.count(kForgotten) > 0 ? names.at(kForgotten) : "no such person", "NOT_FOUND");
  StopOne();
  const Facts in_one = FactsOfOne("city");
  const std::string out = folder_ + "/out.wanmi";
  Wanmi({"export-journal", "--config", ConfigOf("city"), "--out", out});
  const auto content = journal::CheckTransfer(out);
  ASSERT_TRUE(content.ok()) << content.status().ToString();
  const std::string start_at = StartAt(content->header.made_at_us() + 1'000'000);

  const auto town =
      MakeTown("town", content->header.journal_id(), folder_ + "/city/master.key", start_at);
  ASSERT_TRUE(town);
  ExpectSaid(Wanmi({"export-journal", "--kafka", kafka_, "--out", folder_ + "/none"}, 1),
             "found no entry");
  const std::vector<std::string> import{
      "import-journal", "--kafka", kafka_, "--in", out, "--vault", folder_ + "/city/vault"};
  KillAt("dispatch/3", import);
  ExpectSaid(Refused(*town, start_at), "half an import");
  ExpectSaid(Wanmi({"backup", "--kafka", kafka_, "--out", folder_ + "/half", "--without-vault"}, 1),
             "half an import");
  Wanmi(import);
  ExpectSaid(Wanmi(import, 1), "expected an empty journal");
  EXPECT_EQ(FactsOfTopics(), in_one);

  StartTown(*town, start_at);
  if (HasFailure()) return;
  ExpectRepeated(receipt);
  const auto read = ReadWith(receipt.token());
  EXPECT_TRUE(read.ok()) << "the token of before is good: " << read.ToString();
  EXPECT_EQ(Names(), names);
  Play(500'000, 10, {});
  EXPECT_EQ(closed_, 10);
  const std::string back = folder_ + "/back.wanmi", keys = folder_ + "/moved/keys";
  const std::vector<std::string> move_out{"export-journal", "--kafka", kafka_, "--out", back,
                                          "--vault-out",    keys};
  ExpectSaid(Wanmi(move_out, 1), "expected a city that is stopped");
  const auto token = SendOwn().token();
  const auto examined = town->Examine();
  EXPECT_TRUE(examined.ok()) << examined.ToString();
  StopTown(*town);
  const Facts in_kafka = FactsOfTopics();
  Wanmi(move_out);

  ConfigureMoved("back");
  Wanmi({"import-journal", "--config", ConfigOf("back"), "--in", back});
  fs::copy(keys, folder_ + "/back/vault", fs::copy_options::recursive);
  fs::copy(folder_ + "/city/master.key", folder_ + "/back/master.key");
  EXPECT_EQ(FactsOfOne("back"), in_kafka);
  StartAs("back");
  ExpectRepeated(receipt);
  for (const auto& seen : {receipt.token(), token}) EXPECT_TRUE(ReadWith(seen).ok());
  EXPECT_EQ(Names(), names);
  Wanmi({"verify"});
  Wanmi({"rebuild"});
  Play(700'000, 3, {});
  EXPECT_EQ(closed_, 3);
  StopOne();
}

TEST_F(DrillTest, ABackupOfAClusterAtWorkIsRestoredAsAnotherIncarnation) {
  const std::string start_at = "2026-03-11T01:00:00Z";
  auto town = MakeTown("town", "", "", start_at);
  ASSERT_TRUE(town);
  const std::string old_kafka = kafka_;
  StartTown(*town, start_at);
  if (HasFailure()) return;
  Populate();
  const auto receipt = SendOwn();
  const auto names = Names();
  const std::string backup = folder_ + "/backup", keys = folder_ + "/keys";
  {
    std::jthread load([this](const std::stop_token& stop) { Play(0, 100'000, stop); });
    ASSERT_TRUE(AwaitClosed(5));
    Wanmi({"backup", "--kafka", kafka_, "--out", backup, "--vault-out", keys, "--digests"});
    ASSERT_TRUE(AwaitClosed(closed_ + 5)) << "it goes on meanwhile";
  }
  Wanmi({"verify-backup", backup});
  Wanmi({"verify-backup", keys});
  const auto lost = SendOwn().token();  // has seen what the backup has not
  StopTown(*town);
  const std::vector<std::string> restore{"restore", "--in", backup, "--vault", keys, "--kafka"};
  const auto onto = [&](const std::string& config, int code) {
    auto words = restore;
    words.push_back(config);
    return Wanmi(words, code);
  };
  ExpectSaid(onto(kafka_, 1), "intake/7 (");
  const auto manifest = city::VerifyBackup(backup);
  ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
  journal::Positions positions;
  for (const auto& at : manifest->positions()) positions[{at.service(), at.partition()}] = at.seq();
  std::map<std::string, std::string> rows;
  for (const auto& sum : manifest->rows()) rows[sum.service()] = sum.sha256_hex();
  EXPECT_EQ(RowsOfTopics(positions), rows) << "a rebuild of the original as of then";
  town.reset();

  // Empty topics, and the folders of the processes of before.
  const std::string later = StartAt(manifest->made_at_us() + 60'000'000);
  town = MakeTown("again", manifest->journal_id(), folder_ + "/town/master.key", later);
  ASSERT_TRUE(town);
  BringStores("town", "again");
  EXPECT_EQ(StoresOf("again/intake-0").size(), 1u);
  const std::string said = onto(kafka_, 0), word = "restored as incarnation ";
  ExpectSaid(said, word);
  ExpectSaid(onto(kafka_, 1), "that nobody ever wrote to");
  ExpectSaid(Refused(*town, later), "is of incarnation");
  town->Reincarnate(std::stoi(said.substr(said.find(word) + word.size())));
  kafka_ = town->Configure(later, 1);
  EXPECT_EQ(RowsOfTopics(positions), rows);
  StartTown(*town, later);
  if (HasFailure()) return;
  for (const auto& seen : {receipt.token(), lost}) {
    const auto old = ReadWith(seen);
    EXPECT_EQ(old.code(), base::Code::kFailedPrecondition) << old.ToString();
    ExpectSaid(old.message(), "before a restore");
  }
  ExpectRepeated(receipt);
  EXPECT_EQ(Names(), names);
  Play(500'000, 5, {});
  EXPECT_EQ(closed_, 5);
  EXPECT_EQ(StoresOf("again/intake-0").size(), 1u) << "those of the topics before are dropped";
  EXPECT_NE(StoresOf("again/intake-0"), StoresOf("town/intake-0"));
  const auto examined = town->Examine();
  EXPECT_TRUE(examined.ok()) << examined.ToString();
  StopTown(*town);
  FactsOfTopics();  // its chains
}

}  // namespace
}  // namespace wanmi::e2e
