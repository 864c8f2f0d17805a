// Rebuild: the proof that the stores are only a cache. Folds every journal into new stores beside
// those in use, by the road that an empty store takes, and compares digests of every row.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "journal/positions.h"
#include "runtime/host.h"
#include "wanmi/config/v1/config.pb.h"

namespace wanmi::city {

struct Rebuilt {
  std::string service;
  int64_t entries = 0;  // folded
  std::string digest;   // of the rebuilt rows, SHA-256 in hex
  std::string in_use;   // of the rows in use as of the same entries
  bool equal() const { return digest == in_use; }
};

// Folds a journal up to these positions into stores in `folder`, and gives the digest of each
// service's rows. `reads`: up to which level of the city.
base::Result<std::map<std::string, std::string>> FoldInto(const runtime::City& city,
                                                          journal::Journal& journal,
                                                          const std::string& folder,
                                                          const journal::Positions& until,
                                                          int reads = runtime::kReadsLevel);

// `into` must not exist. `in_use` may be at work meanwhile: each service is compared as of the
// moment its digest was taken.
base::Result<std::vector<Rebuilt>> RebuildBeside(const runtime::Host& in_use,
                                                 const std::string& into);

// For a city that is not running: prints a line a service; DATA_LOSS if one differs.
base::Status Rebuild(const config::v1::CityConfig& config, const std::string& into, int reads);

}  // namespace wanmi::city
