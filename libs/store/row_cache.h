// RowCache: the rows of a store that were read or written last, in memory, as bytes.
//
// A store's newest rows lie in its write buffer, where each look costs a walk over a large list;
// the same few rows are read again and again. Also remembers that a key has no row. Safe from any
// thread. Never gives an older row than the last commit that was told to it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace wanmi::store {

class RowCache {
 public:
  using Value = std::optional<std::string>;  // nothing: there is no such row

  // At most about `bytes` of keys and values.
  explicit RowCache(size_t bytes) : shard_bytes_max_(bytes / kShards / 2) {}

  // The row as remembered, or as `read` gives it.
  Value Get(std::string_view key, const std::function<Value()>& read);
  // After a commit.
  void Put(std::string_view key, const Value& value);
  // Rows were written past it.
  void Clear();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  using Map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  // Two generations: what is asked for moves to the young one; when that is full, it is the old one
  // and the old one goes.
  struct Shard {
    std::mutex mutex;
    Map young, old;
    size_t young_bytes = 0;
    uint64_t commits = 0;  // so that what was read before a commit is not remembered after it
  };
  static constexpr size_t kShards = 16;

  Shard& ShardOf(std::string_view key) { return shards_[Hash()(key) % kShards]; }
  void Remember(Shard& shard, std::string key, Value value) const;

  const size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace wanmi::store
