// Process: one city in one process, put together: clock, journal, stores, vault, host, server.
//
// Folder: city.json (identity, made once) · journal/ · store/<service>-v<state version>/ · vault/ ·
// master.key · marks/ · clean (present only after a graceful end) · outbox.jsonl
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "journal/journal.h"
#include "runtime/host.h"
#include "wanmi/config/v1/config.pb.h"

namespace wanmi::city {

// Every service's Define().
std::vector<rules::Definition> AllDefinitions();

// The city's identity in its folder; made if there is none. FAILED_PRECONDITION if the
// configuration says another city or another number of partitions.
base::Result<runtime::City> LoadOrCreateCity(const config::v1::CityConfig& config);

// The recorded time of the last entry of all slices: the clock never starts before it.
base::Result<base::Time> LastRecordedTime(const journal::Journal& journal,
                                          const runtime::City& city);

// Serves until a signal: the whole life of `wanmi-city`. Prints the ready line.
base::Status Serve(const config::v1::CityConfig& config);

// Opens the store of a service in its folder below `folder`, made if there is none.
base::Result<std::unique_ptr<store::Store>> OpenStoreIn(const std::string& folder,
                                                        const rules::Definition& definition);
// Threads that step partitions: as many as there are cores, but two at least: one works while
// another waits for the disk.
int Lanes();

}  // namespace wanmi::city
