// BenchCity: a real `wanmi-city` to be measured, empty but for its import, or on a copy of a folder
// that `wanmi-seed` has filled. Killed and deleted at the end. Used by one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/load/loop_script.h"
#include "tests/load/process.h"

namespace wanmi::demo {

struct CityOptions {
  std::string binaries;  // folder of wanmi-city and wanmi
  std::string folder;    // of this run; deleted at the end
  std::string city = "data/cities/weifang";
  std::string store = {};  // a folder of wanmi-seed; empty = none
  // The cores that the city may use, as taskset reads them ("0"); empty = all.
  std::string cores = {};
};

double CpuSecondsOf(pid_t pid);  // user and system, so far
double OwnCpuSeconds();
double PeakMegabytesOf(pid_t pid);  // the most memory that it ever had

class BenchCity {
 public:
  static base::Result<std::unique_ptr<BenchCity>> Start(const CityOptions& options, uint64_t seed);
  ~BenchCity();

  Client& client() { return client_; }
  const Roster& roster() const { return *roster_; }
  const std::string& address() const { return process_.grpc(); }
  const std::string& folder() const { return folder_; }
  int64_t stored() const { return stored_; }               // closed cases that were there
  double start_seconds() const { return start_seconds_; }  // until the city said it was ready
  double CpuSeconds() const { return CpuSecondsOf(process_.pid()); }  // of the city so far
  double PeakMegabytes() const { return PeakMegabytesOf(process_.pid()); }

 private:
  explicit BenchCity(const CityOptions& options, uint64_t seed)
      : folder_(options.folder), client_(seed, 0) {}
  base::Status Begin(const CityOptions& options);

  const std::string folder_;
  Process process_;
  Client client_;
  std::optional<Roster> roster_;
  int64_t stored_ = 0;
  double start_seconds_ = 0;
};

}  // namespace wanmi::demo
