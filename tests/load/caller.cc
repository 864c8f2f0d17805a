#include "tests/load/caller.h"

#include <grpc/support/time.h>

#include "base/check.h"
#include "server/peers.h"
#include "server/rpc.h"

namespace wanmi::demo {

using std::chrono::steady_clock;
using std::chrono::system_clock;

struct Caller::Call {
  int64_t number = 0;
  steady_clock::time_point sent;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
};

namespace {

constexpr int kCallsAChannel = 800;

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments = server::PeerArguments();
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(server::TargetOf(address), grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

Caller::Caller(const std::string& address, std::chrono::milliseconds deadline, int most)
    : deadline_(deadline) {
  const auto addresses = server::Peers::Parse(address);
  CHECK(addresses.ok(), "{}", addresses.status().ToString());
  for (const auto& [service, at] : *addresses) {
    for (int calls = 0; calls < most; calls += kCallsAChannel)
      stubs_[service].push_back(std::make_unique<grpc::GenericStub>(ChannelTo(at)));
  }
}

Caller::~Caller() {
  Answered ignored;
  while (under_way_ > 0) Next(steady_clock::now() + deadline_, &ignored);
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) delete static_cast<Call*>(tag);
}

void Caller::Send(int64_t number, const char* path, const Who& who, const std::string& bytes) {
  auto call = std::make_unique<Call>();
  call->number = number;
  call->sent = steady_clock::now();
  call->context.set_deadline(system_clock::now() + deadline_);
  call->context.AddMetadata("wanmi-person", who.person);
  call->context.AddMetadata("wanmi-post", who.post);
  call->context.AddMetadata("wanmi-device", who.device);
  const grpc::Slice slice(bytes);
  auto found = stubs_.find(server::ServiceOf(path));
  if (found == stubs_.end()) found = stubs_.find("");
  CHECK(found != stubs_.end(), "somebody said where {} is served", path);
  const auto& stubs = found->second;
  call->reader = stubs[turn_++ % stubs.size()]->PrepareUnaryCall(
      &call->context, path, grpc::ByteBuffer(&slice, 1), &queue_);
  call->reader->StartCall();
  ++under_way_;
  Call* const tag = call.release();  // the queue's, until it gives it back
  tag->reader->Finish(&tag->response, &tag->status, tag);
}

bool Caller::Next(steady_clock::time_point until, Answered* answered) {
  void* tag = nullptr;
  bool ok = false;
  // `until` may be the least or the last moment there is. gRPC rounds what is left up to a
  // millisecond, so that not to wait at all has to be said in its own words.
  const auto now = steady_clock::now();
  gpr_timespec deadline = gpr_inf_past(GPR_CLOCK_REALTIME);
  if (until > now) {
    const auto left = std::min<steady_clock::duration>(until - now, std::chrono::seconds(10));
    deadline = gpr_time_add(
        gpr_now(GPR_CLOCK_REALTIME),
        gpr_time_from_micros(std::chrono::duration_cast<std::chrono::microseconds>(left).count(),
                             GPR_TIMESPAN));
  }
  if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return false;
  const std::unique_ptr<Call> call(static_cast<Call*>(tag));
  --under_way_;
  answered->number = call->number;
  answered->sent = call->sent;
  answered->at = steady_clock::now();
  answered->status = server::FromGrpc(call->status);
  answered->bytes.Swap(&call->response);
  answered->retry_after_ms = 0;
  const auto& trailer = call->context.GetServerTrailingMetadata();
  if (const auto asked = trailer.find(server::kRetryAfter); asked != trailer.end())
    answered->retry_after_ms =
        std::atoi(std::string(asked->second.data(), asked->second.size()).c_str());
  return true;
}

common::v1::Receipt ReceiptOf(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  common::v1::Receipt receipt;
  std::string flat;
  if (!bytes.Dump(&slices).ok()) return receipt;
  for (const auto& slice : slices)
    flat.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  receipt.ParseFromString(flat);
  return receipt;
}

}  // namespace wanmi::demo
