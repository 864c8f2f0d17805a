// wanmi-bench-cluster: what a city of many processes over real brokers can do, and how long it
// pauses when a part of it goes. Each Bench… adds its cases to the figures; one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/load/bench_city.h"
#include "tests/load/cluster.h"
#include "tests/load/figures.h"

namespace wanmi::demo {

struct ClusterBench {
  CityOptions city;  // its folder is of the whole run
  uint64_t seed = 1;
  int repetitions = 3;
  int seconds = 10, warm_seconds = 3;  // of a figure of loops
  double rate = 10;                    // loops a second beside faults
  int kills = 5, stops = 20, broker_kills = 3;
  int64_t cases = 60'000;  // that a process with an empty disk folds
};

// A city of many processes, empty but for its import, in a folder that is deleted at the end.
class BenchTown {
 public:
  static base::Result<std::unique_ptr<BenchTown>> Start(const ClusterBench& options, int replicas,
                                                        int brokers, uint64_t seed);
  ~BenchTown();

  ClusterTown& town() { return *town_; }
  const Client& client() const { return client_; }
  const Roster& roster() const { return *roster_; }

 private:
  BenchTown(std::string folder, uint64_t seed) : folder_(std::move(folder)), client_(seed, 0) {}

  const std::string folder_;
  std::unique_ptr<ClusterTown> town_;
  Client client_;
  std::optional<Roster> roster_;
};

// Seconds of all processes that we have started, by their names.
std::map<std::string, double> CpuOfChildren();

base::Status BenchLoops(const ClusterBench& options, Figures& figures);
base::Status BenchFailover(const ClusterBench& options, Figures& figures);
base::Status BenchGraceful(const ClusterBench& options, Figures& figures);
base::Status BenchBroker(const ClusterBench& options, Figures& figures);
base::Status BenchEmpty(const ClusterBench& options, Figures& figures);

}  // namespace wanmi::demo
