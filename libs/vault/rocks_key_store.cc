// Small records, written rarely, synced before they matter: no compression, no tuning. Values stand
// in the files as they are, so a test can search for the bytes that forgetting must have removed.
#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

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
  explicit RocksKeyStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

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
    rocksdb::WriteBatch batch;
    for (const auto& [name, bytes] : records) {
      RETURN_IF_ERROR(FromRocks(batch.Put(name, bytes), "writing a key"));
    }
    return FromRocks(db_->Write(rocksdb::WriteOptions(), &batch), "writing a key");
  }

  base::Status Sync() override { return FromRocks(db_->SyncWAL(), "syncing the vault"); }

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
  const std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

base::Result<std::unique_ptr<KeyStore>> OpenRocksKeyStore(const std::string& folder) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 4 << 20;
  options.keep_log_file_num = 4;
  options.max_open_files = 64;
  // A torn end is what a power loss leaves of unsynced keys; damage before it must not pass for
  // one.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(options, folder, &db), "opening " + folder));
  return std::unique_ptr<KeyStore>(
      std::make_unique<RocksKeyStore>(std::unique_ptr<rocksdb::DB>(db)));
}

}  // namespace wanmi::vault
