// Metrics for the libs: counters, gauges and histograms behind a header without prometheus-cpp.
//
// A name is `wanmi_<lib>_<what>_<unit>`; docs/metrics.md is the golden list. A metric is made once
// and kept by reference; updating it is safe from any thread. No ids of cases in labels.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace wanmi::base {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(double amount = 1) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

// All metrics of one process. Asking twice for the same name and labels gives the same metric.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Counter& MakeCounter(const std::string& name, const std::string& help, const Labels& labels);
  Gauge& MakeGauge(const std::string& name, const std::string& help, const Labels& labels);
  Histogram& MakeHistogram(const std::string& name, const std::string& help, const Labels& labels,
                           const std::vector<double>& bounds);
  // The registry as prometheus-cpp's Collectable, for the exposer: a std::shared_ptr<Registry>.
  std::shared_ptr<void> registry() const;
  std::string Text() const;  // the exposition format

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace wanmi::base
