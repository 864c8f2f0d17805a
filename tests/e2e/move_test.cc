// The drill: a city at work is backed up, and restored as another incarnation; it is stopped,
// exported and imported elsewhere as the same one. Real binaries, real files.
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "server/rpc.h"
#include "services/city/backup.h"
#include "services/city/config.h"
#include "services/city/process.h"
#include "services/city/rebuild.h"
#include "tests/e2e/city_fixture.h"
#include "tests/load/caller.h"
#include "tests/load/loop_script.h"
#include "tests/load/roster.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::e2e {
namespace {

using std::chrono::steady_clock;
constexpr int kInFlight = 8;
constexpr int64_t kOwnLoop = 900'000;  // whose first command is sent again and again
constexpr const char* kCityFiles = WANMI_SOURCE_DIR "/data/cities/weifang";

class MoveTest : public CityFixture {
 protected:
  // A clock that goes on where it was, and not from its start.
  void ConfigureMoved(const std::string& name) const {
    Configure(folder_ + "/" + name,
              R"("clock":{"startAt":"2026-03-11T01:00:00Z","rate":1.001},"keepFreeBytes":0)");
    std::filesystem::copy(folder_ + "/config.json", folder_ + "/" + name + ".json");
  }
  std::string ConfigOf(const std::string& name) const { return folder_ + "/" + name + ".json"; }
  void StartAs(const std::string& name) {
    const auto started =
        process_.Start({binary_, "--config", ConfigOf(name)}, folder_ + "/log", true);
    ASSERT_TRUE(started.ok()) << started.ToString();
    const auto connected = client_.Connect(process_.grpc(), 1);
    ASSERT_TRUE(connected.ok()) << connected.ToString();
  }
  // What `wanmi` says; its exit code must be this.
  std::string Wanmi(std::vector<std::string> words, int code = 0) {
    std::vector<std::string> command{WANMI_BINARY};
    command.insert(command.end(), words.begin(), words.end());
    if (process_.pid() != 0) {
      command.insert(command.end(), {"--address", process_.grpc()});
      if (words[0] != "import") {
        command.insert(command.end(), {"--person", operator_.person, "--post", operator_.post});
      }
    }
    const std::string log = folder_ + "/said-" + std::to_string(++said_);
    const auto found = demo::Run(command, log);
    std::ifstream in(log);
    const std::string said{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(found.ok() && *found == code) << words[0] << " said:\n" << said;
    return said;
  }
  void Found() {
    ConfigureMoved("city");
    StartAs("city");
    Wanmi({"import", kCityFiles});
    auto roster = demo::Roster::Read(kCityFiles);
    ASSERT_TRUE(roster.ok()) << roster.status().ToString();
    ASSERT_TRUE(roster->ReadPlaces(client_).ok());
    operator_ = roster->Of(roster->Posts("operator").front());
    auto script = demo::LoopScript::Make(*roster, 5, "move", "superior");
    ASSERT_TRUE(script.ok()) << script.status().ToString();
    script_ = std::make_unique<demo::LoopScript>(std::move(*script));
    own_ = script_->Call(kOwnLoop, 0, client_.NowUs());
  }
  // Closed loops, one after the other, until told to stop or so many are closed.
  void Play(int64_t from, int64_t most, const std::stop_token& stop) {
    demo::Caller caller(process_.grpc(), std::chrono::seconds(5), kInFlight);
    demo::Player player(
        *script_, demo::LoopScript::kCalls, [this] { return client_.NowUs(); },
        [&](int64_t number, const demo::LoopCall& call) {
          caller.Send(number, call.path, *call.who, call.bytes);
        });
    const auto limit = steady_clock::now() + std::chrono::seconds(40);
    int64_t next = from;
    while (steady_clock::now() < limit && player.broken().ok()) {
      const int64_t end = stop.stop_requested() ? next : from + most;
      while (next < end && player.in_flight() < kInFlight)
        player.Begin(next++, steady_clock::now());
      if (player.in_flight() == 0) break;
      demo::Caller::Answered answered;
      const auto until = std::min(player.SendDue(steady_clock::now()),
                                  steady_clock::now() + std::chrono::milliseconds(20));
      while (caller.Next(until, &answered))
        player.Answered(answered.number, answered.status, answered.at);
      closed_ = player.closed();
    }
    EXPECT_TRUE(player.broken().ok()) << player.broken().ToString();
    EXPECT_EQ(player.in_flight(), 0u);
  }
  bool AwaitClosed(int64_t loops) const {
    const auto limit = steady_clock::now() + std::chrono::seconds(30);
    while (closed_ < loops && steady_clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return closed_ >= loops;
  }

  base::Status CallOnce(const std::string& path, const demo::Who& who, const std::string& token,
                        const google::protobuf::Message& request,
                        google::protobuf::Message* response) const {
    const auto channel = grpc::CreateChannel(process_.grpc(), grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    context.AddMetadata("wanmi-person", who.person);
    context.AddMetadata("wanmi-post", who.post);
    if (!token.empty()) context.AddMetadata("wanmi-token-bin", token);
    return server::Call(*channel, path, context, request, response);
  }
  common::v1::Receipt SendOwn() const {
    intake::v1::Report report;
    EXPECT_TRUE(report.ParseFromString(own_.bytes));
    common::v1::Receipt receipt;
    const auto status = CallOnce(own_.path, *own_.who, "", report, &receipt);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return receipt;
  }
  base::Status ReadWith(const std::string& token) const {
    intake::v1::GetReport get;
    intake::v1::Report report;
    EXPECT_TRUE(report.ParseFromString(own_.bytes));
    get.set_report(report.report());
    intake::v1::ReportView view;
    return CallOnce("/wanmi.intake.v1.Intake/GetReport", *own_.who, token, get, &view);
  }

  // Digests of all rows that the journal of a stopped city gives, up to these positions.
  std::map<std::string, std::string> FoldedTo(const std::string& name,
                                              const journal::Positions& positions) {
    const auto config = *city::ReadConfig(ConfigOf(name));
    const auto identity = city::ReadCity(config.folder());
    const auto journal = city::OpenJournal(config);
    EXPECT_TRUE(identity.ok() && *identity && journal.ok());
    auto digests = city::FoldInto(**identity, **journal,
                                  folder_ + "/folded-" + std::to_string(++said_), positions);
    EXPECT_TRUE(digests.ok()) << digests.status().ToString();
    return digests.value_or(std::map<std::string, std::string>());
  }
  journal::Positions EndsOf(const std::string& name) {
    const auto config = *city::ReadConfig(ConfigOf(name));
    const auto identity = *city::ReadCity(config.folder());
    const auto journal = city::OpenJournal(config);
    EXPECT_TRUE(journal.ok()) << journal.status().ToString();
    return *journal::ClosedNow(**journal, city::SlicesOf(*identity));
  }

  void BackUpUnderLoad() {
    std::jthread load([this](const std::stop_token& stop) { Play(0, 100'000, stop); });
    ASSERT_TRUE(AwaitClosed(20));
    Wanmi({"backup", "--out", folder_ + "/backup", "--vault-out", folder_ + "/keys", "--digests"});
    // Each export fails if what it took is not closed.
    for (int i = 0; i < 4; ++i)
      Wanmi({"backup", "--out", folder_ + "/backup-" + std::to_string(i), "--without-vault"});
    ASSERT_TRUE(AwaitClosed(closed_ + 10)) << "it goes on meanwhile";
    Wanmi({"verify-backup", folder_ + "/backup"});
    Wanmi({"verify-backup", folder_ + "/keys"});
    load.request_stop();
  }
  // One bit of the copy of a backup.
  void FlipABit() {
    const std::string folder = folder_ + "/backup-0", file = folder + "/journal.wanmi";
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(file) / 2);
    bytes.seekg(middle);
    const int byte = bytes.get();
    bytes.seekp(middle);
    bytes.put(static_cast<char>(byte ^ 4));
    bytes.close();
    EXPECT_NE(Wanmi({"verify-backup", folder}, 1).find("expected journal.wanmi"),
              std::string::npos);
  }
  void Restore() {
    ConfigureMoved("again");
    std::filesystem::create_directories(folder_ + "/again");
    const std::vector<std::string> words{
        "restore",         "--in",     folder_ + "/backup", "--vault",
        folder_ + "/keys", "--config", ConfigOf("again")};
    auto older = words;
    older[2] = folder_ + "/backup-3";
    EXPECT_NE(Wanmi(older, 1).find("made before the backup"), std::string::npos);
    // Without the master key: half a restore, which nothing can be started from.
    EXPECT_NE(Wanmi(words, 1).find("while opening the restored vault"), std::string::npos);
    EXPECT_NE(demo::Run({binary_, "--config", ConfigOf("again")}, folder_ + "/refused").value_or(0),
              0);
    std::filesystem::remove_all(folder_ + "/again");
    std::filesystem::create_directories(folder_ + "/again");
    std::filesystem::copy(folder_ + "/city/master.key", folder_ + "/again/master.key");
    Wanmi(words);
  }

  demo::Client client_{5, 0};
  demo::Who operator_;
  std::unique_ptr<demo::LoopScript> script_;
  demo::LoopCall own_;
  std::atomic<int64_t> closed_ = 0;
  int said_ = 0;
};

TEST_F(MoveTest, IsBackedUpUnderLoadAndRestoredAsAnotherIncarnation) {
  Found();
  const std::string token = SendOwn().token();
  BackUpUnderLoad();
  Stop(client_);
  if (HasFailure()) return;
  const auto backup = city::VerifyBackup(folder_ + "/backup");
  ASSERT_TRUE(backup.ok()) << backup.status().ToString();
  FlipABit();
  Restore();

  journal::Positions positions;
  int64_t entries = 0;
  for (const auto& at : backup->positions()) {
    positions[{at.service(), at.partition()}] = at.seq();
    entries += at.seq();
  }
  std::map<std::string, std::string> rows;
  for (const auto& sum : backup->rows()) rows[sum.service()] = sum.sha256_hex();
  EXPECT_GT(entries, 500);
  EXPECT_EQ(rows.size(), 9u);
  EXPECT_EQ(FoldedTo("city", positions), rows) << "a rebuild of the original as of then";
  EXPECT_EQ(FoldedTo("again", positions), rows);

  StartAs("again");
  Wanmi({"verify"});
  Wanmi({"rebuild"});
  const auto old = ReadWith(token);
  EXPECT_EQ(old.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(old.message().find("before a restore"), std::string::npos) << old.ToString();
  const auto repeated = SendOwn();
  EXPECT_TRUE(repeated.repeated()) << "it was before the backup";
  EXPECT_TRUE(ReadWith(repeated.token()).ok());
  Play(500'000, 10, {});
  EXPECT_EQ(closed_, 10);
  Stop(client_);
}

TEST_F(MoveTest, IsExportedAndImportedAsTheSameCity) {
  Found();
  const auto receipt = SendOwn();
  Play(0, 30, {});
  const std::string file = folder_ + "/journal.wanmi";
  EXPECT_NE(Wanmi({"export-journal", "--config", ConfigOf("city"), "--out", file}, 1)
                .find("stop the city first"),
            std::string::npos);
  Stop(client_);
  Wanmi({"export-journal", "--config", ConfigOf("city"), "--out", file});

  ConfigureMoved("moved");
  std::ofstream(ConfigOf("other")) << R"({"city":"qingdao","folder":")" << folder_ << "/other\"}";
  EXPECT_NE(Wanmi({"import-journal", "--config", ConfigOf("other"), "--in", file}, 1)
                .find("found city weifang"),
            std::string::npos);
  const std::vector<std::string> words{"import-journal", "--config", ConfigOf("moved"), "--in",
                                       file};
  Wanmi(words);
  EXPECT_NE(Wanmi(words, 1).find("expected an empty journal"), std::string::npos);
  for (const std::string part : {"/vault", "/master.key"}) {
    std::filesystem::copy(folder_ + "/city" + part, folder_ + "/moved" + part,
                          std::filesystem::copy_options::recursive);
  }
  const auto ends = EndsOf("city");
  EXPECT_EQ(EndsOf("moved"), ends);
  EXPECT_EQ(FoldedTo("moved", ends), FoldedTo("city", ends));

  StartAs("moved");
  const auto repeated = SendOwn();
  EXPECT_TRUE(repeated.repeated());
  EXPECT_EQ(repeated.seq(), receipt.seq());
  EXPECT_EQ(repeated.partition(), receipt.partition());
  EXPECT_EQ(repeated.number(), receipt.number());
  const auto read = ReadWith(receipt.token());
  EXPECT_TRUE(read.ok()) << "the token of before is good: " << read.ToString();
  Wanmi({"verify"});
  Wanmi({"rebuild"});
  Play(500'000, 5, {});
  EXPECT_EQ(closed_, 5);
  Stop(client_);
}

}  // namespace
}  // namespace wanmi::e2e
