// DrillFixture: what backup, restore and move are drilled with: a city with its people, closed
// loops, one command that is sent again and again, and `wanmi` itself. Real binaries, real files.
#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "server/peers.h"
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

using std::chrono::steady_clock;
inline constexpr int kInFlight = 8;
inline constexpr int64_t kOwnLoop = 900'000;  // whose first command is sent again and again
inline constexpr const char* kCityFiles = WANMI_SOURCE_DIR "/data/cities/weifang";

class DrillFixture : public CityFixture {
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
    Connect(process_.grpc());
  }
  // To a city of one process, or of many: "intake=…;grid=…".
  void Connect(const std::string& address) {
    address_ = address;
    const auto connected = client_.Connect(address, 1);
    ASSERT_TRUE(connected.ok()) << connected.ToString();
  }
  void StopOne() {
    address_.clear();
    Stop(client_);
  }
  // What `wanmi` says; its exit code must be this.
  std::string Wanmi(std::vector<std::string> words, int code = 0) {
    std::vector<std::string> command{WANMI_BINARY};
    command.insert(command.end(), words.begin(), words.end());
    if (!address_.empty()) {
      command.insert(command.end(), {"--address", address_});
      if (words[0] != "import") {
        command.insert(command.end(), {"--person", operator_.person, "--post", operator_.post});
      }
    }
    return Said(command, code);
  }
  void Found() {
    ConfigureMoved("city");
    StartAs("city");
    Populate();
  }
  void Populate() {
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
    std::map<std::string, std::unique_ptr<demo::Caller>> callers;  // by service; "" = all
    const auto addresses = *server::Peers::Parse(address_);
    for (const auto& [service, at] : addresses)
      callers[service] = std::make_unique<demo::Caller>(at, std::chrono::seconds(5), kInFlight);
    demo::Player player(
        *script_, demo::LoopScript::kCalls, [this] { return client_.NowUs(); },
        [&](int64_t number, const demo::LoopCall& call) {
          const auto own = callers.find(server::ServiceOf(call.path));
          (own == callers.end() ? callers.begin() : own)
              ->second->Send(number, call.path, *call.who, call.bytes);
        });
    const auto limit = steady_clock::now() + std::chrono::seconds(40);
    int64_t next = from;
    while (steady_clock::now() < limit && player.broken().ok()) {
      const int64_t end = stop.stop_requested() ? next : from + most;
      while (next < end && player.in_flight() < kInFlight)
        player.Begin(next++, steady_clock::now());
      if (player.in_flight() == 0) break;
      demo::Caller::Answered answered;
      const auto until =
          std::min(player.SendDue(steady_clock::now()),
                   steady_clock::now() + std::chrono::milliseconds(callers.size() > 1 ? 1 : 20));
      for (auto& [service, caller] : callers) {
        if (caller->under_way() == 0 && callers.size() > 1) continue;
        while (caller->Next(until, &answered))
          player.Answered(answered.number, answered.status, answered.at);
      }
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
    server::Peers peers(*server::Peers::Parse(address_), grpc::InsecureChannelCredentials());
    const std::string service = server::ServiceOf(path);  // any process answers operators
    ASSIGN_OR_RETURN(const auto channel, peers.Of(service == "operations" ? "directory" : service));
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

  demo::Client client_{5, 0};
  std::string address_;  // of the city that serves; "" = none does
  demo::Who operator_;
  std::unique_ptr<demo::LoopScript> script_;
  demo::LoopCall own_;
  std::atomic<int64_t> closed_ = 0;
};

}  // namespace wanmi::e2e
