// Works: all that a city needs in one process, put together from its configuration, but for the
// network: clock, journal, stores, vault, outlet, host. For `wanmi-city`, and for whoever has a
// city work without being called. Open() and Close() are called by the thread that owns it.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "runtime/outlet.h"
#include "services/city/disk_watch.h"
#include "services/city/process.h"
#include "vault/vault.h"

namespace wanmi::city {

// A failed write or sync of any file of the city ends the process, with kExitInDoubt.
struct Works {
  Works(const config::v1::CityConfig& config, runtime::City city);

  base::Status Open();  // opens the host: nothing is stepped until it is started
  void Close();         // stops it, and says that it ended in order

  const config::v1::CityConfig config;
  const runtime::City city;
  bool clean = false;  // whether the process before ended in order
  std::unique_ptr<journal::Journal> journal;
  std::unique_ptr<base::Clock> clock;
  std::unique_ptr<DiskWatch> disk;
  std::unique_ptr<vault::Vault> vault;
  base::Metrics metrics;
  runtime::RuntimeMetrics runtime_metrics;
  runtime::FileOutlet outlet;
  std::unique_ptr<runtime::Host> host;
};

// The clock is that of the configuration if none is given. `reads`: see Serve().
base::Result<std::unique_ptr<Works>> Assemble(const config::v1::CityConfig& config,
                                              std::unique_ptr<base::Clock> clock,
                                              int reads = runtime::kReadsLevel);

}  // namespace wanmi::city
