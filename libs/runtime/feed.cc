#include "runtime/feed.h"

#include <algorithm>

#include "runtime/kinds.h"

namespace wanmi::runtime {
namespace {
constexpr int kReadAhead = 64;
constexpr size_t kRunMax = 512;
}  // namespace

std::shared_ptr<const ParsedEntry> ParseEntry(std::string_view bytes,
                                              const google::protobuf::Message& event_prototype,
                                              int reads) {
  auto parsed = std::make_shared<ParsedEntry>();
  CHECK(parsed->entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
        "an entry of the journal can be parsed");
  for (const auto& change : parsed->entry.changes()) {
    auto& events = parsed->events.emplace_back();
    for (const auto& event_bytes : change.events()) {
      std::unique_ptr<google::protobuf::Message> event(event_prototype.New());
      CHECK(event->ParseFromString(event_bytes), "an event of the journal can be parsed");
      HideAbove(reads, event.get());
      if (HasKind(*event)) {
        parsed->stops_listeners |= parsed->entry.level() > reads;
      } else {
        parsed->unknown_event = true;
        parsed->stops_listeners |= !MayPassOver(*event);
      }
      events.push_back(std::move(event));
    }
  }
  return parsed;
}

std::shared_ptr<const ParsedEntry> Feed::Tail::Run::Find(int64_t seq) const {
  if (seq < first_seq || seq >= end()) return nullptr;
  return entries[static_cast<size_t>(seq - first_seq)];
}

// Keeps a run without gaps: what does not follow begins a new one.
void Feed::Tail::Run::Add(int64_t seq, std::shared_ptr<const ParsedEntry> entry) {
  if (seq != end()) {
    entries.clear();
    first_seq = seq;
  }
  entries.push_back(std::move(entry));
  while (entries.size() > kRunMax) {
    entries.pop_front();
    ++first_seq;
  }
}

// Never back: another thread may have handed over more since the end was looked at.
void Feed::Tail::Grow(int64_t seq) {
  int64_t known = last_seq_.load();
  while (known < seq && !last_seq_.compare_exchange_weak(known, seq)) {
  }
}

int64_t Feed::Tail::Backlog() const {
  int64_t most = 0;
  for (const Reader& reader : readers_) {
    if (!reader.held.load()) most = std::max(most, last_seq() - reader.taken.load());
  }
  return most;
}

Feed::Tail* Feed::Watch(const journal::Slice& slice,
                        const google::protobuf::Message& event_prototype) {
  Tail& tail = tails_[slice];
  tail.slice_ = slice;
  tail.event_ = &event_prototype;
  return &tail;
}

Feed::Tail* Feed::Find(const journal::Slice& slice) {
  const auto found = tails_.find(slice);
  return found == tails_.end() ? nullptr : &found->second;
}

void Feed::Refresh() {
  for (auto& [slice, tail] : tails_) {
    if (const auto end = journal_.LastSeq(slice); end.ok()) tail.Grow(*end);
  }
}

void Feed::Offer(Tail& tail, std::shared_ptr<const ParsedEntry> entry) {
  const int64_t seq = entry->entry.seq();
  const std::lock_guard lock(tail.mutex_);
  tail.Grow(seq);
  tail.recent_.Add(seq, std::move(entry));
}

base::Result<std::shared_ptr<const ParsedEntry>> Feed::Next(Tail& tail, int64_t after) {
  const std::lock_guard lock(tail.mutex_);
  if (auto entry = tail.recent_.Find(after + 1)) return entry;
  if (auto entry = tail.older_.Find(after + 1)) return entry;
  if (after >= tail.last_seq_.load()) return std::shared_ptr<const ParsedEntry>();
  int taken = 0;
  RETURN_IF_ERROR(journal_.Read(tail.slice_, after, [&](int64_t seq, std::string_view bytes) {
    tail.older_.Add(seq, ParseEntry(bytes, *tail.event_, reads_));
    return ++taken < kReadAhead;
  }));
  return tail.older_.Find(after + 1);
}

}  // namespace wanmi::runtime
