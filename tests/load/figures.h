// Figures: what a bench measured, as a table on stdout and as one JSON line per case in a file.
//
// A case is repeated and its median printed; beside it stands a limit of this very machine,
// measured in the same run, and the ratio of the two. Latencies are in milliseconds. Not safe
// across threads.
#pragma once

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "tests/load/moment.h"

namespace wanmi::demo {

double Median(std::vector<double> figures);
// The value below which `share` (0 … 1) of them lie; 0 if there are none. Sorts them.
double Quantile(std::vector<double>& values, double share);

struct Case {
  std::string name;                       // "64 submitters"
  std::vector<double> figures;            // one of each repetition
  std::string unit;                       // "decisions/s"
  std::vector<double> latencies_ms = {};  // of all repetitions together
  std::string sync = {};                  // "each step", "none"
  int64_t payload_bytes = 0;              // of one of what is counted; 0 = not one size
  std::string limit_name = {};
  std::vector<double> limits = {};
  std::vector<std::pair<std::string, double>> more = {};
};

class Figures {
 public:
  // Adds lines to `file` (none if it is empty). `commit` is of the source that was built.
  Figures(std::string bench, std::string file, uint64_t seed, std::string commit);
  // Prints the row, and writes the line.
  void Add(Case measured);

 private:
  const std::string bench_;
  const uint64_t seed_;
  const std::string commit_;
  std::ofstream out_;
  bool headed_ = false;
};

// How often a second 512 bytes can be appended to `file` and made durable, one after the other.
double SyncedAppendsPerSecond(const std::string& file);
// How many synced batches of one row of `bytes` RocksDB takes a second from `threads` threads, in
// groups of its own making, in a new database in `folder`, over `seconds`.
base::Result<double> SyncedGroupsPerSecond(const std::string& folder, int threads, size_t bytes,
                                           double seconds);

}  // namespace wanmi::demo
