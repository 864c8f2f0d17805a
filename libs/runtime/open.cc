// open.cc: fence, replay the rest, go on. The one recovery path.
#include <algorithm>

#include "base/log.h"
#include "base/mutants.h"
#include "rules/level.h"
#include "runtime/partition.h"

namespace wanmi::runtime {
namespace {
constexpr size_t kReplayCommitBytes = 1 << 20;
constexpr size_t kReplayStreams = 1'000;
constexpr int64_t kBulkEntries = 20'000;
constexpr size_t kBulkBytes = 64 << 20;
constexpr size_t kBulkStreams = 20'000;
constexpr std::chrono::milliseconds kLookLeast{100};
}  // namespace

Partition::Partition(const rules::Definition& definition, int index, Surroundings surroundings)
    : definition_(definition),
      index_(index),
      slice_{definition.name, index},
      kinds_(*definition.event->GetDescriptor()),
      around_(std::move(surroundings)),
      stored_(around_.store, index),
      warm_(definition) {
  for (const auto& [upstream, listener] : definition_.listens) {
    const bool self = upstream == definition_.name;
    // Partition p reads only partition p of each upstream; only On<Self> reads all of them.
    for (int p = 0; p < around_.city.partitions; ++p) {
      if (!self && p != index_) continue;
      const journal::Slice slice{upstream, p};
      Feed::Tail* tail = around_.feed.Watch(slice, *listener.event);
      upstreams_.push_back({slice, &listener, tail, 0, 0, 0, {}, tail->AddReader()});
    }
  }
}

base::Status Partition::LoadPosition() {
  position_ = kPosition.Get(stored_, "").value_or(rows::Position());
  if (position_.journal_id().empty()) {
    position_.set_journal_id(around_.city.journal_id);
    position_.set_hash(journal::GenesisHash());
  }
  bool ours = position_.journal_id() == around_.city.journal_id;
  if (ours && position_.seq() > 0 && position_.incarnation() != around_.city.incarnation) {
    // Folded before the city was restored: it will do if the journal still has what it folded last.
    ours = false;
    RETURN_IF_ERROR(
        around_.journal.Read(slice_, position_.seq() - 1, [&](int64_t seq, std::string_view bytes) {
          ours = seq == position_.seq() && journal::ChainHash(bytes) == position_.hash();
          return false;
        }));
  }
  if (!ours) {
    return base::FailedPrecondition(
        "the store of {} is of journal {} (incarnation {}), the city's is {} ({}); delete the "
        "store's "
        "folder",
        journal::ToString(slice_), position_.journal_id(), position_.incarnation(),
        around_.city.journal_id, around_.city.incarnation);
  }
  return {};
}

// Of the store and of others, the one that is nearest to `seq`.
std::string Partition::BestHint(const journal::Slice& slice, int64_t seq) const {
  Hint best;
  const auto look = [&](int64_t at, const std::string& hint) {
    if (at <= seq && at > best.seq) best = {slice, at, hint};
  };
  if (const auto known = kHints.Get(stored_, journal::ToString(slice)))
    look(known->seq(), known->hint());
  for (const Hint& hint : around_.hints) {
    if (hint.slice == slice) look(hint.seq, hint.hint);
  }
  return best.hint;
}

base::Result<bool> Partition::Follow() {
  RETURN_IF_ERROR(LoadPosition());
  const int64_t after = position_.seq();
  committed_seq_ = after;
  return Folded(Fold(after == 0, std::nullopt, [&](const journal::Journal::Visitor& visit) {
    return around_.journal.ReadAndFollow(slice_, after, BestHint(slice_, after), visit);
  }));
}

base::Status Partition::FollowUpstreams() {
  RestoreCursors();  // of what was folded
  for (const Upstream& upstream : upstreams_) {
    RETURN_IF_ERROR(around_.journal.Follow(upstream.slice, upstream.taken,
                                           BestHint(upstream.slice, upstream.taken)));
  }
  if (position_.seq() == 0) return {};  // no rows: not even a position
  store::Overlay rows(stored_, index_);
  RememberHints(rows);  // those of others are ours now
  return around_.store.Commit(rows.changes());
}

void Partition::AwaitFollowed(std::chrono::steady_clock::time_point until) {
  const auto await = [&](const journal::Slice& slice) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - around_.clock.Steady());
    const base::Status read = around_.journal.CatchUp(slice, std::max(left, kLookLeast));
    if (read.ok()) return;
    base::Log(base::Level::kWarning, "slice.not_read",
              {{"for", journal::ToString(slice_)}, {"reason", read.ToString()}});
  };
  for (const Upstream& upstream : upstreams_) await(upstream.slice);
  await(slice_);  // it has grown since
}

std::vector<Hint> Partition::Hints() const {
  std::vector<Hint> hints;
  const auto position = kPosition.Get(stored_, "").value_or(rows::Position());
  for (const auto& cursor : position.cursors()) {
    const journal::Slice slice{cursor.service(), cursor.partition()};
    std::string hint = around_.journal.HintAt(slice, cursor.seq());
    if (!hint.empty()) hints.push_back({slice, cursor.seq(), std::move(hint)});
  }
  return hints;
}

void Partition::RememberHints(base::RowWriter& rows) const {
  const auto remember = [&](const journal::Slice& slice, int64_t seq) {
    rows::Hint hint;
    hint.set_seq(seq);
    hint.set_hint(around_.journal.HintAt(slice, seq));
    if (!hint.hint().empty()) kHints.Put(rows, journal::ToString(slice), hint);
  };
  remember(slice_, position_.seq());
  for (const auto& cursor : position_.cursors())
    remember({cursor.service(), cursor.partition()}, cursor.seq());
}

base::Status Partition::CheckEnd(int64_t last_seq) const {
  if (position_.seq() <= last_seq) return {};
  return base::FailedPrecondition(
      "the store of {} is at seq {}, beyond its journal's end at seq {}; the journal has lost "
      "entries, or the store is of another one",
      journal::ToString(slice_), position_.seq(), last_seq);
}

base::Status Partition::CheckIncarnation() const {
  if (position_.incarnation() == around_.city.incarnation) return {};
  return base::FailedPrecondition(
      "the journal of {} is of incarnation {}, the city's is {}; give the city the identity that "
      "belongs to its journal",
      journal::ToString(slice_), position_.incarnation(), around_.city.incarnation);
}

base::Status Partition::CheckFolded() const {
  ASSIGN_OR_RETURN(const int64_t last_seq, around_.journal.LastSeq(slice_));
  RETURN_IF_ERROR(CheckEnd(last_seq));
  // Of nothing folded yet nothing is known, also if another process has begun the journal since.
  return position_.seq() == 0 ? base::Status() : CheckIncarnation();
}

base::Result<bool> Partition::FoldNew() {
  ASSIGN_OR_RETURN(const int64_t last_seq, around_.journal.LastSeq(slice_));
  if (last_seq <= position_.seq()) {
    outgrown_ = false;
    touched_.clear();
    return false;
  }
  ASSIGN_OR_RETURN(const bool folded, Folded(Replay(last_seq)));
  RETURN_IF_ERROR(CheckIncarnation());
  return folded;
}

base::Result<bool> Partition::Folded(const base::Status& status) {
  const int64_t before = committed_seq_;
  ShowPosition();
  RETURN_IF_ERROR(status);
  return position_.seq() > before;
}

void Partition::Close(const base::Status& why) {
  open_ = false;
  ShowTaken();
  RefuseWaiting(why);
}

base::Status Partition::FoldOnly(std::optional<int64_t> until) {
  RETURN_IF_ERROR(LoadPosition());
  ASSIGN_OR_RETURN(const int64_t last_seq, around_.journal.LastSeq(slice_));
  return Replay(until.value_or(last_seq));
}

base::Status Partition::Open() {
  open_ = false;
  ShowTaken();
  warm_.Clear();
  touched_.clear();
  RETURN_IF_ERROR(LoadPosition());
  wanmi::journal::v1::Fence fence;
  fence.set_instance(around_.instance);
  fence.set_address(around_.address);
  fence.set_level(around_.reads);
  ASSIGN_OR_RETURN(const journal::Opened opened, around_.journal.Open(slice_, fence));
  writer_ = opened.writer;
  RETURN_IF_ERROR(CheckEnd(opened.last_seq));
  RETURN_IF_ERROR(Replay(opened.last_seq));
  if (opened.last_seq == 0) RETURN_IF_ERROR(AppendGenesis());
  RETURN_IF_ERROR(CheckIncarnation());
  RestoreCursors();
  ShowPosition();
  for (const Upstream& upstream : upstreams_) {
    ASSIGN_OR_RETURN(const int64_t end, around_.journal.LastSeq(upstream.slice));
    if (upstream.taken > end) {
      return base::FailedPrecondition(
          "{} has taken {} up to seq {}, beyond that journal's end at seq {}",
          journal::ToString(slice_), journal::ToString(upstream.slice), upstream.taken, end);
    }
  }
  if (around_.unclean && !around_.mark_file.empty() && !mark_) {
    ASSIGN_OR_RETURN(InputMark mark, InputMark::Open(around_.mark_file));
    mark_ = std::make_unique<InputMark>(std::move(mark));
  }
  own_tail_ = around_.feed.Find(slice_);
  next_due_ = base::FromMicros(0);  // look at the timers and at the messages once
  timers_held_until_ = {};
  outbox_.clear();
  outbox_whole_ = false;
  deliveries_.clear();
  open_ = true;
  ShowTaken();
  return {};
}

base::Status Partition::FoldParsed(base::RowWriter& rows, Streams& streams,
                                   const ParsedEntry& parsed, std::string_view bytes,
                                   std::set<std::string>* touched) {
  const Entry& entry = parsed.entry;
  if (entry.seq() != position_.seq() + 1 || entry.prev() != position_.hash()) {
    return base::DataLoss(
        "the chain of {} breaks at seq {}: expected seq {} after the entry before it",
        journal::ToString(slice_), entry.seq(), position_.seq() + 1);
  }
  // A field of a higher level would be overlooked, and missing from the rows for ever.
  if (parsed.unknown_event || entry.level() > around_.reads) {
    outgrown_ = true;
    return base::FailedPrecondition(
        "{} has an event at seq {}, written at level {}, that this binary does not know; it reads "
        "up to level {}: run a newer one",
        journal::ToString(slice_), entry.seq(), entry.level(), around_.reads);
  }
  if (entry.has_genesis()) RETURN_IF_ERROR(CheckGenesis(entry.genesis()));
  int index = 0;
  std::string number;
  for (int c = 0; c < entry.changes_size(); ++c) {
    const auto& events = parsed.events[static_cast<size_t>(c)];
    FoldChange(rows, streams, entry, index, entry.changes(c).stream(), events, &number, touched);
    index += static_cast<int>(events.size());
  }
  FoldRest(rows, streams, entry, number);
  MovePosition(position_, entry, bytes);
  return {};
}

base::Status Partition::CheckGenesis(const wanmi::journal::v1::Genesis& genesis) const {
  const City& city = around_.city;
  const int partitions = definition_.reference ? 1 : city.partitions;
  if (genesis.city() == city.name && genesis.journal_id() == city.journal_id &&
      genesis.service() == slice_.service && genesis.partition() == index_ &&
      genesis.partitions() == partitions) {
    return {};
  }
  return base::FailedPrecondition(
      "expected the journal of {} to be of city {}, journal {}, {} partitions, found slice {}/{} "
      "of "
      "{}, journal {}, {} partitions; see that the configuration and the folder belong together",
      journal::ToString(slice_), city.name, city.journal_id, partitions, genesis.service(),
      genesis.partition(), genesis.city(), genesis.journal_id(), genesis.partitions());
}

base::Status Partition::Replay(int64_t last_seq) {
  if (position_.seq() >= last_seq) return {};
  const bool bulk = last_seq - position_.seq() > kBulkEntries;
  return Fold(bulk, last_seq, [&](const journal::Journal::Visitor& visit) {
    return around_.journal.Read(slice_, position_.seq(), visit);
  });
}

base::Status Partition::Fold(bool much, std::optional<int64_t> until, const Reading& read) {
  const base::Status status = FoldAndCommit(much, until, read);
  if (!status.ok()) RETURN_IF_ERROR(LoadPosition());  // what was not committed is not folded
  return status;
}

// Far behind, it goes another road than live: states stay decoded, rows are gathered and sorted in
// memory, where most of what is written and deleted again meets, and loaded in bulk.
base::Status Partition::FoldAndCommit(bool much, std::optional<int64_t> until,
                                      const Reading& read) {
  bool bulk = much;  // or it turns out to be
  outgrown_ = false;
  touched_.clear();
  store::Overlay rows(stored_, index_);
  Streams streams(definition_);
  base::Status broken;
  const int64_t after = position_.seq();
  const auto write = [&]() -> base::Status {
    streams.Write(rows);
    streams.Clear();
    kPosition.Put(rows, "", position_);
    RememberHints(rows);
    if (bulk) touched_.clear();  // so many that a memory view is better built anew
    RETURN_IF_ERROR(bulk && rows.bytes() > kReplayCommitBytes
                        ? around_.store.Load(rows.changes())
                        : around_.store.Commit(rows.changes()));
    rows.Clear();
    return {};
  };
  RETURN_IF_ERROR(read([&](int64_t, std::string_view bytes) {
    broken = FoldParsed(rows, streams, *ParseEntry(bytes, *definition_.event, around_.reads), bytes,
                        bulk ? nullptr : &touched_);
    bulk = bulk || position_.seq() - after > kBulkEntries;
    if (broken.ok() && (rows.bytes() > (bulk ? kBulkBytes : kReplayCommitBytes) ||
                        streams.size() > (bulk ? kBulkStreams : kReplayStreams))) {
      broken = write();
    }
    return broken.ok() && (!until || position_.seq() < *until);
  }));
  // What comes before is kept: the level of the city may be in it.
  if (outgrown_ && !broken.ok()) RETURN_IF_ERROR(write());
  RETURN_IF_ERROR(broken);
  if (until && position_.seq() < *until && !MUTANT(kNoSeqCheck) && !MUTANT(kNoEpochCheck)) {
    return base::DataLoss("{} could be read up to seq {} of {}", journal::ToString(slice_),
                          position_.seq(), *until);
  }
  if (position_.seq() == after) return {};
  return write();  // also if only the position moved: a digest must not tell replay from live
}

base::Status Partition::AppendGenesis() {
  Entry entry;
  entry.set_seq(1);
  entry.set_prev(journal::GenesisHash());
  entry.set_at_us(base::ToMicros(Now()));
  entry.set_level(rules::LevelAt(around_.documents, base::FromMicros(entry.at_us())));
  auto& genesis = *entry.mutable_genesis();
  genesis.set_city(around_.city.name);
  genesis.set_service(slice_.service);
  genesis.set_partition(index_);
  genesis.set_partitions(definition_.reference ? 1 : around_.city.partitions);
  genesis.set_journal_id(around_.city.journal_id);
  genesis.set_incarnation(around_.city.incarnation);
  const journal::Batch batch{writer_, 1, journal::GenesisHash(), {entry.SerializeAsString()}};
  const auto appended = around_.journal.Append({&batch, 1}).front();
  if (appended.outcome != journal::Outcome::kOk) {
    return base::Unavailable("the genesis of {} could not be written: {}",
                             journal::ToString(slice_), appended.why);
  }
  return Replay(1);
}

void Partition::RestoreCursors() {
  for (Upstream& upstream : upstreams_) {
    upstream.taken = upstream.written = 0;
    upstream.silent = 0;
    upstream.held_until = {};
    if (MUTANT(kNoCursor)) continue;
    for (const auto& cursor : position_.cursors()) {
      if (cursor.service() == upstream.slice.service &&
          cursor.partition() == upstream.slice.partition) {
        upstream.taken = upstream.written = cursor.seq();
      }
    }
  }
}

}  // namespace wanmi::runtime
