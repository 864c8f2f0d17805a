// Store: where the rows of one service are kept. A cache: it may be deleted at any time and is
// rebuilt from the journal. Neither synced nor logged: after a crash it is as of some earlier
// commit, and what is missing is folded again.
//
// Physical key: family:2 · partition:2 · key (big-endian). A commit is atomic for each partition.
// Reads are safe from any thread beside one committing thread for each partition; a cursor sees the
// store as of its making.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/rows.h"
#include "base/status.h"

namespace wanmi::store {

// What a step changes: the physical key, and the new value or nothing (deleted).
using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void Seek(std::string_view key) = 0;
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual std::optional<std::string> Get(std::string_view key) const = 0;
  // A cursor for keys from `begin` on that is not valid from `end` on (empty = the store's end). A
  // scan should always give its end: without one, it walks over whatever was deleted behind it.
  virtual std::unique_ptr<Cursor> NewCursor(std::string_view begin, std::string_view end) const = 0;
  // Of each partition all changes or none.
  virtual base::Status Commit(std::span<const Changes* const> all) = 0;
  // Like Commit(), for a large lot of rows of one partition: they are written beside and taken in
  // as a whole, which costs a fraction.
  virtual base::Status Load(const Changes& changes) { return Commit(changes); }
  base::Status Commit(const Changes& changes) {
    const Changes* const one = &changes;
    return Commit(std::span(&one, 1));
  }
};

constexpr size_t kPrefixBytes = 4;  // family, partition
std::string PhysicalKey(uint16_t family, int partition, std::string_view key);
int PartitionOfKey(std::string_view physical_key);
// The first key after all that begin with `prefix`; empty if there is none.
std::string EndOf(std::string prefix);

// In memory, for tests. Keeps the last versions so that a test can go back, as a crash may.
class MemoryStore final : public Store {
 public:
  std::optional<std::string> Get(std::string_view key) const override;
  std::unique_ptr<Cursor> NewCursor(std::string_view begin, std::string_view end) const override;
  using Store::Commit;
  base::Status Commit(std::span<const Changes* const> all) override;
  // Undoes up to `commits` of the last commits: an unsynced tail that a crash took.
  void LoseTail(int commits);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> rows_;  // guarded by mutex_
  std::vector<Changes> undo_;                             // guarded by mutex_; at most 64
};

// In RocksDB, behind a WriteBehind. DATA_LOSS names the folder and says what is damaged;
// UNAVAILABLE may pass. `on_failure` is called when an open store is of no more use, on the thread
// that found it so, and had better end the process: what is damaged (DATA_LOSS) is noted in the
// folder, so that opening again says so; after a write that was refused (UNAVAILABLE) none is taken
// any more. Without it a damaged row is a CHECK, and a refused write is what Commit() says.
using OnFailure = std::function<void(const base::Status&)>;
base::Result<std::unique_ptr<Store>> OpenRocksStore(const std::string& folder,
                                                    OnFailure on_failure = nullptr);

// The rows of one partition, as they are in the store now.
class PartitionRows final : public base::Rows {
 public:
  PartitionRows(const Store& store, int partition) : store_(store), partition_(partition) {}
  std::optional<std::string> Get(uint16_t family, std::string_view key) const override;
  void Scan(uint16_t family, std::string_view prefix, std::string_view from,
            const Visitor& visit) const override;

 private:
  const Store& store_;
  const int partition_;
};

// All partitions merged, in key order; equal keys in order of their partitions.
class MergedRows final : public base::Rows {
 public:
  MergedRows(const Store& store, int partitions) : store_(store), partitions_(partitions) {}
  std::optional<std::string> Get(uint16_t family, std::string_view key) const override;
  void Scan(uint16_t family, std::string_view prefix, std::string_view from,
            const Visitor& visit) const override;

 private:
  const Store& store_;
  const int partitions_;
};

// Pending writes of one partition over the rows below, which it reads through to. Layers stack: a
// step over the store, an input over the step; MergeInto() gives an input's writes to its step.
class Overlay final : public base::RowWriter {
 public:
  Overlay(const base::Rows& below, int partition) : below_(below), partition_(partition) {}
  std::optional<std::string> Get(uint16_t family, std::string_view key) const override;
  void Scan(uint16_t family, std::string_view prefix, std::string_view from,
            const Visitor& visit) const override;
  void Put(uint16_t family, std::string_view key, std::string value) override;
  void Delete(uint16_t family, std::string_view key) override;

  void MergeInto(Overlay& step);
  const Changes& changes() const { return changes_; }
  void Clear() { changes_.clear(), bytes_ = 0; }
  size_t bytes() const { return bytes_; }

 private:
  const base::Rows& below_;
  const int partition_;
  Changes changes_;
  size_t bytes_ = 0;
};

}  // namespace wanmi::store
