// finish.cc: the end of a step: what is committed, what is answered, and what waits after it.
#include <algorithm>

#include "base/log.h"
#include "base/mutants.h"
#include "runtime/partition.h"

namespace wanmi::runtime {
namespace {
constexpr int64_t kHintsEvery = 1'000;  // entries
constexpr size_t kOutboxMax = 256;  // of messages that wait, in memory; the rest waits in the store
}  // namespace

const store::Changes* Partition::ToCommit() {
  if (step_.batch.entries.empty() || MUTANT(kCommitBeforeAppend)) return nullptr;
  kPosition.Put(*step_.rows, "", step_.position);
  // Who decides for weeks replays nothing, and would begin far back when it is started again.
  if (step_.position.seq() / kHintsEvery > position_.seq() / kHintsEvery)
    RememberHints(*step_.rows);
  return &step_.rows->changes();
}

void Partition::Finish(const journal::Appended& appended, const base::Status& committed) {
  touched_.clear();
  base::Status doubt;
  if (appended.outcome == journal::Outcome::kOk) {
    if (committed.ok()) {
      Committed();
    } else {
      LookAnew(committed);
    }
  } else {
    doubt = base::Unavailable(
        "it is not known whether this took effect ({}); send it again with the same id",
        appended.why);
    if (MUTANT(kFencedSaysOk) && appended.outcome == journal::Outcome::kFenced) doubt = {};
    if (!MUTANT(kNoReopen)) open_ = false;
  }
  for (auto& answer : step_.answers) answer(doubt);
  ClearMark();
  step_ = Step();
}

void Partition::ShowPosition() {
  committed_seq_ = position_.seq();
  last_at_us_ = position_.at_us();
}

void Partition::Committed() {
  position_ = step_.position;
  ShowPosition();
  touched_ = std::move(step_.touched);
  LookAtChanges();
  for (auto& entry : step_.made) around_.feed.Offer(*own_tail_, std::move(entry));
}

// What was appended is durable all the same, and is folded from the journal, from where the store
// is: of several partitions that were committed together, some may have been taken.
void Partition::LookAnew(const base::Status& why) {
  open_ = false;
  const base::Status loaded = LoadPosition();
  base::Log(base::Level::kError, "store.failed",
            {{"service", slice_.service},
             {"reason", why.ToString()},
             {"position", loaded.ok() ? std::to_string(position_.seq()) : loaded.ToString()}});
  ShowPosition();
}

// What the step wrote tells whether there is a sooner timer and which messages wait; searching the
// store for them each time would walk over all those that are done.
void Partition::LookAtChanges() {
  const store::Changes& changes = step_.rows->changes();
  const auto each = [&](uint16_t family, const auto& look) {
    const std::string prefix = store::PhysicalKey(family, index_, "");
    for (auto at = changes.lower_bound(prefix);
         at != changes.end() && at->first.starts_with(prefix); ++at) {
      look(at->first.substr(prefix.size()), at->second);
    }
  };
  each(kTimers.number, [&](const std::string& key, const std::optional<std::string>& value) {
    if (!value) return;
    const base::Time at = base::FromMicros(base::KeyReader(key).Number());
    next_due_ = next_due_ ? std::min(*next_due_, at) : at;
  });
  each(kOutbox.number, [&](const std::string& key, const std::optional<std::string>& value) {
    if (!value) {
      outbox_.erase(key);
      return;
    }
    const bool room = outbox_.size() < kOutboxMax;
    if (!room) outbox_whole_ = false;  // the rest is read when these are sent
    if (outbox_.count(key) > 0 || (outbox_whole_ && room)) outbox_[key] = *value;
  });
}

std::vector<Partition::Pending> Partition::PendingNotices(int most) {
  std::vector<Pending> pending;
  if (!deliveries_.empty()) return pending;
  if (outbox_.empty() && !outbox_whole_) {
    stored_.Scan(kOutbox.number, "", "", [&](std::string_view key, std::string_view value) {
      outbox_.emplace(key, value);
      return outbox_.size() < kOutboxMax;
    });
    outbox_whole_ = outbox_.size() < kOutboxMax;
  }
  for (const auto& [key, value] : outbox_) {
    if (static_cast<int>(pending.size()) == most) break;
    base::KeyReader reader(key);
    Pending& notice = pending.emplace_back();
    notice.seq = reader.Number();
    notice.index = static_cast<int>(reader.Number());
    CHECK(notice.notice.ParseFromString(value), "a message that waits can be parsed");
  }
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
