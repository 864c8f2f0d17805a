// Backup and restore of a city, whatever its journal is kept in; replica_move.cc has what Kafka
// adds.
//
// A backup's folder: journal.wanmi (libs/journal/transfer_file.h) and backup.json (BackupManifest).
// It is taken from a city at work, as of closed positions. The vault's copy is a folder of its own,
// taken after the positions, so that it has every key that the entries need; it is kept apart and
// not for long, since it has the keys of everyone who is forgotten later. What is restored is a new
// incarnation: tokens, and stores that have seen what is lost, are refused.
#pragma once

#include <functional>
#include <string>

#include "base/time.h"
#include "journal/transfer.h"
#include "runtime/city.h"
#include "services/city/process.h"
#include "wanmi/config/v1/config.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::city {

struct BackupSource {
  runtime::City city;
  journal::Journal& journal;
  LastRecorded as_of;  // by the city clock
  int reads;           // up to which level
  std::function<base::Status(const std::string& folder)> copy_vault;
};
// The folders must not exist. What was written is read again before it is called done; a folder
// without backup.json is none.
base::Result<operations::v1::BackupView> Backup(const BackupSource& source,
                                                const operations::v1::Backup& order);

// Reads every byte of a backup's folder, or of a vault's copy. DATA_LOSS names what is wrong.
base::Result<journal::v1::BackupManifest> VerifyBackup(const std::string& folder);

struct RestoreOrder {
  std::string backup;
  std::string vault;  // a vault's copy, or the vault itself where it has survived; "" = without
  bool without_vault = false;
};
// What is to be restored: read, and found whole. Its city has an incarnation that no other has.
struct RestorePlan {
  runtime::City city;
  journal::v1::BackupManifest backup;
  std::string file;
  journal::TransferContent content;
};
base::Result<RestorePlan> PlanRestore(const RestoreOrder& order);
// Fills an empty journal, and folds it into new stores below `stores` if the backup has digests to
// compare them with.
base::Status RestoreJournal(const RestorePlan& plan, journal::Journal& journal,
                            const std::string& stores, const journal::Progress& progress);
std::string RestoredLine(const RestorePlan& plan);  // for people

// Into a folder that has nothing but the master key, all or nothing: a folder without city.json is
// one of a restore that did not come to its end.
base::Status Restore(const config::v1::CityConfig& config, const RestoreOrder& order,
                     const journal::Progress& progress);

// Seconds since 2026, and more than the one before: two restores of one backup differ.
int NextIncarnation(int before);

}  // namespace wanmi::city
