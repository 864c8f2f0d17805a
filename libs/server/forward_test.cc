// Between two processes over the wire: a command is handed on once, with what its client gave.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/log.h"
#include "journal/memory_journal.h"
#include "rules/directory_rows.h"
#include "server/server.h"
#include "testkit/free_port.h"
#include "testkit/sample_city.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/grid/v1/grid.pb.h"
#include "wanmi/journal/v1/entry.pb.h"

namespace wanmi::server {
namespace {

using alarms::v1::DeviceView;
using alarms::v1::RegisterDevice;
using std::chrono::milliseconds, std::chrono::seconds;
using std::chrono::system_clock;

constexpr char kRegister[] = "/wanmi.alarms.v1.Alarms/RegisterDevice";
constexpr char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr int kPartitions = 4;
constexpr seconds kMost{20};  // for what takes milliseconds
constexpr base::Family<DeviceView> kDevices{16, "device"};

// A service called alarms that has the grid locate each device, and then notes it.
rules::Definition Devices() {
  rules::Rules<DeviceView, alarms::v1::Command, alarms::v1::Event> rules;
  rules.name = "alarms";
  rules.target = [](const alarms::v1::Command& command) {
    return command.register_device().device();
  };
  rules.prepare = [](alarms::v1::Command* command, rules::Preparation& preparation) {
    grid::v1::Locate locate;
    return preparation.Ask("grid", "Locate", locate,
                           command->mutable_register_device()->mutable_place());
  };
  rules.decide = [](std::string_view stream, const DeviceView&, const alarms::v1::Command& command,
                    const rules::Context&) {
    alarms::v1::DeviceRegistered event;
    *event.mutable_place() = command.register_device().place();
    return base::Result<rules::Decision<alarms::v1::Event>>({stream, std::move(event)});
  };
  rules.apply = [](std::string_view, const alarms::v1::Event&, DeviceView*) {};
  rules.project = [](const rules::Fact<alarms::v1::Event>& fact, const DeviceView&,
                     base::RowWriter& rows) {
    DeviceView view;
    view.set_device(std::string(fact.stream));
    kDevices.Put(rows, fact.stream, view);
  };
  rules.queries = {rules::Read(
      "GetDevice",
      +[](const alarms::v1::GetDevice& request,
          const rules::Views& views) -> base::Result<DeviceView> {
        if (auto view = kDevices.Get(views.Of(request.device()), request.device())) return *view;
        return base::NotFound("no device {}", request.device());
      })};
  return rules::Define(std::move(rules));
}

class Owns final : public runtime::Ownership {
 public:
  explicit Owns(bool all) {
    for (int p = 0; all && p < kPartitions; ++p) all_.insert(p);
  }
  Assigned Now() const override { return {1, all_}; }
  void SetWilling(bool) override {}

 private:
  std::set<int> all_;
};

// Of which only the wire is real: remembers the calls that come, and answers the nth with
// `answer(n)`, from 1.
class Ear {
 public:
  struct Heard {
    std::map<std::string, std::string> metadata;
    system_clock::time_point deadline, at;
    std::string method, bytes;
  };
  using Answer = std::function<base::Result<std::string>(size_t n)>;

  Ear(const google::protobuf::ServiceDescriptor* descriptor, Answer answer)
      : answer_(std::move(answer)),
        service_(MakeService(descriptor, [this](IncomingCall call) { Hear(std::move(call)); })) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
  }
  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }
  std::vector<Heard> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void Hear(IncomingCall call) {
    Heard heard{
        {}, call.context->deadline(), system_clock::now(), call.method->name(), call.request_bytes};
    for (const auto& [name, value] : call.context->client_metadata())
      heard.metadata[{name.data(), name.size()}] = {value.data(), value.size()};
    size_t n = 0;
    {
      const std::lock_guard lock(mutex_);
      heard_.push_back(std::move(heard));
      n = heard_.size();
    }
    call.context->AddTrailingMetadata("wanmi-retry-after-ms", "70");
    call.finish(answer_(n));
  }

  const Answer answer_;
  const std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Heard> heard_;  // guarded by mutex_
};

const google::protobuf::ServiceDescriptor* ServiceIn(const google::protobuf::Descriptor* message) {
  return message->file()->service(0);
}

std::string FreeAddress() { return fmt::format("127.0.0.1:{}", testkit::FreePort()); }

// A process of the service, with its server.
struct Process {
  Process(const std::string& address, bool owns, journal::Journal& journal, const Ear& grid)
      : Process(address, owns, journal, grid.address()) {}
  Process(const std::string& address, bool owns, journal::Journal& journal, const std::string& grid)
      : address(address),
        ownership(owns),
        peers({{"grid", grid}}, grpc::InsecureChannelCredentials()) {
    testkit::WriteSampleDirectory(people);
    runtime::HostOptions options;
    options.instance = address + (owns ? " owns" : "");
    options.address = address;
    options.directory = &people;
    options.ownership = &ownership;
    options.open_store = [](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
    };
    options.ask_elsewhere =
        [this](std::string_view service, std::string_view method, const runtime::Behalf& behalf,
               const google::protobuf::Message& request, google::protobuf::Message* response) {
          return peers.Ask("alarms", service, method, behalf, request, response);
        };
    std::vector<rules::Definition> definitions;
    definitions.push_back(Devices());
    host =
        std::make_unique<runtime::Host>(runtime::City{"toy", "journal-1", kPartitions, 1},
                                        std::move(definitions), journal, clock, std::move(options));
    EXPECT_TRUE(host->Open().ok());
    while (owns && !OwnsAll()) host->Pump();
  }
  bool OwnsAll() const {
    for (int p = 0; p < kPartitions; ++p) {
      if (!host->IsOpen("alarms", p)) return false;
    }
    return true;
  }
  void Serve() {
    auto started = Server::Start(*host, *vault, nullptr, {.address = address, .peers = &peers});
    ASSERT_TRUE(started.ok()) << started.status().ToString();
    server = std::move(*started);
    host->Start();
  }
  ~Process() {
    if (!server) return;
    server->Shutdown();
    host->Stop();
  }

  const std::string address;
  Owns ownership;
  base::MapRows people;
  base::CityClock clock;
  Peers peers;
  std::unique_ptr<vault::Vault> vault =
      vault::MemoryVault(std::make_unique<vault::MapKeyStore>(), 1);
  std::unique_ptr<runtime::Host> host;
  std::unique_ptr<Server> server;
};

class ForwardTest : public testing::Test {
 protected:
  void SetUp() override { base::SetLogLevel(static_cast<base::Level>(9)); }

  struct Told {
    base::Status status;
    common::v1::Receipt receipt;
    std::string retry_after_ms;
  };
  // As a client whose command waits so long.
  static Told Register(const std::string& address, const std::string& id,
                       std::chrono::microseconds most, const char* more = "unused") {
    const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    context.set_deadline(system_clock::now() + most);
    context.AddMetadata("wanmi-person", testkit::SamplePersonOf("gateway"));
    context.AddMetadata("wanmi-post", "gateway");
    context.AddMetadata("traceparent", kTrace);
    context.AddMetadata(more, "1");
    Told told;
    told.status = Call(*channel, kRegister, context, Command(id), &told.receipt);
    const auto& trailer = context.GetServerTrailingMetadata();
    if (const auto found = trailer.find("wanmi-retry-after-ms"); found != trailer.end())
      told.retry_after_ms.assign(found->second.data(), found->second.size());
    return told;
  }
  static RegisterDevice Command(const std::string& id) {
    RegisterDevice command;
    command.set_id(id);
    command.set_device("d-" + id);
    return command;
  }
  // The entries about it.
  int Decided(const std::string& device) const {
    int decided = 0;
    for (int p = 0; p < kPartitions; ++p) {
      EXPECT_TRUE(journal_
                      .Read({"alarms", p}, 0,
                            [&](int64_t, std::string_view bytes) {
                              wanmi::journal::v1::Entry entry;
                              EXPECT_TRUE(entry.ParseFromString(std::string(bytes)));
                              for (const auto& change : entry.changes())
                                decided += change.stream() == device ? 1 : 0;
                              return true;
                            })
                      .ok());
    }
    return decided;
  }

  journal::MemoryJournal journal_;
  Ear grid_{ServiceIn(grid::v1::Locate::descriptor()), [](size_t) { return std::string(); }};
};

TEST_F(ForwardTest, WhoeverIsAskedOneDecidesAndBothHaveIt) {
  Process owner(FreeAddress(), true, journal_, grid_), other(FreeAddress(), false, journal_, grid_);
  owner.Serve();
  other.Serve();
  const auto begun = system_clock::now();
  const Told first = Register(other.address, "c1", kMost);
  ASSERT_TRUE(first.status.ok()) << first.status.ToString();
  EXPECT_FALSE(first.receipt.repeated());
  // Sent again under its id, to either: what was decided once is told once more.
  for (const auto& address : {other.address, owner.address}) {
    const Told again = Register(address, "c1", kMost);
    ASSERT_TRUE(again.status.ok()) << again.status.ToString();
    EXPECT_TRUE(again.receipt.repeated());
    EXPECT_EQ(again.receipt.seq(), first.receipt.seq());
  }
  EXPECT_EQ(Decided("d-c1"), 1);

  const auto asked = grid_.heard();
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked[0].metadata.at("wanmi-peer"), "alarms");
  EXPECT_EQ(asked[0].metadata.at("traceparent"), kTrace) << "of the client, over two processes";
  EXPECT_LE(asked[0].deadline, begun + kMost - seconds(10)) << "no more than our own 2 s";

  // The token of the receipt, read at who did not decide.
  grpc::ClientContext context;
  context.AddMetadata("wanmi-peer", "test");
  context.AddMetadata("wanmi-token-bin", first.receipt.token());
  alarms::v1::GetDevice get;
  get.set_device("d-c1");
  DeviceView view;
  const auto read = Call(*other.peers.At(other.address), "/wanmi.alarms.v1.Alarms/GetDevice",
                         context, get, &view);
  EXPECT_TRUE(read.ok()) << read.ToString();
  EXPECT_EQ(view.device(), "d-c1");
}

// Client → not the owner → owner → grid.
TEST_F(ForwardTest, TheClientsDeadlineHoldsAlongTheWay) {
  Process owner(FreeAddress(), true, journal_, grid_), other(FreeAddress(), false, journal_, grid_);
  owner.Serve();
  other.Serve();
  ASSERT_TRUE(Register(other.address, "c1", kMost).status.ok());  // everybody is connected
  const auto until = system_clock::now() + milliseconds(1'500);
  ASSERT_TRUE(Register(other.address, "c2", milliseconds(1'500)).status.ok());
  const auto asked = grid_.heard();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_LT(asked[1].deadline, until + milliseconds(200));
  EXPECT_GT(asked[1].deadline, until - milliseconds(700));
}

TEST_F(ForwardTest, WhatIsHandedOnIsTheClientsAndSaysSo) {
  const Ear owner(ServiceIn(RegisterDevice::descriptor()), [](size_t) {
    common::v1::Receipt receipt;
    receipt.set_seq(17);
    return receipt.SerializeAsString();
  });
  const Process fence(owner.address(), true, journal_, grid_);
  Process other(FreeAddress(), false, journal_, grid_);
  other.Serve();
  const auto until = system_clock::now() + kMost;
  const Told told = Register(other.address, "c1", kMost);
  ASSERT_TRUE(told.status.ok()) << told.status.ToString();
  EXPECT_EQ(told.receipt.seq(), 17);
  EXPECT_EQ(told.retry_after_ms, "70");
  const auto heard = owner.heard();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].bytes, Command("c1").SerializeAsString());
  EXPECT_EQ(heard[0].metadata.at("wanmi-forwarded"), "1");
  EXPECT_EQ(heard[0].metadata.at("wanmi-person"), testkit::SamplePersonOf("gateway"));
  EXPECT_EQ(heard[0].metadata.at("wanmi-post"), "gateway");
  EXPECT_EQ(heard[0].metadata.at("traceparent"), kTrace);
  EXPECT_LT(heard[0].deadline, until + seconds(1));
  EXPECT_GT(heard[0].deadline, until - seconds(5));
  EXPECT_TRUE(grid_.heard().empty()) << "who hands on prepares nothing";
}

// The fence names an address where nobody decides now, as after a restart.
TEST_F(ForwardTest, ASecondHopIsRefusedAndNamesTheOwner) {
  const std::string address = FreeAddress();
  const Process before(address, true, journal_, grid_);
  Process second(address, false, journal_, grid_), first(FreeAddress(), false, journal_, grid_);
  second.Serve();
  first.Serve();
  for (const auto& at : {first.address, second.address}) {
    const Told told = Register(at, "c1", kMost);
    EXPECT_EQ(told.status.code(), base::Code::kUnavailable);
    EXPECT_NE(told.status.message().find("handed on once already"), std::string::npos);
    EXPECT_NE(told.status.message().find(address), std::string::npos) << told.status.ToString();
  }
  // Also if there is one who decides.
  Process owner(FreeAddress(), true, journal_, grid_);
  owner.Serve();
  const Told told = Register(first.address, "c1", kMost, "wanmi-forwarded");
  EXPECT_EQ(told.status.code(), base::Code::kUnavailable);
  EXPECT_NE(told.status.message().find(owner.address), std::string::npos);
  EXPECT_EQ(Decided("d-c1"), 0);
}

// gRPC has two threads or a few more: if what waits for the grid had them, nobody else was served.
TEST_F(ForwardTest, WhoWaitsForTheGridKeepsNobodyFromAsking) {
  const testkit::DeafPort deaf;
  Process owner(FreeAddress(), true, journal_, fmt::format("127.0.0.1:{}", deaf.port()));
  owner.Serve();
  std::atomic<int> told = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < Workers::kThreads - 1; ++i) {
    clients.emplace_back([&, i] {
      EXPECT_FALSE(Register(owner.address, fmt::format("c{}", i), kMost).status.ok());
      ++told;
    });
  }
  const auto channel = grpc::CreateChannel(owner.address, grpc::InsecureChannelCredentials());
  int reads = 0;
  for (; told == 0; ++reads) {
    grpc::ClientContext context;
    context.AddMetadata("wanmi-peer", "test");
    context.set_deadline(system_clock::now() + seconds(1));
    DeviceView view;
    const auto read = Call(*channel, "/wanmi.alarms.v1.Alarms/GetDevice", context,
                           alarms::v1::GetDevice(), &view);
    EXPECT_EQ(read.code(), base::Code::kNotFound) << read.ToString();
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_GT(reads, 5) << "while they waited, for 2 s";
}

// What became of it nobody here knows: its client asks again, under the same id.
TEST_F(ForwardTest, ACommandInDoubtIsNotRepeatedOnTheWay) {
  for (const auto code : {base::Code::kUnavailable, base::Code::kDeadlineExceeded}) {
    const Ear owner(ServiceIn(RegisterDevice::descriptor()),
                    [code](size_t) { return base::Status(code, "it was written, or not"); });
    journal::MemoryJournal journal;
    const Process fence(owner.address(), true, journal, grid_);
    Process other(FreeAddress(), false, journal, grid_);
    other.Serve();
    const Told told = Register(other.address, "c1", kMost);
    EXPECT_EQ(told.status.code(), code);
    EXPECT_EQ(told.status.message(), "it was written, or not");
    EXPECT_EQ(owner.heard().size(), 1u);
  }
}

TEST_F(ForwardTest, AQueryIsRepeatedWhileTheOtherIsAwayAndNoLonger) {
  const Ear mended(ServiceIn(grid::v1::Locate::descriptor()),
                   [](size_t n) -> base::Result<std::string> {
                     if (n < 3) return base::Unavailable("not yet");
                     return std::string();
                   });
  const Ear away(ServiceIn(grid::v1::Locate::descriptor()), [](size_t n) {
    return n == 1 ? base::NotFound("no such place") : base::Unavailable("away");
  });
  Peers peers({{"grid", mended.address()}, {"away", away.address()}},
              grpc::InsecureChannelCredentials());
  common::v1::Place place;
  const auto ask = [&](const std::string& address, const runtime::Behalf& behalf) {
    Peers to({{"grid", address}}, grpc::InsecureChannelCredentials());
    return to.Ask("alarms", "grid", "Locate", behalf, grid::v1::Locate(), &place);
  };
  EXPECT_TRUE(ask(mended.address(), {}).ok());
  EXPECT_EQ(mended.heard().size(), 3u);
  EXPECT_EQ(ask(away.address(), {}).code(), base::Code::kNotFound);
  EXPECT_EQ(away.heard().size(), 1u) << "that is an answer";
  // Who it is for waits 300 ms.
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(ask(away.address(), {.deadline = begun + milliseconds(300)}).ok());
  EXPECT_GT(away.heard().size(), 2u);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(1));
}

}  // namespace
}  // namespace wanmi::server
