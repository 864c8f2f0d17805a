// serve.cc: the life of a `wanmi-city` process, from its configuration to its last mark.
#include "server/server.h"
#include "services/city/backup.h"
#include "services/city/serving.h"
#include "services/city/works.h"

namespace wanmi::city {
base::Status Serve(const config::v1::CityConfig& config, int reads) {
  const Signals signals;  // before any thread: they inherit what is blocked

  ASSIGN_OR_RETURN(const auto works, Assemble(config, nullptr, reads));
  RETURN_IF_ERROR(works->Open());
  runtime::Host& host = *works->host;

  int metrics_port = 0;
  const auto exposer = Expose(config.metrics_listen(), works->metrics, &metrics_port);
  server::ServerOptions options{.address = config.listen(),
                                .probe_address = config.probe_listen(),
                                .reflection = config.reflection()};
  options.works.rebuild = [&] { return RebuildOnce(host, config.folder() + "/rebuild"); };
  options.works.backup = [&](const operations::v1::Backup& order) {
    const auto copy = [&](const std::string& folder) { return works->vault->CopyTo(folder); };
    return Backup(
        {host.city(), host.journal(), {host.clock().Now(), host.level()}, host.reads(), copy},
        order);
  };
  ASSIGN_OR_RETURN(const auto server,
                   server::Server::Start(host, *works->vault, &works->runtime_metrics, options));
  host.Start();
  server->SetServing(host.Ready().ok());
  works->runtime_metrics.Ready(host.Ready().ok());
  fmt::print("ready grpc=127.0.0.1:{} metrics=127.0.0.1:{}\n", server->port(), metrics_port);
  std::fflush(stdout);

  while (!signals.Wait(std::chrono::seconds(1))) {
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
