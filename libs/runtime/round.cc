// round.cc: a round of one lane: open what is closed, take steps, append, commit, answer, send.
#include <algorithm>
#include <limits>

#include "base/log.h"
#include "base/mutants.h"
#include "rules/level.h"
#include "runtime/host.h"

namespace wanmi::runtime {
namespace {

constexpr int kAttemptsMax = 8;
constexpr std::chrono::milliseconds kSendAgain{250};  // doubled with each attempt
constexpr int kNoticesMax = 64;

}  // namespace

void Host::Reopen(Lane& lane, Served& served, size_t p) {
  Partition& partition = *served.partitions[p];
  Backoff& backoff = lane.backoffs[&partition];
  if (clock_.Steady() < backoff.until) return;
  const base::Status status = partition.Open();
  if (status.ok()) {
    backoff = {};
    if (served.definition.name == kRulebook) ++rulebook_changes_;
    if (served.memory) {
      const std::lock_guard lock(served.memory_mutex);
      served.memory->Rebuild(*served.all);
    }
    base::Log(
        base::Level::kInfo, "partition.opened",
        {{"service", served.definition.name}, {"partition", p}, {"epoch", partition.epoch()}});
    if (options_.metrics)
      options_.metrics->Epoch(served.definition.name, static_cast<int>(p), partition.epoch());
    return;
  }
  const auto wait = std::chrono::milliseconds(50) * (1 << std::min(backoff.tries++, 5));
  backoff.until =
      clock_.Steady() + std::min<std::chrono::milliseconds>(wait, std::chrono::seconds(2));
  base::Log(base::Level::kError, "partition.not_opened",
            {{"service", served.definition.name}, {"partition", p}, {"reason", status.ToString()}});
  backoff.closed_at_look = options_.ownership ? options_.ownership->Now().look : 0;
  if (options_.in_doubt) options_.in_doubt(status.ToString());
}

bool Host::MayWrite(Lane& lane) {
  const base::Status room = Room();
  if (room.ok()) return true;
  for (const auto& [served, p] : lane.partitions) served->partitions[p]->RefuseWaiting(room);
  return false;
}

void Host::LookAtLevel(Lane& lane) {
  // Rows that others give may have changed without a word.
  if (const int64_t changes = rulebook_changes_;
      changes != lane.rulebook_seen || options_.rulebook) {
    lane.documents->Refresh();
    lane.rulebook_seen = changes;
  }
  const int level = rules::LevelAt(*lane.documents, clock_.Now());
  int known = level_;
  while (known < level && !level_.compare_exchange_weak(known, level)) {
  }
}

base::Status Host::ReadsEnough() const {
  if (level_ <= options_.reads) return {};
  return base::FailedPrecondition(
      "reads level {}, the city is at level {}: install the version that reads {}", options_.reads,
      level_.load(), level_.load());
}

bool Host::Pump() {
  bool any = false;
  for (auto& lane : lanes_) any |= Round(*lane);
  return any;
}

bool Host::Round(Lane& lane) {
  feed_.Refresh();
  LookAtLevel(lane);
  if (!MayWrite(lane)) return false;
  const auto assigned = options_.ownership ? options_.ownership->Now() : Ownership::Assigned();
  const base::Status fresh = ReferencesAreFresh();
  std::vector<PartitionAt> steps;
  bool moved = false;  // silent entries too: a backlog of them is work, and not a reason to rest
  for (const auto& [served, p] : lane.partitions) {
    Partition& partition = *served->partitions[p];
    moved |= Turn(lane, *served, p, assigned);
    if (!partition.open()) continue;
    if (!fresh.ok()) {
      partition.RefuseWaiting(fresh);
      continue;
    }
    if (!partition.HasWork()) continue;
    const auto started = clock_.Steady();
    if (partition.Prepare()) steps.emplace_back(served, p);
    moved |= partition.inputs_taken() > 0;
    if (options_.metrics)
      options_.metrics->Decided(served->definition.name, Seconds(clock_.Steady() - started));
  }
  const bool appended = AppendAndFinish(steps);
  const bool sent = options_.outlet && SendNotices(lane);
  return moved || appended || sent;
}

std::vector<journal::Appended> Host::Append(const std::vector<journal::Batch>& batches) {
  if (batches.empty()) return {};
  if (options_.before_append && !MUTANT(kNoKeySync)) {
    if (const auto durable = options_.before_append(); !durable.ok())
      return std::vector<journal::Appended>(batches.size(),
                                            {journal::Outcome::kUnknown, 0, durable.ToString()});
  }
  const auto started = clock_.Steady();
  auto answers = journal_.Append(batches);
  if (MUTANT(kOneStatusForBatch)) answers.assign(batches.size(), answers.front());
  if (options_.metrics) {
    size_t entries = 0;
    for (const auto& batch : batches) entries += batch.entries.size();
    options_.metrics->Appended(Seconds(clock_.Steady() - started), static_cast<int>(entries));
  }
  return answers;
}

bool Host::AppendAndFinish(const std::vector<PartitionAt>& steps) {
  if (steps.empty()) return false;
  std::vector<journal::Batch> batches;
  for (const auto& [served, p] : steps) {
    const auto& batch = served->partitions[p]->batch();
    if (!batch.entries.empty()) batches.push_back(batch);
  }
  const auto answers = Append(batches);
  for (const auto& answer : answers) {
    if (answer.outcome == journal::Outcome::kUnknown && options_.in_doubt)
      options_.in_doubt(answer.why);
  }
  size_t next = 0;
  // Steps are in order of their services: one commit each.
  for (size_t begin = 0; begin < steps.size();) {
    Served& served = *steps[begin].first;
    std::vector<journal::Appended> appended;
    std::vector<const store::Changes*> changes;
    size_t end = begin;
    for (; end < steps.size() && steps[end].first == &served; ++end) {
      Partition& partition = *served.partitions[steps[end].second];
      appended.push_back(partition.batch().entries.empty()
                             ? journal::Appended{journal::Outcome::kOk, 0, ""}
                             : answers[next++]);
      if (appended.back().outcome != journal::Outcome::kOk) continue;
      if (const auto* some = partition.ToCommit()) changes.push_back(some);
    }
    const base::Status committed = changes.empty() ? base::Status() : served.store->Commit(changes);
    if (!committed.ok() && options_.in_doubt) options_.in_doubt(committed.ToString());
    for (size_t i = begin; i < end; ++i) {
      FinishOne(served, steps[i].second, appended[i - begin], committed);
    }
    begin = end;
  }
  { const std::lock_guard lock(commit_mutex_); }  // nobody is between its look and its wait
  committed_.notify_all();
  // Lanes whose On<Self> reads these entries too find them when they look next: most cause nothing
  // there, and to wake all lanes for each costs more than the wait of some milliseconds.
  return true;
}

void Host::FinishOne(Served& served, size_t p, const journal::Appended& appended,
                     const base::Status& committed) {
  Partition& partition = *served.partitions[p];
  partition.Finish(appended, committed);
  if (served.definition.name == kRulebook) ++rulebook_changes_;
  if (served.memory && !partition.touched().empty()) {
    const std::lock_guard lock(served.memory_mutex);
    for (const auto& stream : partition.touched()) served.memory->Fold(stream, *served.each[p]);
  }
  if (!partition.open()) {
    const auto look = options_.ownership ? options_.ownership->Now().look : 0;
    const bool for_good = MUTANT(kFencedForGood) && appended.outcome == journal::Outcome::kFenced;
    LaneOf(p).backoffs[&partition].closed_at_look =
        for_good ? std::numeric_limits<int64_t>::max() : look;
    base::Log(base::Level::kWarning, "partition.closed",
              {{"service", served.definition.name}, {"partition", p}});
  }
}

bool Host::SendNotices(Lane& lane) {
  bool any = false;
  for (const auto& [served, p] : lane.partitions) {
    Partition& partition = *served->partitions[p];
    if (!served->definition.notify || !partition.open()) continue;
    if (clock_.Steady() < lane.sending_held[&partition]) continue;
    any |= SendNoticesOf(lane, *served, partition);
  }
  return any;
}

bool Host::SendNoticesOf(Lane& lane, Served& served, Partition& partition) {
  std::vector<wanmi::journal::v1::Delivery> deliveries;
  for (const auto& pending : partition.PendingNotices(kNoticesMax)) {
    auto& delivery = deliveries.emplace_back();
    delivery.set_seq(pending.seq);
    delivery.set_index(pending.index);
    std::string id = fmt::format("{}/{}/{}/{}/{}", city_.name, served.definition.name,
                                 partition.slice().partition, pending.seq, pending.index);
    if (const int incarnation = pending.notice.incarnation(); incarnation != 0)
      id += fmt::format("/i{}", incarnation);
    if (MUTANT(kNoticeIdByAttempt) && pending.notice.attempts() > 0) id += "/again";
    const base::Status sent = options_.outlet->Send(id, pending.notice);
    delivery.set_note(sent.message());
    delivery.set_outcome(sent.ok() ? wanmi::journal::v1::Delivery::OUTCOME_SENT
                         : pending.notice.attempts() + 1 < kAttemptsMax
                             ? wanmi::journal::v1::Delivery::OUTCOME_FAILED
                             : wanmi::journal::v1::Delivery::OUTCOME_GIVEN_UP);
    if (sent.ok()) continue;
    lane.sending_held[&partition] =
        clock_.Steady() + kSendAgain * (1 << std::min(pending.notice.attempts(), 8));
  }
  if (deliveries.empty()) return false;
  partition.Delivered(std::move(deliveries));  // written in the next round, before others
  return true;
}

}  // namespace wanmi::runtime
