// Small records, written rarely, synced before they matter: no compression, no tuning. Values stand
// in the files as they are, so a test can search for the bytes that forgetting must have removed.
#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <mutex>

#include "rocks/careful.h"
#include "rocks/end_mark.h"
#include "rocks/log_check.h"
#include "vault/key_store.h"

namespace wanmi::vault {
namespace {

base::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return {};
  if (status.IsCorruption()) {
    return base::DataLoss(
        "while {}: the vault's files are damaged ({}); restore the vault from its backup", doing,
        status.ToString());
  }
  return base::Unavailable(
      "while {}: {}; see that the disk has room, and that no other process has the vault open",
      doing, status.ToString());
}

class RocksKeyStore final : public KeyStore {
 public:
  RocksKeyStore(std::unique_ptr<rocksdb::DB> db, std::unique_ptr<rocks::EndMark> mark)
      : db_(std::move(db)), end_mark_(std::move(mark)) {}

  base::Result<std::optional<std::string>> Get(std::string_view name) const override {
    std::string bytes;
    const auto status = db_->Get(rocksdb::ReadOptions(), rocksdb::Slice(name), &bytes);
    if (status.IsNotFound()) return std::optional<std::string>();
    RETURN_IF_ERROR(FromRocks(status, "reading a key"));
    return std::optional<std::string>(std::move(bytes));
  }

  base::Result<std::vector<std::string>> NamesUnder(std::string_view prefix) const override {
    std::vector<std::string> names;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions()));
    for (at->Seek(rocksdb::Slice(prefix)); at->Valid(); at->Next()) {
      if (!at->key().starts_with(rocksdb::Slice(prefix))) break;
      names.push_back(at->key().ToString());
    }
    RETURN_IF_ERROR(FromRocks(at->status(), "listing keys"));
    return names;
  }

  base::Status Put(const Records& records) override {
    const std::lock_guard lock(write_mutex_);
    RETURN_IF_ERROR(Trusted());
    rocksdb::WriteBatch batch;
    for (const auto& [name, bytes] : records) {
      RETURN_IF_ERROR(FromRocks(batch.Put(name, bytes), "writing a key"));
    }
    return Written(db_->Write(rocksdb::WriteOptions(), &batch), "writing a key");
  }

  base::Status Sync() override {
    const std::lock_guard lock(write_mutex_);
    RETURN_IF_ERROR(Trusted());
    const uint64_t written = db_->GetLatestSequenceNumber();
    RETURN_IF_ERROR(Written(db_->SyncWAL(), "syncing the vault"));
    end_mark_->Move(written);
    return {};
  }

  base::Status Sweep() override {
    // Flushing ends the write-ahead log that holds old versions; compacting, forced down to the
    // last level, drops them from the tables.
    RETURN_IF_ERROR(FromRocks(db_->Flush(rocksdb::FlushOptions()), "sweeping the vault"));
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = true;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    RETURN_IF_ERROR(FromRocks(db_->CompactRange(options, nullptr, nullptr), "sweeping the vault"));
    // RocksDB removes files in its own time; this pair is its way of saying "now".
    RETURN_IF_ERROR(FromRocks(db_->DisableFileDeletions(), "sweeping the vault"));
    return FromRocks(db_->EnableFileDeletions(/*force=*/true), "sweeping the vault");
  }

  base::Status CopyTo(const std::string& folder) const override {
    rocksdb::Checkpoint* made = nullptr;
    RETURN_IF_ERROR(FromRocks(rocksdb::Checkpoint::Create(db_.get(), &made), "copying the vault"));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    return FromRocks(checkpoint->CreateCheckpoint(folder), "copying the vault");
  }

 private:
  base::Status Trusted() const {
    if (!in_doubt_) return {};
    return base::Unavailable("an earlier write of the vault failed; open its folder anew");
  }
  // A second sync may say Ok of what the first one lost, so one failure is for good.
  base::Status Written(const rocksdb::Status& status, std::string_view doing) {
    if (!status.ok()) in_doubt_ = true;
    return FromRocks(status, doing);
  }

  const std::unique_ptr<rocksdb::DB> db_;
  const std::unique_ptr<rocks::EndMark> end_mark_;
  // No record is begun while the ones before it are being synced: if that fails, nothing may stand
  // behind the gap (rocks/log_check.h).
  std::mutex write_mutex_;
  bool in_doubt_ = false;  // guarded by write_mutex_
};

}  // namespace

base::Result<std::unique_ptr<KeyStore>> OpenRocksKeyStore(const std::string& folder) {
  rocksdb::Options options = rocks::CarefulOptions();
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 4 << 20;
  options.max_open_files = 64;
  // A torn end is what a power loss leaves of unsynced keys; damage before it must not pass for
  // one.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  const auto damaged = [&](const base::Status& status) {
    return base::Status(status.code(), status.message() + "; restore the vault from its backup");
  };
  if (const auto whole = rocks::CheckLogs(folder); !whole.ok()) return damaged(whole);
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(options, folder, &opened), "opening " + folder));
  std::unique_ptr<rocksdb::DB> db(opened);
  auto mark = rocks::EndMark::Open(folder, db->GetLatestSequenceNumber());
  if (!mark.ok()) return damaged(mark.status());
  return std::unique_ptr<KeyStore>(
      std::make_unique<RocksKeyStore>(std::move(db), std::move(*mark)));
}

}  // namespace wanmi::vault
