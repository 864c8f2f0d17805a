#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <atomic>

#include "store/row_cache.h"
#include "store/store.h"

namespace wanmi::store {
namespace {

constexpr size_t kRecentBytes = 32 << 20;

class RocksCursor final : public Cursor {
 public:
  RocksCursor(rocksdb::DB& db, std::string_view end) : end_(end), bound_(end_) {
    rocksdb::ReadOptions options;
    if (!end_.empty()) options.iterate_upper_bound = &bound_;
    at_.reset(db.NewIterator(options));
  }
  void Seek(std::string_view key) override { at_->Seek(rocksdb::Slice(key.data(), key.size())); }
  bool Valid() const override { return at_->Valid(); }
  void Next() override { at_->Next(); }
  std::string_view key() const override { return at_->key().ToStringView(); }
  std::string_view value() const override { return at_->value().ToStringView(); }

 private:
  const std::string end_;
  const rocksdb::Slice bound_;  // of end_
  std::unique_ptr<rocksdb::Iterator> at_;
};

class RocksStore final : public Store {
 public:
  RocksStore(rocksdb::DB* db, std::string folder) : db_(db), folder_(std::move(folder)) {}

  std::optional<std::string> Get(std::string_view key) const override {
    return recent_.Get(key, [&] { return Read(key); });
  }
  std::optional<std::string> Read(std::string_view key) const {
    std::string value;
    const auto status = db_->Get({}, rocksdb::Slice(key.data(), key.size()), &value);
    if (status.IsNotFound()) return std::nullopt;
    // A store is a cache: one that cannot be read is not to be reasoned with.
    CHECK(status.ok(), "the store cannot be read: {}; delete its folder and start again",
          status.ToString());
    return value;
  }
  std::unique_ptr<Cursor> NewCursor(std::string_view end) const override {
    return std::make_unique<RocksCursor>(*db_, end);
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
    const auto status = db_->Write(options, &batch);
    if (!status.ok())
      return base::Unavailable("the store cannot be written: {}", status.ToString());
    for (const Changes* changes : all) {
      for (const auto& [key, value] : *changes) recent_.Put(key, value);
    }
    return {};
  }
  base::Status Load(const Changes& changes) override {
    if (changes.empty()) return {};
    const std::string file = fmt::format("{}/load-{}.sst", folder_, ++loads_);
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
    recent_.Clear();
    if (status.ok()) return {};
    return base::Unavailable("the store in {} cannot be loaded: {}", folder_, status.ToString());
  }

 private:
  const std::unique_ptr<rocksdb::DB> db_;
  const std::string folder_;
  std::atomic<int> loads_{0};
  mutable RowCache recent_{kRecentBytes};
};

// One cache for every store of the process.
const std::shared_ptr<rocksdb::Cache>& SharedCache() {
  static const auto cache = rocksdb::NewLRUCache(256 << 20);
  return cache;
}

}  // namespace

base::Result<std::unique_ptr<Store>> OpenRocksStore(const std::string& folder) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 16 << 20;  // also what a crash takes and is folded again
  options.max_open_files = 256;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 2;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = SharedCache();
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, folder, &db);
  if (!status.ok()) {
    return base::DataLoss(
        "the store in {} cannot be opened: {}; it is a cache: delete the folder, and "
        "it is rebuilt from the journal",
        folder, status.ToString());
  }
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(db, folder));
}

}  // namespace wanmi::store
