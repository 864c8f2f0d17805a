// What the processes of a city have in common while they serve, whether one or many.
#pragma once

#include <prometheus/exposer.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/status.h"
#include "base/time.h"
#include "runtime/host.h"
#include "wanmi/config/v1/config.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::city {

// SIGTERM and SIGINT, which end a process in order. Made before any other thread.
class Signals {
 public:
  Signals();
  // True if one came.
  bool Wait(std::chrono::seconds most) const;
};

// The clock that a configuration describes; `at_least`: one that runs fast goes on, it does not
// jump back.
base::Result<std::unique_ptr<base::CityClock>> MakeClock(const config::v1::CityClock& config,
                                                         base::Time at_least = {});

// Null where the address is empty.
std::unique_ptr<prometheus::Exposer> Expose(const std::string& address,
                                            const base::Metrics& metrics, int* port);

// What Operations.Rebuild does: beside the host at work; the folder is only for as long as it
// takes.
base::Result<operations::v1::RebuildView> RebuildOnce(const runtime::Host& host,
                                                      const std::string& folder);

}  // namespace wanmi::city
