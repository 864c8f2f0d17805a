// serve.cc: the life of a `wanmi-city` process, from its configuration to its last mark.
#include <prometheus/exposer.h>
#include <prometheus/registry.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "journal/rocks_journal.h"
#include "server/server.h"
#include "services/city/process.h"
#include "vault/vault.h"

namespace wanmi::city {
namespace {

base::Result<base::Time> ParseUtc(const std::string& text) {
  std::tm tm{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm);
  if (!end || *end != '\0') {
    return base::InvalidArgument("expected clock.startAt like 2026-03-11T00:00:00Z, found '{}'",
                                 text);
  }
  return base::Time(std::chrono::seconds(::timegm(&tm)));
}

base::Result<std::unique_ptr<base::CityClock>> MakeClock(const config::v1::CityConfig& config,
                                                         const journal::Journal& journal,
                                                         const runtime::City& city) {
  base::Time start = std::chrono::time_point_cast<base::Span>(std::chrono::system_clock::now());
  if (!config.clock().start_at().empty()) {
    ASSIGN_OR_RETURN(start, ParseUtc(config.clock().start_at()));
  }
  ASSIGN_OR_RETURN(const base::Time last, LastRecordedTime(journal, city));
  // A clock that runs fast has been ahead of its base: it goes on, it does not jump back.
  if (config.clock().rate() != 1) start = std::max(start, last);
  return std::make_unique<base::CityClock>(start, config.clock().rate());
}

// Says at the start whether the process before ended in order, and forgets it at once.
bool TakeCleanMark(const std::string& folder) {
  const bool first_start = !std::filesystem::exists(folder + "/journal");
  return std::filesystem::remove(folder + "/clean") || first_start;
}

std::unique_ptr<prometheus::Exposer> Expose(const std::string& address,
                                            const base::Metrics& metrics, int* port) {
  if (address.empty()) return nullptr;
  auto exposer = std::make_unique<prometheus::Exposer>(address, 1);
  exposer->RegisterCollectable(std::static_pointer_cast<prometheus::Registry>(metrics.registry()));
  *port = exposer->GetListeningPorts().front();
  return exposer;
}

}  // namespace

base::Status Serve(const config::v1::CityConfig& config) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: they inherit it

  const bool clean = TakeCleanMark(config.folder());
  ASSIGN_OR_RETURN(const runtime::City city, LoadOrCreateCity(config));
  std::filesystem::create_directories(config.folder() + "/marks");
  ASSIGN_OR_RETURN(const auto log, journal::OpenRocksLog(config.folder() + "/journal"));
  journal::RocksJournal journal(log, city.name);
  ASSIGN_OR_RETURN(const auto clock, MakeClock(config, journal, city));
  vault::OpenOptions vault_options{config.folder() + "/vault", config.master_key_file(), true};
  ASSIGN_OR_RETURN(const auto vault, vault::OpenVault(vault_options));

  base::Metrics metrics;
  runtime::RuntimeMetrics runtime_metrics(metrics, city.name);
  runtime::FileOutlet outlet(config.folder() + "/outbox.jsonl");
  runtime::HostOptions options;
  options.instance = fmt::format(
      "{}-{}", ::getpid(),
      base::ToMicros(std::chrono::time_point_cast<base::Span>(std::chrono::system_clock::now())));
  options.address = config.listen();
  options.mark_folder = config.folder() + "/marks";
  options.unclean = !clean;
  options.open_store = [&](const rules::Definition& definition) {
    const std::string place =
        fmt::format("{}/store/{}-v{}", config.folder(), definition.name, definition.state_version);
    std::filesystem::create_directories(place);
    return store::OpenRocksStore(place);
  };
  options.before_append = [&] { return vault->Sync(); };
  options.outlet = &outlet;
  options.metrics = &runtime_metrics;
  // As many as there are cores, but two at least: one works while another waits for the disk.
  options.lanes = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
  runtime::Host host(city, AllDefinitions(), journal, *clock, std::move(options));
  RETURN_IF_ERROR(host.Open());
  base::Log(base::Level::kInfo, "city.opened",
            {{"city", city.name}, {"clean", clean ? "yes" : "no"}});

  int metrics_port = 0;
  const auto exposer = Expose(config.metrics_listen(), metrics, &metrics_port);
  ASSIGN_OR_RETURN(const auto server,
                   server::Server::Start(host, *vault, &runtime_metrics,
                                         {config.listen(), config.reflection()}));
  host.Start();
  server->SetServing(host.Ready().ok());
  runtime_metrics.Ready(host.Ready().ok());
  fmt::print("ready grpc=127.0.0.1:{} metrics=127.0.0.1:{}\n", server->port(), metrics_port);
  std::fflush(stdout);

  const timespec second{1, 0};
  while (sigtimedwait(&signals, nullptr, &second) < 0) {
    const bool ready = host.Ready().ok();
    server->SetServing(ready);
    host.Observe();
  }
  server->SetServing(false);
  server->Shutdown();
  host.Stop();
  std::ofstream(config.folder() + "/clean") << "closed in order\n";
  base::Log(base::Level::kInfo, "city.closed", {{"city", city.name}});
  return {};
}

}  // namespace wanmi::city
