// Process: one city in one process, put together: clock, journal, stores, vault, host, server.
//
// Folder: city.json (identity, made once) · journal/ · store/<service>-v<state version>/ · vault/ ·
// master.key · marks/ · clean (present only after a graceful end) · outbox.jsonl
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "journal/journal.h"
#include "runtime/host.h"
#include "wanmi/config/v1/config.pb.h"

namespace wanmi::city {

// The exit code when a write or a sync has failed: the same folder may be started again at once.
inline constexpr int kExitInDoubt = 74;
// As in a crash, with nobody told; the next process looks at what the disk has (docs/adr/0009).
// `event` is for the log.
[[noreturn]] void EndInDoubt(const char* event, const std::string& why);

// 32 hex digits that nobody else draws.
std::string NewId();

// Every service's Define(), for a process that reads up to a level.
std::vector<rules::Definition> AllDefinitions(int reads = runtime::kReadsLevel);

// Every slice of a city; those of the reference services last, since others rely on them.
std::vector<journal::Slice> SlicesOf(const runtime::City& city);

// The journal that the configuration names, of this city. Here is where its kind is chosen.
base::Result<std::unique_ptr<journal::Journal>> OpenJournal(const config::v1::CityConfig& config);

// The city's identity in its folder; nothing if there is none. DATA_LOSS if there is a journal
// without one: an import or a restore did not come to its end.
base::Result<std::optional<runtime::City>> ReadCity(const std::string& folder);
base::Status WriteCity(const std::string& folder, const runtime::City& city);

// Makes durable what was written into the files of a folder.
base::Status SyncFolder(const std::string& folder);

// The city's identity in its folder; made if there is none. FAILED_PRECONDITION if the
// configuration says another city or another number of partitions.
base::Result<runtime::City> LoadOrCreateCity(const config::v1::CityConfig& config);

// The store of a service below `folder`, made if there is none. A damaged one is set aside as
// <place>.damaged (one is kept), and a new one is folded from the journal.
base::Result<std::unique_ptr<store::Store>> OpenStore(const std::string& folder,
                                                      const rules::Definition& definition,
                                                      store::OnFailure on_failure);

// What the last entries of all slices say: the clock never starts before `at`.
struct LastRecorded {
  base::Time at{};
  int level = 1;
};
base::Result<LastRecorded> LookAtEnds(const journal::Journal& journal, const runtime::City& city);

// Serves until a signal: the whole life of `wanmi-city`. Prints the ready line. `reads`: up to
// which level of the city; another than runtime::kReadsLevel is for trying upgrades.
base::Status Serve(const config::v1::CityConfig& config, int reads);

// Threads that step partitions: two a core, so that some work while others wait for the disk.
int Lanes();

}  // namespace wanmi::city
