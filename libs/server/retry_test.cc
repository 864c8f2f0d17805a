// What is parked is retried by whoever decides its partition, whichever replica is asked: two
// replicas of a service called directory, which breaks on what it tells itself until it is mended.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "journal/memory_journal.h"
#include "rules/directory_rows.h"
#include "runtime/replica_fixture.h"
#include "server/server.h"
#include "testkit/free_port.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::server {
namespace {

using directory::v1::Command;
using directory::v1::Event;
using directory::v1::Unit;

std::atomic<bool> is_mended = false;

// OpenUnit opens a unit; hearing of it, the service opens a post, and breaks.
base::Result<rules::Decision<Event>> Decide(std::string_view stream, const Unit&,
                                            const Command& command, const rules::Context&) {
  CHECK(!command.has_open_post() || is_mended, "a post that breaks the rule");
  Event event;
  if (command.has_open_post()) {
    *event.mutable_post_opened()->mutable_post() = command.open_post().post();
  } else {
    *event.mutable_unit_opened()->mutable_unit() = command.open_unit().unit();
  }
  rules::Decision<Event> decision;
  decision.emissions().push_back({std::string(stream), std::move(event)});
  return decision;
}

rules::Reactions<Command> OnSelf(const rules::Fact<Event>& fact, const base::Rows&,
                                 rules::Births&) {
  rules::Reactions<Command> reactions;
  directory::v1::OpenPost open;
  if (fact.event.has_unit_opened()) reactions.Add(fact.stream, open);
  return reactions;
}

rules::Definition Breaking() {
  rules::Rules<Unit, Command, Event> rules;
  rules.name = "directory";
  rules.decide = Decide;
  rules.apply = [](std::string_view, const Event&, Unit*) {};
  rules.project = [](const rules::Fact<Event>&, const Unit&, base::RowWriter&) {};
  rules.target = [](const Command& command) { return command.open_unit().unit().id(); };
  rules.listens = {{"directory", rules::Listen(OnSelf)}};
  return rules::Define(std::move(rules));
}

// A replica and its server, at an address that its fences name.
class Process {
 public:
  Process(const std::string& name, journal::Journal& journal, const base::Rows& people,
          std::set<int> owned)
      : address_(fmt::format("127.0.0.1:{}", testkit::FreePort())) {
    told_.Say(std::move(owned));
    runtime::HostOptions options;
    options.instance = name;
    options.address = address_;
    options.ownership = &told_;
    options.directory = &people;
    options.open_store = [](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
    };
    std::vector<rules::Definition> definitions;
    definitions.push_back(Breaking());
    host_ = std::make_unique<runtime::Host>(runtime::City{"toy", "journal-1", 4, 1},
                                            std::move(definitions), journal, clock_,
                                            std::move(options));
    const auto opened = host_->Open();
    CHECK(opened.ok(), "{}", opened.ToString());
    auto server = Server::Start(*host_, *vault_, nullptr, {.address = address_, .peers = &peers_});
    CHECK(server.ok(), "{}", server.status().ToString());
    server_ = std::move(*server);
    host_->Start();
  }
  ~Process() { server_->Shutdown(); }
  runtime::Host& host() { return *host_; }

  base::Status Send(const std::string& path, const google::protobuf::Message& request,
                    bool forwarded = false) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    context.AddMetadata("wanmi-person", "p-1");
    context.AddMetadata("wanmi-post", "operator");
    if (forwarded) context.AddMetadata("wanmi-forwarded", "1");
    common::v1::Receipt receipt;
    return Call(*peers_.At(address_), path, context, request, &receipt);
  }

 private:
  const std::string address_;
  base::CityClock clock_;
  runtime::Told told_;
  std::unique_ptr<vault::Vault> vault_ =
      vault::MemoryVault(std::make_unique<vault::MapKeyStore>(), 1);
  Peers peers_{{}, grpc::InsecureChannelCredentials()};
  std::unique_ptr<runtime::Host> host_;
  std::unique_ptr<Server> server_;
};

class RetryTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    is_mended = false;
    Unit unit;
    unit.set_id("ops");
    rules::directory_rows::kUnits.Put(people_, unit.id(), unit);
    directory::v1::Post post;
    post.set_id("operator");
    post.set_unit_id("ops");
    post.set_kind(common::v1::POST_KIND_OPERATOR);
    rules::directory_rows::kPosts.Put(people_, post.id(), post);
    directory::v1::Holding holding;
    holding.set_person_id("p-1");
    holding.set_post_id("operator");
    holding.set_from_us(1);
    rules::directory_rows::kHoldings.Put(people_, base::Key().Text("p-1").Tail("operator"),
                                         holding);
  }
  template <class Holds>
  static bool Await(const Holds& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return holds();
  }

  base::MapRows people_;
  journal::MemoryJournal journal_;
};

constexpr char kRetry[] = "/wanmi.operations.v1.Operations/RetryParked";

TEST_F(RetryTest, AnyReplicaTakesItAndWhoDecidesThePartitionDecides) {
  Process owner("owner", journal_, people_, {0, 1, 2, 3}), other("other", journal_, people_, {});
  ASSERT_TRUE(Await([&] { return owner.host().IsOpen("directory", 0); }));
  directory::v1::OpenUnit open;
  open.set_id("c1");
  open.mutable_unit()->set_id("u1");
  const auto opened = other.Send("/wanmi.directory.v1.Directory/OpenUnit", open);
  ASSERT_TRUE(opened.ok()) << opened.ToString();
  ASSERT_TRUE(Await([&] { return !owner.host().Parked(10).empty(); }));
  const auto parked = owner.host().Parked(10).front();

  operations::v1::RetryParked retry;
  retry.set_id("r1");
  retry.set_service("directory");
  retry.set_partition(parked.partition);
  retry.set_seq(parked.seq);
  const auto broken = other.Send(kRetry, retry);
  EXPECT_EQ(broken.code(), base::Code::kInternal) << "as the owner says: " << broken.ToString();
  is_mended = true;
  EXPECT_EQ(other.Send(kRetry, retry, true).code(), base::Code::kUnavailable) << "once at most";
  const auto retried = other.Send(kRetry, retry);
  EXPECT_TRUE(retried.ok()) << retried.ToString();
  EXPECT_TRUE(owner.host().Parked(10).empty());
  EXPECT_EQ(owner.Send(kRetry, retry).code(), base::Code::kNotFound);
}

TEST_F(RetryTest, WhatCannotBeParkedIsRefused) {
  Process owner("owner", journal_, people_, {0, 1, 2, 3}), other("other", journal_, people_, {});
  operations::v1::RetryParked retry;
  retry.set_id("r1");
  retry.set_service("directory");
  retry.set_partition(4);
  retry.set_seq(1);
  EXPECT_EQ(other.Send(kRetry, retry).code(), base::Code::kInvalidArgument);
  retry.set_partition(0);
  retry.set_seq(0);
  EXPECT_EQ(owner.Send(kRetry, retry).code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace wanmi::server
