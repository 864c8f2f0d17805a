// Show: one run of the demo: a city is started and imported, two days are played in it, it is
// killed and started again in the second, and then everything is looked at. One thread calls it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/load/actors.h"
#include "tests/load/audit.h"
#include "tests/load/client.h"
#include "tests/load/process.h"
#include "tests/load/roster.h"
#include "tests/load/town.h"

namespace wanmi::demo {

struct Options {
  std::string binaries;  // where wanmi-city, wanmi-city-broken and wanmi are
  std::string city_folder = "data/cities/weifang";
  std::string importer;  // "" = wanmi in `binaries`
  uint64_t seed = 1;
  int64_t ordinary = 220, reports = 2'000;  // of the ordinary and of the stress day
  double rate = 600;                        // of the city clock
  int threads = 8;
  int kills = 1;       // in the stress day, evenly spread
  std::string mutant;  // "" = the city as it is shipped
  bool keep = false;   // leave it running
};

class Show {
 public:
  // `make` makes what is played in, in the folder that it is given; empty = one process.
  using MakeTown = std::function<base::Result<std::unique_ptr<Town>>(const std::string& folder)>;
  explicit Show(Options options, MakeTown make = {});
  ~Show();
  base::Status Play();
  base::Status PrintResult();
  const Audit& audit() const { return audit_; }

 private:
  base::Status Start(const std::string& start_at, double rate, bool as_shipped);
  base::Status Import();
  base::Status OrdinaryDay();
  base::Status StressDay();
  base::Status KillAndStartAgain();
  base::Status Upgrade();
  base::Status AwaitReports() const;
  base::Status Drain();
  void CastActors();
  base::Status PlayAll();
  void PlayActors();

  const Options options_;
  std::string folder_;
  Client client_;
  Roster roster_;
  MakeTown make_;
  std::unique_ptr<Town> town_;
  std::unique_ptr<Stage> stage_;
  std::vector<std::unique_ptr<Meter>> meters_;
  Day day_;
  Troupe troupe_;
  Audit audit_;
  bool failed_ = false;
  std::atomic<bool> struck_ = false;
};

}  // namespace wanmi::demo
