#include "store/write_behind.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace wanmi::store {
namespace {

// What a row costs beside its bytes.
constexpr size_t kRowBytes = 64;
// Rows that are written again and again never fill a shard; a crash takes no more than these.
constexpr int kCommitsMost = 10'000;

size_t BytesOf(const Changes::value_type& row) {
  return kRowBytes + row.first.size() + (row.second ? row.second->size() : 0);
}

// Young rows as they were when it was made, over a cursor of the store below.
class YoungCursor final : public Cursor {
 public:
  using Rows = std::vector<Changes::value_type>;
  YoungCursor(std::unique_ptr<Cursor> below, Rows young)
      : below_(std::move(below)), young_(std::move(young)), at_(young_.end()) {}

  void Seek(std::string_view key) override {
    below_->Seek(key);
    at_ = std::lower_bound(young_.begin(), young_.end(), key,
                           [](const auto& row, std::string_view k) { return row.first < k; });
    Settle();
  }
  bool Valid() const override { return on_young_ || below_->Valid(); }
  void Next() override {
    if (on_young_) {
      PassYoung();
    } else {
      below_->Next();
    }
    Settle();
  }
  std::string_view key() const override {
    return on_young_ ? std::string_view(at_->first) : below_->key();
  }
  std::string_view value() const override {
    return on_young_ ? std::string_view(*at_->second) : below_->value();
  }

 private:
  // Also what it hides below.
  void PassYoung() {
    if (below_->Valid() && below_->key() == at_->first) below_->Next();
    ++at_;
  }
  void Settle() {
    for (on_young_ = false; at_ != young_.end(); PassYoung()) {
      if (below_->Valid() && below_->key() < at_->first) return;
      on_young_ = at_->second.has_value();
      if (on_young_) return;
    }
  }

  const std::unique_ptr<Cursor> below_;
  const Rows young_;
  Rows::const_iterator at_;
  bool on_young_ = false;
};

}  // namespace

WriteBehind::WriteBehind(std::unique_ptr<Store> below, size_t most)
    : below_(std::move(below)), most_(most), shards_(std::make_unique<Shards>()) {}

WriteBehind::~WriteBehind() {
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    if (shard.young.empty()) continue;
    if (const auto status = Empty(shard); !status.ok())
      base::Log(base::Level::kWarning, "store.tail_lost", {{"reason", status.ToString()}});
  }
}

WriteBehind::Shard& WriteBehind::ShardOf(std::string_view key) const {
  return (*shards_)[static_cast<size_t>(PartitionOfKey(key)) % shards_->size()];
}

std::optional<std::string> WriteBehind::Get(std::string_view key) const {
  {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.young.find(key); found != shard.young.end()) return found->second;
  }
  return below_->Get(key);
}

std::unique_ptr<Cursor> WriteBehind::NewCursor(std::string_view begin, std::string_view end) const {
  const bool of_one = begin.size() >= kPrefixBytes && !end.empty() &&
                      end <= EndOf(std::string(begin.substr(0, kPrefixBytes)));
  if (!of_one) return CursorOverAll();
  Shard& shard = ShardOf(begin);
  const std::lock_guard lock(shard.mutex);
  auto below = below_->NewCursor(begin, end);
  if (begin >= end) return below;  // whoever scans may begin behind its prefix
  YoungCursor::Rows young(shard.young.lower_bound(begin), shard.young.lower_bound(end));
  if (young.empty()) return below;
  return std::make_unique<YoungCursor>(std::move(below), std::move(young));
}

// For digests: rare enough to give everything below first. What that does not take is missing here,
// of each partition with the position that tells so.
std::unique_ptr<Cursor> WriteBehind::CursorOverAll() const {
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    (void)Empty(shard);
  }
  return below_->NewCursor("", "");
}

base::Status WriteBehind::Commit(std::span<const Changes* const> all) {
  for (const Changes* changes : all) RETURN_IF_ERROR(CommitOne(*changes));
  return {};
}

base::Status WriteBehind::CommitOne(const Changes& changes) {
  if (changes.empty()) return {};
  const std::string_view first = changes.begin()->first;
  CHECK(PartitionOfKey(first) == PartitionOfKey(changes.rbegin()->first),
        "a commit is of one partition");
  if (changes.size() * kRowBytes >= most_) {
    RETURN_IF_ERROR(MakeRoomFor(first));
    return Below(below_->Commit(changes));
  }
  Shard& shard = ShardOf(first);
  const std::lock_guard lock(shard.mutex);
  // Before it is taken: what is refused must not be seen.
  if (shard.bytes >= most_ || shard.commits >= kCommitsMost || refused_)
    RETURN_IF_ERROR(Empty(shard));
  for (const auto& row : changes) {
    const auto [at, added] = shard.young.try_emplace(row.first, row.second);
    if (!added) {
      shard.bytes -= BytesOf(*at);
      at->second = row.second;
    }
    shard.bytes += BytesOf(*at);
  }
  ++shard.commits;
  return {};
}

base::Status WriteBehind::Load(const Changes& changes) {
  if (changes.empty()) return {};
  RETURN_IF_ERROR(MakeRoomFor(changes.begin()->first));
  return Below(below_->Load(changes));
}

// What is to go below at once must not be hidden by older rows here. Nobody else commits rows of
// this partition, so readers of the shard need not wait for what follows.
base::Status WriteBehind::MakeRoomFor(std::string_view key) {
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  return Empty(shard);
}

base::Status WriteBehind::Empty(Shard& shard) const {
  if (refused_) return base::Unavailable("the store below took no rows before; start again");
  if (shard.young.empty()) return {};
  RETURN_IF_ERROR(Below(below_->Commit(shard.young)));
  shard.young.clear();
  shard.bytes = 0;
  shard.commits = 0;
  return {};
}

base::Status WriteBehind::Below(base::Status said) const {
  if (!said.ok()) refused_ = true;
  return said;
}

}  // namespace wanmi::store
