// More comes than can be done: what is refused says so and when to come again, on whichever way it
// is refused, and meanwhile the rest is answered.
#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <future>
#include <thread>

#include "server/server_test.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::server {
namespace {

using std::chrono::milliseconds;

constexpr char kOpenUnit[] = "/wanmi.directory.v1.Directory/OpenUnit";
constexpr char kListUnits[] = "/wanmi.directory.v1.Directory/ListUnits";
constexpr int kReadsMost = 1'024;  // that wait, see waiting.h
constexpr int kServing = 1;        // of grpc.health.v1

struct Answer {
  base::Status status;
  std::string retry_after;  // "" = no such trailer
};

// A call under way; it ends before the test does.
class Call {
 public:
  Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
       const google::protobuf::Message& request, const std::string& post,
       const std::string& token = "")
      : stub_(channel) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context_.AddMetadata("wanmi-person", testkit::SamplePersonOf(post));
    context_.AddMetadata("wanmi-post", post);
    if (!token.empty()) context_.AddMetadata("wanmi-token-bin", token);
    const grpc::Slice slice(request.SerializeAsString());
    request_ = grpc::ByteBuffer(&slice, 1);
    stub_.UnaryCall(&context_, path, grpc::StubOptions(), &request_, &response_,
                    [this](const grpc::Status& status) {
                      const auto& trailers = context_.GetServerTrailingMetadata();
                      EXPECT_LE(trailers.count(kRetryAfter), 1u);
                      const auto hint = trailers.find(kRetryAfter);
                      answer_.set_value({FromGrpc(status), hint == trailers.end()
                                                               ? std::string()
                                                               : std::string(hint->second.data(),
                                                                             hint->second.size())});
                    });
  }
  Answer Wait() { return future_.get(); }
  bool IsAnswered() { return future_.wait_for(milliseconds(0)) == std::future_status::ready; }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_, response_;
  std::promise<Answer> answer_;
  std::future<Answer> future_ = answer_.get_future();
};

class OverloadTest : public ServerTest {
 protected:
  OverloadTest() {
    await_ = std::chrono::seconds(20);
    directory::v1::Post post;
    post.set_id("operator");
    post.set_unit_id("base");
    post.set_kind(common::v1::POST_KIND_OPERATOR);
    rules::directory_rows::kPosts.Put(people_, post.id(), post);
    directory::v1::Holding holding;
    holding.set_person_id(testkit::SamplePersonOf(post.id()));
    holding.set_post_id(post.id());
    holding.set_from_us(1);
    rules::directory_rows::kHoldings.Put(
        people_, base::Key().Text(holding.person_id()).Tail(post.id()), holding);
  }

  std::unique_ptr<Call> Send(const std::string& unit) {
    directory::v1::OpenUnit open;
    open.set_id("open-" + unit);
    open.mutable_unit()->set_id(unit);
    return std::make_unique<Call>(channel_, kOpenUnit, open, "leader");
  }
  std::unique_ptr<Call> List(const std::string& token = "") {
    return std::make_unique<Call>(channel_, kListUnits, directory::v1::ListUnits(), "leader",
                                  token);
  }
  // As many commands as may wait for the partition, which takes none as long as nobody pumps.
  std::vector<std::unique_ptr<Call>> FillInbox() {
    std::vector<std::unique_ptr<Call>> waiting;
    for (const char* unit : {"a", "b"}) waiting.push_back(Send(unit));
    EXPECT_TRUE(Await([&] { return !host_->HasRoom("directory", "unit/c").ok(); }));
    return waiting;
  }
  static bool Await(const std::function<bool()>& so) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!so()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
  }
  // What gRPC's own health service says. Its messages look like these on the wire.
  int Health(const std::string& of) {
    grpc::ClientContext context;
    google::protobuf::StringValue request;
    google::protobuf::Int32Value response;
    request.set_value(of);
    const auto status =
        server::Call(*channel_, "/grpc.health.v1.Health/Check", context, request, &response);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return response.value();
  }
};

void ExpectRefused(const Answer& answer, const std::string& retry_after) {
  EXPECT_EQ(answer.status.code(), base::Code::kResourceExhausted) << answer.status.ToString();
  EXPECT_EQ(answer.retry_after, retry_after);
}

void ExpectDone(const Answer& answer) {
  EXPECT_TRUE(answer.status.ok()) << answer.status.ToString();
  EXPECT_EQ(answer.retry_after, "");
}

TEST_F(OverloadTest, AFullInboxRefusesWithAHintWhileReadsAndHealthAreAnswered) {
  server_->SetServing(true);
  const auto waiting = FillInbox();
  ExpectRefused(Send("c")->Wait(), "100");
  ExpectDone(List()->Wait());
  EXPECT_EQ(Health(""), kServing);
  EXPECT_EQ(Health("live"), kServing);
  host_->Pump();
  for (const auto& call : waiting) ExpectDone(call->Wait());
  const auto again = Send("c");
  ASSERT_TRUE(Await([&] { return host_->Pump(); }));
  ExpectDone(again->Wait());
}

TEST_F(OverloadTest, WhatWaitedWhenTheDiskWasFullIsRefusedWithAHint) {
  const auto waiting = FillInbox();
  is_full_ = true;
  host_->Pump();
  for (const auto& call : waiting) ExpectRefused(call->Wait(), "100");
  ExpectRefused(Send("c")->Wait(), "100");
  operations::v1::ForgetSubject forget;
  forget.set_subject("person/x");
  ExpectRefused(
      Call(channel_, "/wanmi.operations.v1.Operations/ForgetSubject", forget, "operator").Wait(),
      "1000");
  ExpectDone(List()->Wait());
}

TEST_F(OverloadTest, ReadsBeyondThoseThatMayWaitAreRefusedWithAHint) {
  wanmi::journal::v1::Token token;
  ASSERT_TRUE(token.ParseFromString(host_->TokenNow("directory")));
  token.mutable_positions(0)->set_seq(2);  // which comes with the next command
  std::vector<std::unique_ptr<Call>> waiting;
  for (int i = 0; i < kReadsMost; ++i) waiting.push_back(List(token.SerializeAsString()));
  // A connection has so many calls at a time, so this is another.
  grpc::ChannelArguments apart;
  apart.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ = grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                       grpc::InsecureChannelCredentials(), apart);
  waiting.push_back(List(token.SerializeAsString()));
  ASSERT_TRUE(Await([&] {
    return std::any_of(waiting.begin(), waiting.end(),
                       [](auto& call) { return call->IsAnswered(); });
  }));
  ExpectDone(List()->Wait());
  const auto command = Send("a");
  ASSERT_TRUE(Await([&] { return host_->Pump(); }));
  ExpectDone(command->Wait());
  int refused = 0;
  for (const auto& call : waiting) {
    const Answer answer = call->Wait();
    if (answer.status.ok()) continue;
    ExpectRefused(answer, "1000");
    ++refused;
  }
  EXPECT_EQ(refused, 1);
}

TEST_F(OverloadTest, ARuleThatBreaksIsAnAnswerToo) {
  EXPECT_EQ(Send("broken")->Wait().status.code(), base::Code::kInternal);
  ExpectDone(List()->Wait());
}

}  // namespace
}  // namespace wanmi::server
