#include "services/city/serving.h"

#include <prometheus/registry.h>
#include <signal.h>

#include <filesystem>

#include "services/city/rebuild.h"

namespace wanmi::city {
namespace {

sigset_t Ends() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

base::Result<base::Time> ParseUtc(const char* key, const std::string& text) {
  std::tm tm{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm);
  if (!end || *end != '\0') {
    return base::InvalidArgument("expected clock.{} like 2026-03-11T00:00:00Z, found '{}'", key,
                                 text);
  }
  return base::Time(std::chrono::seconds(::timegm(&tm)));
}

}  // namespace

Signals::Signals() {
  const sigset_t signals = Ends();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool Signals::Wait(std::chrono::seconds most) const {
  const sigset_t signals = Ends();
  const timespec span{most.count(), 0};
  return sigtimedwait(&signals, nullptr, &span) >= 0;
}

base::Result<std::unique_ptr<base::CityClock>> MakeClock(const config::v1::CityClock& config,
                                                         base::Time at_least) {
  const auto real = std::chrono::time_point_cast<base::Span>(std::chrono::system_clock::now());
  base::Time start = real;
  if (!config.start_at().empty()) {
    ASSIGN_OR_RETURN(start, ParseUtc("startAt", config.start_at()));
  }
  if (!config.started_at().empty()) {
    ASSIGN_OR_RETURN(const base::Time started, ParseUtc("startedAt", config.started_at()));
    const double passed = static_cast<double>((real - started).count()) * config.rate();
    start += base::Span(static_cast<int64_t>(passed));
  }
  if (config.rate() != 1) start = std::max(start, at_least);
  return std::make_unique<base::CityClock>(start, config.rate());
}

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

}  // namespace wanmi::city
