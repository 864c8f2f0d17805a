// WriteBehind: a store that keeps the youngest rows in memory and gives them to the store below in
// lots.
//
// A case at work writes the same few rows again and again: its stream, the position of its
// partition, a timer that is moved. Here they meet before they cost anything below. All that is
// committed is read at once, from here or from below; what a crash takes of it is folded again,
// like the rest of a store's tail: of a shard of partitions as much as it keeps, and no more than
// some thousand commits. A lot is given below as a whole, so a partition's position and its rows
// stay together; commits of different shards do not wait for each other.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "store/store.h"

namespace wanmi::store {

class WriteBehind final : public Store {
 public:
  // `most`: bytes that one shard of partitions keeps.
  explicit WriteBehind(std::unique_ptr<Store> below, size_t most = 128 << 10);
  ~WriteBehind() override;  // gives all that is left below

  std::optional<std::string> Get(std::string_view key) const override;
  std::unique_ptr<Cursor> NewCursor(std::string_view begin, std::string_view end) const override;
  using Store::Commit;
  // Each of them is of one partition, and has one thread that commits. UNAVAILABLE: the store below
  // did not take a lot; nothing of this one is to be seen, and none is taken from now on.
  base::Status Commit(std::span<const Changes* const> all) override;
  base::Status Load(const Changes& changes) override;

 private:
  struct Shard {
    std::mutex mutex;
    Changes young;     // guarded by mutex
    size_t bytes = 0;  // of young, roughly; guarded by mutex
    int commits = 0;   // in young; guarded by mutex
  };
  using Shards = std::array<Shard, 64>;

  Shard& ShardOf(std::string_view key) const;
  base::Status CommitOne(const Changes& changes);
  base::Status MakeRoomFor(std::string_view key);
  // With the shard's mutex held, so that nobody looks for a row between here and there.
  base::Status Empty(Shard& shard) const;
  // What the store below said; remembered, if it refused.
  base::Status Below(base::Status said) const;
  std::unique_ptr<Cursor> CursorOverAll() const;

  const std::unique_ptr<Store> below_;
  const size_t most_;
  const std::unique_ptr<Shards> shards_;
  mutable std::atomic<bool> refused_{false};
};

}  // namespace wanmi::store
