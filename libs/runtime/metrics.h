// RuntimeMetrics: what the runtime counts, made once per process. docs/metrics.md is the list.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "rules/gauge.h"

namespace wanmi::runtime {

inline double Seconds(std::chrono::duration<double> span) { return span.count(); }

class RuntimeMetrics {
 public:
  explicit RuntimeMetrics(base::Metrics& metrics, const std::string& city);

  void Command(const std::string& service, const std::string& command, const std::string& outcome,
               double seconds);
  void Appended(double seconds, int entries);
  void Decided(const std::string& service, double seconds);
  void Inbox(const std::string& service, size_t waiting);
  void Lag(const std::string& service, const std::string& upstream, int64_t entries,
           double seconds);
  void DueLate(const std::string& service, double seconds);
  void Partitions(const std::string& service, int open, int all);
  void Epoch(const std::string& service, int partition, int64_t epoch);
  void Replayed(const std::string& service, double seconds);
  void OutboxPending(const std::string& service, int64_t pending);
  void Parked(const std::string& service, int64_t parked);
  void Ready(bool ready);
  void Level(int city, int reads);
  void Disk(int64_t free_bytes, bool running_short);
  // All that a service reads off its rows; for one thread.
  void Rows(const std::string& service, const std::vector<rules::Gauge>& gauges);

 private:
  base::Metrics& metrics_;
  const std::string city_;
  // Of Rows(), by service: what was shown before has to go to 0 when it is no longer given.
  std::map<std::string, std::set<base::Gauge*>> shown_;
};

}  // namespace wanmi::runtime
