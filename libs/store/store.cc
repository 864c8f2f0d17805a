#include "store/store.h"

#include <algorithm>

#include "base/check.h"
#include "base/mutants.h"

namespace wanmi::store {
namespace {

constexpr size_t kUndoMax = 64;

// Walks a live map by key, so that it costs no copy; what is committed meanwhile may be seen.
class MapCursor final : public Cursor {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;
  MapCursor(const Map& rows, std::mutex& mutex, std::string_view end)
      : rows_(rows), mutex_(mutex), end_(end) {}
  void Seek(std::string_view key) override {
    const std::lock_guard lock(mutex_);
    Take(rows_.lower_bound(key));
  }
  bool Valid() const override { return valid_; }
  void Next() override {
    const std::lock_guard lock(mutex_);
    Take(rows_.upper_bound(key_));
  }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return value_; }

 private:
  void Take(Map::const_iterator at) {
    valid_ = at != rows_.end() && (end_.empty() || at->first < end_);
    if (valid_) key_ = at->first, value_ = at->second;
  }
  const Map& rows_;
  std::mutex& mutex_;
  const std::string end_;
  bool valid_ = false;
  std::string key_, value_;
};

}  // namespace

std::string PhysicalKey(uint16_t family, int partition, std::string_view key) {
  // The runtime's own families keep their partition, or nothing would open at all.
  if (MUTANT(kRowsSharedByPartitions) && family >= 16) partition = 0;
  std::string physical;
  physical.reserve(kPrefixBytes + key.size());
  physical.push_back(static_cast<char>(family >> 8));
  physical.push_back(static_cast<char>(family & 0xff));
  physical.push_back(static_cast<char>((partition >> 8) & 0xff));
  physical.push_back(static_cast<char>(partition & 0xff));
  return physical.append(key);
}

int PartitionOfKey(std::string_view physical_key) {
  CHECK(physical_key.size() >= kPrefixBytes, "a physical key has its family and its partition");
  return static_cast<uint8_t>(physical_key[2]) << 8 | static_cast<uint8_t>(physical_key[3]);
}

std::string EndOf(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

std::optional<std::string> MemoryStore::Get(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

std::unique_ptr<Cursor> MemoryStore::NewCursor(std::string_view /*begin*/,
                                               std::string_view end) const {
  return std::make_unique<MapCursor>(rows_, mutex_, end);
}

base::Status MemoryStore::Commit(std::span<const Changes* const> all) {
  const std::lock_guard lock(mutex_);
  Changes& undo = undo_.emplace_back();
  for (const Changes* changes : all) {
    for (const auto& [key, value] : *changes) {
      const auto found = rows_.find(key);
      undo.emplace(key, found == rows_.end() ? std::nullopt : std::optional(found->second));
      if (value) {
        rows_.insert_or_assign(key, *value);
      } else {
        rows_.erase(key);
      }
    }
  }
  if (undo_.size() > kUndoMax) undo_.erase(undo_.begin());
  return {};
}

void MemoryStore::LoseTail(int commits) {
  const std::lock_guard lock(mutex_);
  for (; commits > 0 && !undo_.empty(); --commits) {
    for (const auto& [key, value] : undo_.back()) {
      if (value) {
        rows_.insert_or_assign(key, *value);
      } else {
        rows_.erase(key);
      }
    }
    undo_.pop_back();
  }
}

std::optional<std::string> PartitionRows::Get(uint16_t family, std::string_view key) const {
  return store_.Get(PhysicalKey(family, partition_, key));
}

void PartitionRows::Scan(uint16_t family, std::string_view prefix, std::string_view from,
                         const Visitor& visit) const {
  const std::string physical_prefix = PhysicalKey(family, partition_, prefix);
  const std::string begin = PhysicalKey(family, partition_, std::max(prefix, from));
  const auto cursor = store_.NewCursor(begin, EndOf(physical_prefix));
  cursor->Seek(begin);
  for (; cursor->Valid() && cursor->key().starts_with(physical_prefix); cursor->Next()) {
    if (!visit(cursor->key().substr(kPrefixBytes), cursor->value())) return;
  }
}

std::optional<std::string> MergedRows::Get(uint16_t family, std::string_view key) const {
  for (int partition = 0; partition < partitions_; ++partition) {
    if (auto value = store_.Get(PhysicalKey(family, partition, key))) return value;
  }
  return std::nullopt;
}

void MergedRows::Scan(uint16_t family, std::string_view prefix, std::string_view from,
                      const Visitor& visit) const {
  std::vector<std::unique_ptr<Cursor>> cursors;
  std::vector<std::string> prefixes;
  for (int partition = 0; partition < partitions_; ++partition) {
    prefixes.push_back(PhysicalKey(family, partition, prefix));
    const std::string begin = PhysicalKey(family, partition, std::max(prefix, from));
    cursors.push_back(store_.NewCursor(begin, EndOf(prefixes.back())));
    cursors.back()->Seek(begin);
  }
  const auto live = [&](size_t i) {
    return cursors[i]->Valid() && cursors[i]->key().starts_with(prefixes[i]);
  };
  for (;;) {
    size_t least = cursors.size();
    for (size_t i = 0; i < cursors.size(); ++i) {
      if (!live(i)) continue;
      if (least == cursors.size() ||
          cursors[i]->key().substr(kPrefixBytes) < cursors[least]->key().substr(kPrefixBytes)) {
        least = i;
      }
    }
    if (least == cursors.size()) return;
    if (!visit(cursors[least]->key().substr(kPrefixBytes), cursors[least]->value())) return;
    cursors[least]->Next();
  }
}

std::optional<std::string> Overlay::Get(uint16_t family, std::string_view key) const {
  const auto found = changes_.find(PhysicalKey(family, partition_, key));
  if (found != changes_.end()) return found->second;
  return below_.Get(family, key);
}

void Overlay::Scan(uint16_t family, std::string_view prefix, std::string_view from,
                   const Visitor& visit) const {
  const std::string physical_prefix = PhysicalKey(family, partition_, prefix);
  auto mine = changes_.lower_bound(PhysicalKey(family, partition_, std::max(prefix, from)));
  const auto mine_live = [&] {
    return mine != changes_.end() && mine->first.starts_with(physical_prefix);
  };
  const auto mine_key = [&] { return std::string_view(mine->first).substr(kPrefixBytes); };
  bool stopped = false;
  below_.Scan(family, prefix, from, [&](std::string_view key, std::string_view value) {
    while (mine_live() && mine_key() < key) {
      if (mine->second && !visit(mine_key(), *mine->second)) return stopped = true, false;
      ++mine;
    }
    if (mine_live() && mine_key() == key) {
      const bool go_on = !mine->second || visit(key, *mine->second);
      ++mine;
      return go_on || (stopped = true, false);
    }
    return visit(key, value) || (stopped = true, false);
  });
  for (; !stopped && mine_live(); ++mine) {
    if (mine->second && !visit(mine_key(), *mine->second)) return;
  }
}

void Overlay::Put(uint16_t family, std::string_view key, std::string value) {
  bytes_ += key.size() + value.size();
  changes_.insert_or_assign(PhysicalKey(family, partition_, key), std::move(value));
}

void Overlay::Delete(uint16_t family, std::string_view key) {
  bytes_ += key.size();
  changes_.insert_or_assign(PhysicalKey(family, partition_, key), std::nullopt);
}

void Overlay::MergeInto(Overlay& step) {
  step.bytes_ += bytes_;
  changes_.merge(step.changes_);  // keeps ours where both have a key
  step.changes_.swap(changes_);
  changes_.clear();
  bytes_ = 0;
}

}  // namespace wanmi::store
