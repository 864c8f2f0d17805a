#include "store/row_cache.h"

namespace wanmi::store {
namespace {
constexpr size_t kOverheadBytes = 96;  // of a node, about
}

RowCache::Value RowCache::Get(std::string_view key, const std::function<Value()>& read) {
  Shard& shard = ShardOf(key);
  uint64_t commits = 0;
  {
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.young.find(key); found != shard.young.end()) return found->second;
    if (const auto found = shard.old.find(key); found != shard.old.end()) {
      Value value = found->second;
      auto node = shard.old.extract(found);
      Remember(shard, std::move(node.key()), std::move(node.mapped()));
      return value;
    }
    commits = shard.commits;
  }
  Value value = read();
  const std::lock_guard lock(shard.mutex);
  if (shard.commits == commits) Remember(shard, std::string(key), value);
  return value;
}

void RowCache::Put(std::string_view key, const Value& value) {
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  ++shard.commits;
  if (const auto found = shard.young.find(key); found != shard.young.end()) {
    shard.young_bytes += value ? value->size() : 0;
    shard.young_bytes -= found->second ? found->second->size() : 0;
    found->second = value;
    return;
  }
  if (const auto found = shard.old.find(key); found != shard.old.end()) shard.old.erase(found);
  Remember(shard, std::string(key), value);
}

void RowCache::Clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    ++shard.commits;
    shard.young.clear();
    shard.old.clear();
    shard.young_bytes = 0;
  }
}

void RowCache::Remember(Shard& shard, std::string key, Value value) const {
  const size_t bytes = key.size() + (value ? value->size() : 0) + kOverheadBytes;
  if (shard.young_bytes + bytes > shard_bytes_max_) {
    shard.old = std::move(shard.young);
    shard.young.clear();
    shard.young_bytes = 0;
  }
  shard.young_bytes += bytes;
  shard.young.insert_or_assign(std::move(key), std::move(value));
}

}  // namespace wanmi::store
