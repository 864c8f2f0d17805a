#include "services/cli/connection.h"

#include <sodium.h>

#include <chrono>
#include <thread>

#include "base/sha256.h"
#include "server/rpc.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/grid/v1/grid.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/operations/v1/operations.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::cli {
namespace {
constexpr std::chrono::seconds kDeadline{20};
constexpr int kTries = 20;
}  // namespace

std::vector<const google::protobuf::ServiceDescriptor*> Services() {
  return {directory::v1::Command::descriptor()->file()->service(0),
          rulebook::v1::Command::descriptor()->file()->service(0),
          grid::v1::Command::descriptor()->file()->service(0),
          intake::v1::Command::descriptor()->file()->service(0),
          verification::v1::Command::descriptor()->file()->service(0),
          dispatch::v1::Command::descriptor()->file()->service(0),
          handling::v1::Command::descriptor()->file()->service(0),
          assessment::v1::Command::descriptor()->file()->service(0),
          alarms::v1::Command::descriptor()->file()->service(0),
          operations::v1::GetCity::descriptor()->file()->service(0)};
}

base::Result<const google::protobuf::MethodDescriptor*> FindMethod(const std::string& name) {
  std::string all;
  for (const auto* service : Services()) {
    if (const auto* method = service->FindMethodByName(name)) return method;
    for (int i = 0; i < service->method_count(); ++i) all += " " + service->method(i)->name();
  }
  return base::NotFound("expected a method, found '{}'; there are:{}", name, all);
}

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type) {
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  return std::unique_ptr<google::protobuf::Message>(prototype->New());
}

std::string NewUuid() {
  std::string bytes(16, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<char>((now >> (40 - 8 * i)) & 0xff);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = base::Hex(bytes);
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

Connection::Connection(const std::string& address, std::string person, std::string post)
    : channel_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())),
      person_(std::move(person)),
      post_(std::move(post)) {}

base::Status Connection::Call(const google::protobuf::MethodDescriptor& method,
                              const google::protobuf::Message& request,
                              google::protobuf::Message* response) const {
  return CallAs(person_, post_, method, request, response);
}

base::Status Connection::CallAs(const std::string& person, const std::string& post,
                                const google::protobuf::MethodDescriptor& method,
                                const google::protobuf::Message& request,
                                google::protobuf::Message* response) const {
  base::Status status;
  // The same id makes a repeat harmless, so what is in doubt is sent again.
  for (int tries = 0; tries < kTries; ++tries) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    context.set_wait_for_ready(tries + 1 < kTries);
    context.AddMetadata("wanmi-person", person);
    context.AddMetadata("wanmi-post", post);
    status = server::Call(*channel_, server::MethodPath(method), context, request, response);
    const bool again = status.code() == base::Code::kUnavailable ||
                       status.code() == base::Code::kResourceExhausted;
    if (!again) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return status;
}

}  // namespace wanmi::cli
