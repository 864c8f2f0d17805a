// serve.cc: the life of a `wanmi-city` process, from its configuration to its last mark.
#include <prometheus/exposer.h>
#include <prometheus/registry.h>
#include <signal.h>

#include <filesystem>

#include "server/server.h"
#include "services/city/backup.h"
#include "services/city/rebuild.h"
#include "services/city/works.h"

namespace wanmi::city {
namespace {

std::unique_ptr<prometheus::Exposer> Expose(const std::string& address,
                                            const base::Metrics& metrics, int* port) {
  if (address.empty()) return nullptr;
  auto exposer = std::make_unique<prometheus::Exposer>(address, 1);
  exposer->RegisterCollectable(std::static_pointer_cast<prometheus::Registry>(metrics.registry()));
  *port = exposer->GetListeningPorts().front();
  return exposer;
}

// Beside the city at work; the folder is only for as long as it takes.
base::Result<operations::v1::RebuildView> RebuildOnce(const runtime::Host& host,
                                                      const std::string& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);  // of one that did not come to its end
  const auto services = RebuildBeside(host, folder);
  std::filesystem::remove_all(folder, ignored);
  if (!services.ok()) return services.status();
  operations::v1::RebuildView view;
  for (const Rebuilt& rebuilt : *services) {
    auto& service = *view.add_services();
    service.set_service(rebuilt.service);
    service.set_entries(rebuilt.entries);
    service.set_sha256_hex(rebuilt.digest);
    service.set_in_use_sha256_hex(rebuilt.in_use);
  }
  return view;
}

}  // namespace

base::Status Serve(const config::v1::CityConfig& config) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: they inherit it

  ASSIGN_OR_RETURN(const auto works, Assemble(config, nullptr));
  RETURN_IF_ERROR(works->Open());
  runtime::Host& host = *works->host;

  int metrics_port = 0;
  const auto exposer = Expose(config.metrics_listen(), works->metrics, &metrics_port);
  server::ServerOptions options{.address = config.listen(), .reflection = config.reflection()};
  options.works.rebuild = [&] { return RebuildOnce(host, config.folder() + "/rebuild"); };
  options.works.backup = [&](const operations::v1::Backup& order) {
    return Backup(host, *works->vault, order);
  };
  ASSIGN_OR_RETURN(const auto server,
                   server::Server::Start(host, *works->vault, &works->runtime_metrics, options));
  host.Start();
  server->SetServing(host.Ready().ok());
  works->runtime_metrics.Ready(host.Ready().ok());
  fmt::print("ready grpc=127.0.0.1:{} metrics=127.0.0.1:{}\n", server->port(), metrics_port);
  std::fflush(stdout);

  const timespec second{1, 0};
  while (sigtimedwait(&signals, nullptr, &second) < 0) {
    const bool ready = host.Ready().ok();
    server->SetServing(ready);
    host.Observe();
    works->runtime_metrics.Disk(works->disk->free_bytes(), works->disk->running_short());
  }
  server->SetServing(false);
  server->Shutdown();
  works->Close();
  return {};
}

}  // namespace wanmi::city
