// finish.cc: the end of a step: what is committed, what is answered, and what waits after it.
#include <algorithm>

#include "base/log.h"
#include "base/mutants.h"
#include "runtime/partition.h"

namespace wanmi::runtime {

const store::Changes* Partition::ToCommit() {
  if (step_.batch.entries.empty() || MUTANT(kCommitBeforeAppend)) return nullptr;
  kPosition.Put(*step_.rows, "", step_.position);
  return &step_.rows->changes();
}

void Partition::Finish(const journal::Appended& appended, const base::Status& committed) {
  touched_.clear();
  base::Status doubt;
  if (appended.outcome == journal::Outcome::kOk) {
    if (!committed.ok()) {
      // Durable all the same; the store is looked at anew.
      open_ = false;
      base::Log(base::Level::kError, "store.failed",
                {{"service", slice_.service}, {"reason", committed.ToString()}});
    }
    position_ = step_.position;
    committed_seq_ = position_.seq();
    last_at_us_ = position_.at_us();
    touched_ = std::move(step_.touched);
    LookAtChanges();
    for (auto& entry : step_.made) around_.feed.Offer(*own_tail_, std::move(entry));
  } else {
    doubt = base::Unavailable(
        "it is not known whether this took effect ({}); send it again with the same id",
        appended.why);
    if (!MUTANT(kNoReopen)) open_ = false;
  }
  for (auto& answer : step_.answers) answer(doubt);
  ClearMark();
  step_ = Step();
}

// What the step wrote tells whether there is a sooner timer and whether a message waits; searching
// the store for it each time would walk over all those that are done.
void Partition::LookAtChanges() {
  const store::Changes& changes = step_.rows->changes();
  const auto first = [&](uint16_t family) -> std::optional<std::string_view> {
    const std::string prefix = store::PhysicalKey(family, index_, "");
    for (auto at = changes.lower_bound(prefix);
         at != changes.end() && at->first.starts_with(prefix); ++at) {
      if (at->second) return std::string_view(at->first).substr(prefix.size());
    }
    return std::nullopt;
  };
  if (const auto key = first(kTimers.number)) {
    const base::Time at = base::FromMicros(base::KeyReader(*key).Number());
    next_due_ = next_due_ ? std::min(*next_due_, at) : at;
  }
  if (const auto key = first(kOutbox.number); key && (!outbox_from_ || *key < *outbox_from_)) {
    outbox_from_ = std::string(*key);
  }
}

std::vector<Partition::Pending> Partition::PendingNotices(int most) {
  std::vector<Pending> pending;
  if (!outbox_from_ || !deliveries_.empty()) return pending;
  std::optional<std::string> first;
  kOutbox.Scan(stored_, "", *outbox_from_, [&](std::string_view key, rows::PendingNotice&& notice) {
    if (!first) first = std::string(key);
    base::KeyReader reader(key);
    const int64_t seq = reader.Number();
    pending.push_back({seq, static_cast<int>(reader.Number()), std::move(notice)});
    return static_cast<int>(pending.size()) < most;
  });
  outbox_from_ = std::move(first);
  return pending;
}

void Partition::Delivered(std::vector<wanmi::journal::v1::Delivery> deliveries) {
  for (auto& delivery : deliveries) deliveries_.push_back(std::move(delivery));
}

// What was taken did not kill us; it may come again.
void Partition::ClearMark() {
  if (!mark_ || step_.inputs == 0) return;
  if (auto cleared = mark_->Clear(); !cleared.ok()) {
    base::Log(base::Level::kWarning, "mark.failed", {{"reason", cleared.ToString()}});
  }
  if (--mark_->cautious_left <= 0) mark_.reset();
}

}  // namespace wanmi::runtime
