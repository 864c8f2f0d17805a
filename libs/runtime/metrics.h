// RuntimeMetrics: what the runtime counts, made once per process. docs/metrics.md is the list.
#pragma once

#include <chrono>
#include <string>

#include "base/metrics.h"

namespace wanmi::runtime {

inline double Seconds(std::chrono::duration<double> span) { return span.count(); }

class RuntimeMetrics {
 public:
  explicit RuntimeMetrics(base::Metrics& metrics, const std::string& city);

  void Command(const std::string& service, const std::string& command, const std::string& outcome);
  void Appended(double seconds, int entries);
  void Decided(const std::string& service, double seconds);
  void Inbox(const std::string& service, size_t waiting);
  void Lag(const std::string& service, const std::string& upstream, int64_t entries);
  void DueLate(const std::string& service, double seconds);
  void Epoch(const std::string& service, int partition, int64_t epoch);
  void Replayed(const std::string& service, double seconds);
  void OutboxPending(const std::string& service, int64_t pending);
  void Parked(const std::string& service, int64_t parked);
  void Ready(bool ready);
  void Disk(int64_t free_bytes, bool running_short);

 private:
  base::Metrics& metrics_;
  const std::string city_;
};

}  // namespace wanmi::runtime
