#include "server/rpc.h"

#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

namespace wanmi::server {
namespace {

std::string Flatten(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const auto& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

class DescribedService final : public grpc::Service {
 public:
  DescribedService(const google::protobuf::ServiceDescriptor* descriptor,
                   std::function<void(IncomingCall)> serve)
      : serve_(std::move(serve)) {
    paths_.reserve(static_cast<size_t>(descriptor->method_count()));
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto* method = descriptor->method(i);
      // gRPC keeps the pointer: the string must not move.
      paths_.push_back(std::make_unique<std::string>(MethodPath(*method)));
      AddMethod(new grpc::internal::RpcServiceMethod(
          paths_.back()->c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodRawCallback(
          i, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                 [this, method](grpc::CallbackServerContext* context,
                                const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
                   return Serve(context, method, request, response);
                 }));
    }
  }

 private:
  grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context,
                                  const google::protobuf::MethodDescriptor* method,
                                  const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
    auto* reactor = context->DefaultReactor();
    serve_(
        {context, method, Flatten(*request), [reactor, response](base::Result<std::string> answer) {
           if (!answer.ok()) return reactor->Finish(ToGrpc(answer.status()));
           const grpc::Slice slice(*answer);
           grpc::ByteBuffer(&slice, 1).Swap(response);
           reactor->Finish(grpc::Status::OK);
         }});
    return reactor;
  }

  const std::function<void(IncomingCall)> serve_;
  std::vector<std::unique_ptr<std::string>> paths_;
};

}  // namespace

std::string ServiceOf(std::string_view path) {
  const size_t begin = path.find('.') + 1;
  return std::string(path.substr(begin, path.find('.', begin) - begin));
}

std::string MethodPath(const google::protobuf::MethodDescriptor& method) {
  return fmt::format("/{}/{}", method.service()->full_name(), method.name());
}

grpc::Status ToGrpc(const base::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message());
}

base::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return {};
  return base::Status(static_cast<base::Code>(status.error_code()), status.error_message());
}

IncomingCall WithRetryAfter(std::chrono::milliseconds wait, IncomingCall call) {
  call.finish = [context = call.context, wait,
                 finish = std::move(call.finish)](base::Result<std::string> answer) {
    if (answer.status().code() == base::Code::kResourceExhausted)
      context->AddTrailingMetadata(kRetryAfter, std::to_string(wait.count()));
    finish(std::move(answer));
  };
  return call;
}

std::unique_ptr<grpc::Service> MakeService(const google::protobuf::ServiceDescriptor* descriptor,
                                           std::function<void(IncomingCall)> serve) {
  return std::make_unique<DescribedService>(descriptor, std::move(serve));
}

base::Status Call(grpc::Channel& channel, const std::string& path, grpc::ClientContext& context,
                  const google::protobuf::Message& request, google::protobuf::Message* response) {
  const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  const std::string bytes = request.SerializeAsString();
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer out(&slice, 1);
  grpc::ByteBuffer in;
  RETURN_IF_ERROR(FromGrpc(grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      &channel, method, &context, out, &in)));
  if (!response->ParseFromString(Flatten(in))) {
    return base::Internal("{} answered something that is not a {}", path, response->GetTypeName());
  }
  return {};
}

}  // namespace wanmi::server
