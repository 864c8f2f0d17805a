// Rpc: unary calls by name with any messages. No generated stub is needed on either side.
//
// The server side adds each method of a ServiceDescriptor as a raw callback method, so that health
// and reflection see real services; the client side calls by full method name.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace wanmi::server {

// "/wanmi.intake.v1.Intake/FileCase" → "intake".
std::string ServiceOf(std::string_view path);
std::string MethodPath(const google::protobuf::MethodDescriptor& method);  // "/wanmi.x.v1.X/Y"

grpc::Status ToGrpc(const base::Status& status);
base::Status FromGrpc(const grpc::Status& status);

// One call while it is served: finish it exactly once, from any thread.
struct IncomingCall {
  grpc::CallbackServerContext* context;
  const google::protobuf::MethodDescriptor* method;
  std::string request_bytes;
  std::function<void(base::Result<std::string> response_bytes)> finish;
};

// Whoever is refused for want of room is told, in this trailer, after how many milliseconds to come
// again.
inline constexpr char kRetryAfter[] = "wanmi-retry-after-ms";
IncomingCall WithRetryAfter(std::chrono::milliseconds wait, IncomingCall call);

// A gRPC service made from a descriptor. Every call goes to `serve`, on a gRPC thread.
std::unique_ptr<grpc::Service> MakeService(const google::protobuf::ServiceDescriptor* descriptor,
                                           std::function<void(IncomingCall)> serve);

// Calls a method and waits. `context` carries deadline and metadata.
base::Status Call(grpc::Channel& channel, const std::string& path, grpc::ClientContext& context,
                  const google::protobuf::Message& request, google::protobuf::Message* response);

}  // namespace wanmi::server
