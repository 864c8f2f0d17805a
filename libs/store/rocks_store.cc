#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "rocks/careful.h"
#include "rocks/log_check.h"
#include "store/store.h"
#include "store/write_behind.h"

namespace wanmi::store {
namespace {

constexpr const char* kDamagedNote = "/DAMAGED";

// What is damaged must not be reasoned with: rows would be missing without a word. The note makes
// the next start set the folder aside.
[[noreturn]] void Refuse(const std::string& folder, const OnFailure& on_failure,
                         const rocksdb::Status& status) {
  const auto damage =
      base::DataLoss("the store in {} cannot be read: {}", folder, status.ToString());
  std::ofstream(folder + kDamagedNote) << status.ToString() << "\n";
  if (on_failure) on_failure(damage);
  base::FailCheck(__FILE__, __LINE__, "the store can be read", damage.ToString());
}

class RocksCursor final : public Cursor {
 public:
  RocksCursor(rocksdb::DB& db, std::string_view end,
              const std::function<void(const rocksdb::Status&)>& refuse)
      : end_(end), bound_(end_), refuse_(refuse) {
    rocksdb::ReadOptions options;
    if (!end_.empty()) options.iterate_upper_bound = &bound_;
    at_.reset(db.NewIterator(options));
  }
  void Seek(std::string_view key) override { at_->Seek(rocksdb::Slice(key.data(), key.size())); }
  bool Valid() const override {
    if (at_->Valid()) return true;
    if (!at_->status().ok()) refuse_(at_->status());
    return false;
  }
  void Next() override { at_->Next(); }
  std::string_view key() const override { return at_->key().ToStringView(); }
  std::string_view value() const override { return at_->value().ToStringView(); }

 private:
  const std::string end_;
  const rocksdb::Slice bound_;                                 // of end_
  const std::function<void(const rocksdb::Status&)>& refuse_;  // of the store
  std::unique_ptr<rocksdb::Iterator> at_;
};

class RocksStore final : public Store {
 public:
  RocksStore(rocksdb::DB* db, std::string folder, OnFailure on_failure)
      : db_(db),
        folder_(std::move(folder)),
        on_failure_(std::move(on_failure)),
        refuse_([this](const rocksdb::Status& status) { Refuse(folder_, on_failure_, status); }) {}

  std::optional<std::string> Get(std::string_view key) const override {
    std::string value;
    const auto status = db_->Get({}, rocksdb::Slice(key.data(), key.size()), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) refuse_(status);
    return value;
  }
  std::unique_ptr<Cursor> NewCursor(std::string_view /*begin*/,
                                    std::string_view end) const override {
    return std::make_unique<RocksCursor>(*db_, end, refuse_);
  }
  using Store::Commit;
  base::Status Commit(std::span<const Changes* const> all) override {
    rocksdb::WriteBatch batch;
    for (const Changes* changes : all) {
      for (const auto& [key, value] : *changes) {
        if (value) {
          batch.Put(key, *value);
        } else {
          batch.Delete(key);
        }
      }
    }
    // The journal is the truth; what a crash takes of the last write buffer is folded again.
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return Taken(db_->Write(options, &batch));
  }
  base::Status Load(const Changes& changes) override {
    if (changes.empty()) return {};
    const std::string file = fmt::format("{}/load-{}.sst", folder_, ++loads_);
    // Of a process that was killed; it may be another name of a file that is in use.
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    rocksdb::Options options = db_->GetOptions();
    options.compression = rocksdb::kNoCompression;  // what stays is compressed when it is compacted
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
    auto status = writer.Open(file);
    for (auto at = changes.begin(); status.ok() && at != changes.end(); ++at) {
      status = at->second ? writer.Put(at->first, *at->second) : writer.Delete(at->first);
    }
    if (status.ok()) status = writer.Finish();
    rocksdb::IngestExternalFileOptions taken_in;
    taken_in.move_files = true;
    taken_in.write_global_seqno = false;
    if (status.ok()) status = db_->IngestExternalFile({file}, taken_in);
    if (!status.ok()) std::filesystem::remove(file, ignored);
    return Taken(status);
  }

 private:
  base::Status Taken(const rocksdb::Status& status) const {
    if (status.ok()) return {};
    auto refused =
        base::Unavailable("the store in {} cannot be written: {}", folder_, status.ToString());
    if (on_failure_) on_failure_(refused);
    return refused;
  }

  const std::unique_ptr<rocksdb::DB> db_;
  const std::string folder_;
  const OnFailure on_failure_;
  const std::function<void(const rocksdb::Status&)> refuse_;
  std::atomic<int> loads_{0};
};

// One cache for every store of the process.
const std::shared_ptr<rocksdb::Cache>& SharedCache() {
  static const auto cache = rocksdb::NewLRUCache(256 << 20);
  return cache;
}

}  // namespace

base::Result<std::unique_ptr<Store>> OpenRocksStore(const std::string& folder,
                                                    OnFailure on_failure) {
  const auto damaged = [&](const std::string& how) {
    return base::DataLoss(
        "the store in {} is damaged: {}; it is a cache: delete the folder, and it is rebuilt from "
        "the journal",
        folder, how);
  };
  if (std::ifstream note(folder + kDamagedNote); note) {
    std::string how;
    std::getline(note, how);
    return damaged(how);
  }
  if (const auto whole = rocks::CheckLogs(folder); !whole.ok()) return damaged(whole.message());
  rocksdb::Options options = rocks::CarefulOptions();
  options.write_buffer_size = 32 << 20;  // also what a crash takes and is folded again
  options.max_open_files = 1'024;
  rocks::MergeSeldom(options);
  // Most of what is looked for and not there is told by this, and not by a walk over the buffer.
  options.memtable_prefix_bloom_size_ratio = 0.05;
  options.memtable_whole_key_filtering = true;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = SharedCache();
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, folder, &db);
  if (status.IsCorruption()) return damaged(status.ToString());
  if (!status.ok())
    return base::Unavailable("the store in {} cannot be opened: {}", folder, status.ToString());
  auto store = std::make_unique<RocksStore>(db, folder, std::move(on_failure));
  return std::unique_ptr<Store>(std::make_unique<WriteBehind>(std::move(store)));
}

}  // namespace wanmi::store
