// follow.cc: a host that shares its services with others. For each partition one process decides;
// all of them fold it, so that each can answer and each can take over.
#include <algorithm>

#include "base/log.h"
#include "runtime/host.h"

namespace wanmi::runtime {
namespace {

constexpr std::chrono::seconds kBehindMost{5};   // a reader that has not seen the end is not ready
constexpr std::chrono::seconds kLeaveAfter{60};  // who is behind for so long owns nothing
constexpr std::chrono::seconds kFoldAgain{1};    // what could not be folded

}  // namespace

// Everything is folded once before anything is owned: who joins late is of no use to anybody.
base::Status Host::FollowAll() {
  journal_.OnGrowth([this](const journal::Slice& slice) {
    if (!lanes_.empty()) Wake(LaneOf(static_cast<size_t>(slice.partition)));
  });
  RETURN_IF_ERROR(InLanes([&](Served& served, size_t p) -> base::Status {
    Partition& partition = *served.partitions[p];
    const auto folded = partition.Follow();
    NoteFolded(partition, folded.status());
    if (!folded.ok()) return partition.outgrown() ? base::Status() : folded.status();
    RETURN_IF_ERROR(partition.CheckFolded());
    base::Log(base::Level::kInfo, "partition.followed",
              {{"service", served.definition.name},
               {"partition", p},
               {"seq", partition.seq()},
               {"folded", *folded ? "yes" : "nothing new"}});
    return {};
  }));
  // Where they were taken up to is known now, also of our own slices that partitions listen to.
  RETURN_IF_ERROR(
      InLanes([](Served& served, size_t p) { return served.partitions[p]->FollowUpstreams(); }));
  const auto until = clock_.Steady() + journal::kCatchUpMost;
  RETURN_IF_ERROR(InLanes([&](Served& served, size_t p) {
    served.partitions[p]->AwaitFollowed(until);
    return base::Status();
  }));
  for (auto& served : served_) {
    if (!served->definition.memory_view) continue;
    served->memory = served->definition.memory_view();
    served->memory->Rebuild(*served->all);
  }
  ++rulebook_changes_;
  for (auto& lane : lanes_) LookAtLevel(*lane);
  LookWhetherWilling();
  return {};
}

std::vector<Hint> Host::Hints() const {
  std::vector<Hint> all;
  for (const auto& served : served_) {
    for (const auto& partition : served->partitions) {
      auto hints = partition->Hints();
      std::move(hints.begin(), hints.end(), std::back_inserter(all));
    }
  }
  return all;
}

base::Status Host::FollowsAllClosely() const {
  for (const auto& served : served_) {
    for (const auto& partition : served->partitions) {
      if (!partition->open()) RETURN_IF_ERROR(FollowsClosely(*partition));
    }
  }
  return {};
}

void Host::LookWhetherWilling() {
  if (!options_.ownership) return;
  const auto now = clock_.Steady();
  const base::Status closely = FollowsAllClosely();
  if (closely.ok()) followed_closely_at_ = now;
  const base::Status reads = ReadsEnough();
  const bool willing = reads.ok() && now - followed_closely_at_ < kLeaveAfter;
  if (willing != willing_) {
    base::Log(base::Level::kWarning, willing ? "host.willing" : "host.unwilling",
              {{"reason", reads.ok() ? closely.message() : reads.message()}});
  }
  willing_ = willing;
  options_.ownership->SetWilling(willing);
}

bool Host::IsOurs(const Served& served, size_t p, const Ownership::Assigned& assigned) const {
  if (options_.only_followed.count(served.definition.name) > 0) return false;
  return !options_.ownership || assigned.partitions.count(static_cast<int>(p)) > 0;
}

// Whoever was given it and given it back in between two looks of ours has left a fence.
bool Host::IsDeposed(const Partition& partition) const {
  if (OwnsAll()) return false;
  const auto fence = journal_.LastFence(partition.slice());
  return fence.ok() && fence->epoch() > partition.epoch();
}

bool Host::Turn(Lane& lane, Served& served, size_t p, const Ownership::Assigned& assigned) {
  Partition& partition = *served.partitions[p];
  // What came while it was being closed, or an append was on its way that turned out to be fenced:
  // nobody else would answer it, and a server that shuts down waits for that.
  if (!OwnsAll() && !partition.open() && partition.inbox_size() > 0)
    partition.RefuseWaiting(DecidedHere(partition));
  const base::Status reads = ReadsEnough();
  // A fence before entries that are not read here would only disturb who reads them.
  const bool ours = reads.ok() && !partition.outgrown() && IsOurs(served, p, assigned);
  if (ours && partition.open() && !IsDeposed(partition)) return false;
  if (ours && !partition.open()) {
    // On a look later than its last close: what was said before that is of no use.
    if (!options_.ownership || assigned.look > lane.backoffs[&partition].closed_at_look)
      Reopen(lane, served, p);
    return partition.open();
  }
  if (partition.open()) {
    partition.Close(base::Unavailable("{} moves to another process; send it again with the same id",
                                      journal::ToString(partition.slice())));
    lane.backoffs[&partition].closed_at_look = assigned.look;
    base::Log(reads.ok() ? base::Level::kInfo : base::Level::kError, "partition.given_up",
              {{"service", served.definition.name},
               {"partition", p},
               {"reason", reads.ok() ? "it was given to another" : reads.message()}});
  }
  return !OwnsAll() && FoldNew(lane, served, p);
}

// For Ready(), and for the log where it is new.
void Host::NoteFolded(const Partition& partition, const base::Status& status) {
  const std::lock_guard lock(not_folded_mutex_);
  if (status.ok()) {
    not_folded_.erase(&partition);
  } else if (not_folded_.insert_or_assign(&partition, status).second) {
    base::Log(base::Level::kError, "partition.not_folded",
              {{"service", partition.slice().service},
               {"partition", partition.slice().partition},
               {"reason", status.ToString()}});
  }
}

base::Status Host::WhyNotFolded(const Partition& partition) const {
  const std::lock_guard lock(not_folded_mutex_);
  const auto found = not_folded_.find(&partition);
  return found == not_folded_.end() ? base::Status()
                                    : base::Unavailable("{}", found->second.message());
}

bool Host::FoldNew(Lane& lane, Served& served, size_t p) {
  Partition& partition = *served.partitions[p];
  auto& held_until = lane.folding_held[&partition];
  if (clock_.Steady() < held_until) return false;
  const auto folded = partition.FoldNew();
  if (!folded.ok() || held_until != std::chrono::steady_clock::time_point()) {
    NoteFolded(partition, folded.status());
    held_until =
        folded.ok() ? std::chrono::steady_clock::time_point() : clock_.Steady() + kFoldAgain;
  }
  if (!folded.ok() && served.definition.name == kRulebook) ++rulebook_changes_;
  if (!folded.ok()) return false;
  if (!*folded) return false;
  if (served.definition.name == kRulebook) ++rulebook_changes_;
  if (served.memory) {
    const std::lock_guard lock(served.memory_mutex);
    if (partition.touched().empty()) served.memory->Rebuild(*served.all);
    for (const auto& stream : partition.touched()) served.memory->Fold(stream, *served.each[p]);
  }
  { const std::lock_guard lock(commit_mutex_); }
  committed_.notify_all();
  return true;
}

base::Status Host::DecidedHere(const Partition& partition) const {
  if (OwnsAll() || partition.open()) return {};
  return base::Unavailable("{} is not decided by this process; send it again with the same id",
                           journal::ToString(partition.slice()));
}

bool Host::DecidesAny() const {
  for (const auto& served : served_) {
    for (const auto& partition : served->partitions) {
      if (!partition->open()) continue;
      const auto fence = journal_.LastFence(partition->slice());
      if (fence.ok() && fence->instance() == options_.instance) return true;
    }
  }
  return false;
}

base::Status Host::ReferencesAreFresh() const {
  if (OwnsAll()) return {};
  for (const auto& served : served_) {
    if (!served->definition.reference || served->partitions[0]->open()) continue;
    RETURN_IF_ERROR(WhyNotFolded(*served->partitions[0]));
    const auto& slice = served->partitions[0]->slice();
    if (journal_.SeenToEnd(slice) < clock_.Steady() - kReferenceMost) {
      return base::Unavailable("{} was not read to its end for {} s, so nothing is decided by it",
                               journal::ToString(slice), kReferenceMost.count());
    }
  }
  return {};
}

base::Status Host::FollowsClosely(const Partition& partition) const {
  RETURN_IF_ERROR(WhyNotFolded(partition));
  const auto& slice = partition.slice();
  if (journal_.SeenToEnd(slice) < clock_.Steady() - kBehindMost) {
    return base::Unavailable("{} was not read to its end for {} s", journal::ToString(slice),
                             kBehindMost.count());
  }
  ASSIGN_OR_RETURN(const int64_t end, journal_.LastSeq(slice));
  constexpr int64_t kEntriesMost = 10'000;
  if (end - partition.seq() > kEntriesMost) {
    return base::Unavailable("{} is folded up to seq {} of {}", journal::ToString(slice),
                             partition.seq(), end);
  }
  return {};
}

base::Result<std::string> Host::OwnerElsewhere(std::string_view service,
                                               std::string_view stream) const {
  ASSIGN_OR_RETURN(const Served* served, ServedHere(service));
  return OwnerElsewhere(service, PartitionFor(*served, stream));
}

base::Result<std::string> Host::OwnerElsewhere(std::string_view service, int p) const {
  ASSIGN_OR_RETURN(const Served* served, ServedHere(service));
  RETURN_IF_ERROR(HasPartition(*served, p));
  if (OwnsAll()) return std::string();
  const Partition& partition = *served->partitions[static_cast<size_t>(p)];
  if (partition.open()) return std::string();
  const auto fence = journal_.LastFence(partition.slice());
  if (!fence.ok() || fence->address().empty() || fence->instance() == options_.instance) {
    return base::Unavailable("nobody decides {} at the moment; try again in 100 ms",
                             journal::ToString(partition.slice()));
  }
  return fence->address();
}

}  // namespace wanmi::runtime
