// step.cc: which inputs a step takes, by quota and in which order, and how it ends.
#include <algorithm>

#include "base/log.h"
#include "base/mutants.h"
#include "rules/level.h"
#include "runtime/partition.h"

namespace wanmi::runtime {
namespace {

constexpr int kInputsMax = 512;
constexpr size_t kStepBytesMax = 8 << 20;
// Of one step, so that none of them keeps the others waiting, however much there is of it.
constexpr int kRequestQuota = 256;
constexpr int kUpstreamQuota = 128;  // entries of one upstream
constexpr int kTimerQuota = 128;
constexpr int kSilentMax = 1'000;
constexpr std::chrono::milliseconds kHold{50};

}  // namespace

base::Status Partition::Offer(Request request) {
  const std::lock_guard lock(inbox_mutex_);
  RETURN_IF_ERROR(RoomFor(inbox_.size()));
  inbox_.push_back(std::move(request));
  return {};
}

void Partition::RefuseWaiting(const base::Status& status) {
  std::deque<Request> waiting;
  {
    const std::lock_guard lock(inbox_mutex_);
    waiting.swap(inbox_);
  }
  for (auto& request : waiting) request.answer(status);
}

base::Status Partition::HasRoom() const { return RoomFor(inbox_size()); }

base::Status Partition::RoomFor(size_t waiting) const {
  if (waiting >= around_.inbox_max) {
    return base::ResourceExhausted("{} has {} commands waiting; try again in 100 ms",
                                   journal::ToString(slice_), waiting);
  }
  // What is decided here must also be worked off: to take more than the rest of the city can follow
  // would only move the wait to where nobody sees it.
  const Feed::Tail* tail = own_tail_;
  if (const int64_t backlog = tail ? tail->Backlog() : 0; backlog >= around_.backlog_max) {
    return base::ResourceExhausted(
        "{} entries of {} wait for those who react to them; try again in 100 ms", backlog,
        journal::ToString(slice_));
  }
  return {};
}

size_t Partition::inbox_size() const {
  const std::lock_guard lock(inbox_mutex_);
  return inbox_.size();
}

std::vector<Partition::Cursor> Partition::Cursors() const {
  std::vector<Cursor> cursors;
  for (const Upstream& upstream : upstreams_) {
    const int64_t taken = upstream.shown->taken.load();
    const auto end = around_.journal.LastSeq(upstream.slice);
    if (end.ok()) cursors.push_back({upstream.slice, taken, std::max(taken, *end)});
  }
  return cursors;
}

void Partition::ShowTaken() {
  const auto steady = around_.clock.Steady();
  for (const Upstream& upstream : upstreams_) {
    upstream.shown->taken = upstream.taken;
    upstream.shown->held = !open_ || steady < upstream.held_until;
  }
}

bool Partition::HasWork() const {
  if (!deliveries_.empty() || inbox_size() > 0) return true;
  const auto steady = around_.clock.Steady();
  if (next_due_ && steady >= timers_held_until_ && around_.clock.Now() >= *next_due_) return true;
  return std::any_of(upstreams_.begin(), upstreams_.end(), [&](const Upstream& upstream) {
    return upstream.tail->last_seq() > upstream.taken && steady >= upstream.held_until;
  });
}

void Partition::BeginStep() {
  step_ = Step();
  step_.rows = std::make_unique<store::Overlay>(stored_, index_);
  step_.position = position_;
  step_.batch.writer = writer_;
  step_.batch.first_seq = position_.seq() + 1;
  step_.batch.prev = position_.hash();
}

bool Partition::Full() const {
  const int most = mark_ ? 1 : kInputsMax;
  return step_.inputs >= most || step_.bytes >= kStepBytesMax ||
         step_.rows->bytes() >= kStepBytesMax;
}

bool Partition::Prepare() {
  if (!open_) return false;
  BeginStep();
  if (!deliveries_.empty()) TakeDeliveries();
  TakeRequests();
  TakeTimers();
  TakeUpstreams();
  // The level may have risen between two inputs: what was taken under it is another's to decide.
  if (!ReadsEnough()) {
    Drop(base::Unavailable("the city is at a higher level than {}, which this process reads",
                           around_.reads));
    return false;
  }
  if (MUTANT(kAnswerBeforeAppend)) {
    for (auto& answer : step_.answers) answer({});
    step_.answers.clear();
  }
  if (MUTANT(kCommitBeforeAppend) && !step_.batch.entries.empty()) {
    kPosition.Put(*step_.rows, "", step_.position);
    (void)around_.store.Commit(step_.rows->changes()).ok();
  }
  inputs_taken_ = step_.inputs;
  const bool has_step = !step_.batch.entries.empty() || !step_.answers.empty();
  if (!has_step) ClearMark();
  ShowTaken();
  return has_step;
}

void Partition::Drop(const base::Status& why) {
  for (auto& answer : step_.answers) answer(why);
  ClearMark();
  step_ = Step();
  inputs_taken_ = 0;
  Close(why);
  base::Log(base::Level::kError, "partition.given_up",
            {{"service", slice_.service}, {"partition", index_}, {"reason", why.message()}});
}

bool Partition::ReadsEnough() const {
  return rules::LevelAt(around_.documents, Now()) <= around_.reads;
}

bool Partition::PrepareMark() {
  if (!open_ || !ReadsEnough()) return false;
  BeginStep();
  if (!deliveries_.empty()) TakeDeliveries();  // or what was sent would be sent again
  bool moved = false;
  for (const Upstream& upstream : upstreams_)
    moved |= upstream.taken > upstream.written && upstream.silent > 0;
  if (moved) {
    Input mark = NewInput(SystemActor(), {});
    Seal(mark);
  }
  return !step_.batch.entries.empty();
}

void Partition::TakeRequests() {
  for (int taken = 0; taken < kRequestQuota && !Full(); ++taken) {
    Request request;
    {
      const std::lock_guard lock(inbox_mutex_);
      if (inbox_.empty()) return;
      request = std::move(inbox_.front());
      inbox_.pop_front();
    }
    ++step_.inputs;
    if (around_.clock.Steady() > request.deadline) {
      request.answer(
          base::DeadlineExceeded("the command waited past its deadline and was not decided"));
      continue;
    }
    TakeRequest(request);
  }
}

void Partition::TakeUpstreams() {
  const auto steady = around_.clock.Steady();
  for (Upstream& upstream : upstreams_) {
    if (steady < upstream.held_until) continue;
    for (int taken = 0; taken < kUpstreamQuota && !Full(); ++taken) {
      const auto next = around_.feed.Next(*upstream.tail, upstream.taken);
      if (!next.ok() || (*next && (*next)->stops_listeners)) {
        base::Log(
            base::Level::kError, "upstream.stopped",
            {{"service", slice_.service},
             {"partition", index_},
             {"upstream", journal::ToString(upstream.slice)},
             {"seq", upstream.taken + 1},
             {"reason", next.ok() ? "an event of a kind or level that this binary does not know"
                                  : next.status().ToString()}});
        upstream.held_until = steady + std::chrono::seconds(5);
        break;
      }
      if (!*next) break;
      if (!TakeUpstreamEntry(upstream, **next, 0)) {
        upstream.held_until = steady + kHold;
        break;
      }
    }
    if (upstream.silent >= kSilentMax && !Full()) {
      Input mark = NewInput(SystemActor(), {});
      Seal(mark);
    }
  }
}

void Partition::TakeTimers() {
  const base::Time now = Now();
  if (!next_due_ || now < *next_due_ || around_.clock.Steady() < timers_held_until_) return;
  std::vector<std::pair<base::Time, std::string>> due;
  const base::Key from = base::Key().Moment(*next_due_);  // what lies before is gone
  next_due_.reset();
  kTimers.Scan(*step_.rows, "", from, [&](std::string_view key, rows::StreamRecord&&) {
    base::KeyReader reader(key);
    const base::Time at = base::FromMicros(reader.Number());
    if (at > now || due.size() >= kTimerQuota) {
      next_due_ = at;
      return false;
    }
    due.emplace_back(at, std::string(reader.Tail()));
    return true;
  });
  for (const auto& [at, stream] : due) {
    const bool full = Full();
    if (!full) ++step_.inputs;
    if (!full && TakeTimer(at, stream)) continue;
    if (!full) timers_held_until_ = around_.clock.Steady() + kHold;
    next_due_ = at;  // they are in order, and this one stands
    return;
  }
}

}  // namespace wanmi::runtime
