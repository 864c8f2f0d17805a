#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::server {

base::Result<std::unique_ptr<Server>> Server::Start(runtime::Host& host, vault::Vault& vault,
                                                    runtime::RuntimeMetrics* metrics,
                                                    const ServerOptions& options) {
  const bool loopback = options.address.starts_with("127.") ||
                        options.address.starts_with("localhost:") ||
                        options.address.starts_with("[::1]:");
  if (!loopback && options.tls.empty()) {
    return base::InvalidArgument(
        "expected a loopback address to listen on where there are no certificates (tls), found {}",
        options.address);
  }
  std::unique_ptr<Server> server(new Server());
  server->desk_ =
      std::make_unique<Desk>(host, vault, metrics, options.await, options.works, options.peers);
  Desk* desk = server->desk_.get();
  for (const auto& name : host.services()) {
    const auto* file = host.Find(name)->command->GetDescriptor()->file();
    CHECK(file->service_count() == 1, "{} has one service in its proto", name);
    server->services_.push_back(MakeService(
        file->service(0), [desk, name](IncomingCall call) { desk->Serve(name, std::move(call)); }));
  }
  server->services_.push_back(
      MakeService(operations::v1::GetCity::descriptor()->file()->service(0),
                  [desk](IncomingCall call) { desk->ServeOperations(std::move(call)); }));
  grpc::EnableDefaultHealthCheckService(true);
  if (options.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, ServerCredentials(options.tls), &server->port_);
  builder.SetMaxReceiveMessageSize(1 << 20);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1'024);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (auto& service : server->services_) builder.RegisterService(service.get());
  server->server_ = builder.BuildAndStart();
  if (!server->server_ || server->port_ == 0) {
    return base::Unavailable("cannot listen on {}; is another process there?", options.address);
  }
  if (!options.probe_address.empty()) {
    grpc::ServerBuilder probes;
    probes.AddListeningPort(options.probe_address, grpc::InsecureServerCredentials());
    server->probes_ = probes.BuildAndStart();
    if (!server->probes_)
      return base::Unavailable("cannot listen on {}; is another process there?",
                               options.probe_address);
  }
  server->SetServing(false);
  server->Set("live", true);
  return server;
}

Server::~Server() { Shutdown(); }

void Server::Set(const std::string& what, bool serving) {
  for (auto* server : {server_.get(), probes_.get()}) {
    auto* health = server ? server->GetHealthCheckService() : nullptr;
    if (health) health->SetServingStatus(what, serving);
  }
}

void Server::SetServing(bool serving) { Set("", serving); }

void Server::Shutdown() {
  if (server_) server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
}

}  // namespace wanmi::server
