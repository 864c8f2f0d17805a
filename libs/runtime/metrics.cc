#include "runtime/metrics.h"

namespace wanmi::runtime {
namespace {
const std::vector<double> kSeconds = {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
const std::vector<double> kLateSeconds = {1, 5, 15, 60, 300, 900, 3600, 14400};
const std::vector<double> kEntries = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
}  // namespace

RuntimeMetrics::RuntimeMetrics(base::Metrics& metrics, const std::string& city)
    : metrics_(metrics), city_(city) {}

void RuntimeMetrics::Command(const std::string& service, const std::string& command,
                             const std::string& outcome, double seconds) {
  metrics_
      .MakeCounter(
          "wanmi_runtime_commands_total", "Commands answered, by outcome",
          {{"city", city_}, {"service", service}, {"command", command}, {"outcome", outcome}})
      .Add();
  metrics_
      .MakeHistogram("wanmi_runtime_command_seconds", "From a command's arrival to its answer",
                     {{"city", city_}, {"service", service}}, kSeconds)
      .Observe(seconds);
}
void RuntimeMetrics::Appended(double seconds, int entries) {
  metrics_
      .MakeHistogram("wanmi_runtime_append_seconds", "One append of all partitions, with its sync",
                     {{"city", city_}}, kSeconds)
      .Observe(seconds);
  metrics_
      .MakeHistogram("wanmi_runtime_batch_entries", "Entries appended with one sync",
                     {{"city", city_}}, kEntries)
      .Observe(entries);
}
void RuntimeMetrics::Decided(const std::string& service, double seconds) {
  metrics_
      .MakeHistogram("wanmi_runtime_decide_seconds",
                     "Taking the inputs of one step of one partition",
                     {{"city", city_}, {"service", service}}, kSeconds)
      .Observe(seconds);
}
void RuntimeMetrics::Inbox(const std::string& service, size_t waiting) {
  metrics_
      .MakeGauge("wanmi_runtime_inbox_commands", "Commands waiting, all partitions",
                 {{"city", city_}, {"service", service}})
      .Set(static_cast<double>(waiting));
}
void RuntimeMetrics::Lag(const std::string& service, const std::string& upstream, int64_t entries,
                         double seconds) {
  const base::Labels labels = {{"city", city_}, {"service", service}, {"upstream", upstream}};
  metrics_.MakeGauge("wanmi_runtime_lag_entries", "Entries of an upstream not yet taken", labels)
      .Set(static_cast<double>(entries));
  metrics_
      .MakeGauge("wanmi_runtime_lag_seconds",
                 "How long the oldest of them has been waiting, to a second", labels)
      .Set(seconds);
}
void RuntimeMetrics::Partitions(const std::string& service, int open, int all) {
  const base::Labels labels = {{"city", city_}, {"service", service}};
  metrics_
      .MakeGauge("wanmi_runtime_open_partitions", "Partitions that this process owns and serves",
                 labels)
      .Set(open);
  metrics_.MakeGauge("wanmi_runtime_partitions", "Partitions that the service has", labels)
      .Set(all);
}
void RuntimeMetrics::DueLate(const std::string& service, double seconds) {
  metrics_
      .MakeHistogram("wanmi_runtime_due_late_seconds", "How late timers fired, city time",
                     {{"city", city_}, {"service", service}}, kLateSeconds)
      .Observe(seconds);
}
void RuntimeMetrics::Epoch(const std::string& service, int partition, int64_t epoch) {
  metrics_
      .MakeGauge("wanmi_runtime_epoch", "Epoch of the last fence",
                 {{"city", city_}, {"service", service}, {"partition", std::to_string(partition)}})
      .Set(static_cast<double>(epoch));
}
void RuntimeMetrics::Replayed(const std::string& service, double seconds) {
  metrics_
      .MakeGauge("wanmi_runtime_replay_seconds", "The last replay of a service",
                 {{"city", city_}, {"service", service}})
      .Set(seconds);
}
void RuntimeMetrics::OutboxPending(const std::string& service, int64_t pending) {
  metrics_
      .MakeGauge("wanmi_outbox_pending", "Messages to the world that wait (up to 64 counted)",
                 {{"city", city_}, {"service", service}})
      .Set(static_cast<double>(pending));
}
void RuntimeMetrics::Parked(const std::string& service, int64_t parked) {
  metrics_
      .MakeGauge("wanmi_runtime_parked_entries", "Inputs parked because a rule broke",
                 {{"city", city_}, {"service", service}})
      .Set(static_cast<double>(parked));
}
void RuntimeMetrics::Ready(bool ready) {
  metrics_
      .MakeGauge("wanmi_runtime_ready", "1 if every partition is open and there is room to write",
                 {{"city", city_}})
      .Set(ready ? 1 : 0);
}
void RuntimeMetrics::Level(int city, int reads) {
  metrics_
      .MakeGauge("wanmi_runtime_city_level", "The level of the city that holds now",
                 {{"city", city_}})
      .Set(city);
  metrics_
      .MakeGauge("wanmi_runtime_reads_level", "The highest level that this process reads",
                 {{"city", city_}})
      .Set(reads);
}
void RuntimeMetrics::Disk(int64_t free_bytes, bool running_short) {
  metrics_
      .MakeGauge("wanmi_runtime_disk_free_bytes", "Free on the file system of the city's folder",
                 {{"city", city_}})
      .Set(static_cast<double>(free_bytes));
  metrics_
      .MakeGauge("wanmi_runtime_disk_short", "1 while writes are refused for want of room",
                 {{"city", city_}})
      .Set(running_short ? 1 : 0);
}
void RuntimeMetrics::Rows(const std::string& service, const std::vector<rules::Gauge>& gauges) {
  std::set<base::Gauge*> shown;
  for (const auto& gauge : gauges) {
    base::Labels labels = gauge.labels;
    labels["city"] = city_;
    base::Gauge& made = metrics_.MakeGauge(gauge.name, gauge.help, labels);
    made.Set(static_cast<double>(gauge.value));
    shown.insert(&made);
  }
  for (base::Gauge* before : shown_[service]) {
    if (!shown.contains(before)) before->Set(0);
  }
  shown_[service].merge(shown);
}

}  // namespace wanmi::runtime
