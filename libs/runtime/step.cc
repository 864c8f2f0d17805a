// step.cc: which inputs a step takes, by quota and in which order, and how it ends.
#include <algorithm>

#include "base/log.h"
#include "base/mutants.h"
#include "runtime/partition.h"

namespace wanmi::runtime {
namespace {

constexpr int kInputsMax = 512;
constexpr size_t kStepBytesMax = 8 << 20;
constexpr int kUpstreamQuota = 128;  // entries of one upstream in one step
constexpr int kTimerQuota = 128;
constexpr size_t kInboxMax = 4'096;
constexpr int kHopsMax = 100;
constexpr int kSilentMax = 1'000;
constexpr std::chrono::milliseconds kHold{50};

using wanmi::journal::v1::Cause;

}  // namespace

base::Status Partition::Offer(Request request) {
  const std::lock_guard lock(inbox_mutex_);
  if (inbox_.size() >= kInboxMax) {
    return base::ResourceExhausted("{} has {} commands waiting; try again in 100 ms",
                                   journal::ToString(slice_), inbox_.size());
  }
  inbox_.push_back(std::move(request));
  return {};
}

size_t Partition::inbox_size() const {
  const std::lock_guard lock(inbox_mutex_);
  return inbox_.size();
}

std::map<std::string, int64_t> Partition::Lag() const {
  std::map<std::string, int64_t> lag;
  for (size_t i = 0; i < upstreams_.size(); ++i) {
    const auto end = around_.journal.LastSeq(upstreams_[i].slice);
    if (end.ok()) lag[upstreams_[i].slice.service] += std::max<int64_t>(0, *end - taken_[i].load());
  }
  return lag;
}

void Partition::ShowTaken() {
  for (size_t i = 0; i < upstreams_.size(); ++i) taken_[i] = upstreams_[i].taken;
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

// What was taken did not kill us; it may come again.
void Partition::ClearMark() {
  if (!mark_ || step_.inputs == 0) return;
  if (auto cleared = mark_->Clear(); !cleared.ok()) {
    base::Log(base::Level::kWarning, "mark.failed", {{"reason", cleared.ToString()}});
  }
  if (--mark_->cautious_left <= 0) mark_.reset();
}

bool Partition::PrepareMark() {
  if (!open_) return false;
  BeginStep();
  bool moved = false;
  for (const Upstream& upstream : upstreams_)
    moved |= upstream.taken > upstream.written && upstream.silent > 0;
  if (!moved) return false;
  Input mark = NewInput(SystemActor(), {});
  Seal(mark);
  return true;
}

void Partition::TakeRequests() {
  while (!Full()) {
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

common::v1::Receipt Partition::ReceiptAt(int64_t seq, const std::string& stream) const {
  common::v1::Receipt receipt;
  receipt.set_stream(stream);
  receipt.set_partition(index_);
  receipt.set_seq(seq);
  wanmi::journal::v1::Token token;
  token.set_city(around_.city.name);
  token.set_journal_id(around_.city.journal_id);
  token.set_incarnation(around_.city.incarnation);
  auto& position = *token.add_positions();
  position.set_service(slice_.service);
  position.set_partition(index_);
  position.set_seq(seq);
  receipt.set_token(token.SerializeAsString());
  return receipt;
}

void Partition::TakeRequest(Request& request) {
  const auto refuse = [&](base::Status status) {
    step_.answers.push_back([answer = std::move(request.answer),
                             status = std::move(status)](const base::Status& doubt) {
      answer(doubt.ok() ? status : doubt);
    });
  };
  const auto receive = [&](int64_t seq, std::string number, bool repeated, bool unchanged = false) {
    common::v1::Receipt receipt = ReceiptAt(seq, request.stream);
    receipt.set_number(std::move(number));
    receipt.set_repeated(repeated);
    receipt.set_unchanged(unchanged);
    step_.answers.push_back([answer = std::move(request.answer),
                             receipt = std::move(receipt)](const base::Status& doubt) {
      if (doubt.ok()) {
        answer(receipt);
      } else {
        answer(doubt);
      }
    });
  };
  Cause cause;
  cause.mutable_request()->set_id(request.id);
  cause.mutable_request()->set_digest(request.digest);
  cause.mutable_request()->set_key_id(request.key_id);
  if (AlreadyMarked(cause)) {
    return refuse(base::Internal(
        "the process has ended again and again while taking this command; it is not taken again"));
  }
  if (request.retry_of != 0) {
    if (auto status = RetryParked(request.retry_of); !status.ok()) return refuse(status);
    return receive(step_.position.seq(), "", false);
  }
  try {
    Input input = NewInput(request.actor, cause);
    const rows::StreamRecord& record = input.streams.At(input.rows, request.stream).record;
    for (const auto& done : record.done()) {
      if (MUTANT(kNoRepeatCheck) || done.id() != request.id) continue;
      if (done.digest() == request.digest) return receive(done.seq(), done.number(), true);
      return refuse(base::AlreadyExists("command id {} was used for another command; make a new id",
                                        request.id));
    }
    input.entry().set_traceparent(request.traceparent);
    if (auto status = Decide(input, request.stream, *request.command); !status.ok())
      return refuse(status);
    if (input.entry().changes_size() == 0) {
      return receive(record.seqs_size() ? record.seqs(record.seqs_size() - 1) : position_.seq(), "",
                     false, true);
    }
    Seal(input);
    receive(step_.position.seq(), input.number, false);
  } catch (const std::exception& failure) {
    base::Log(base::Level::kError, "command.broke",
              {{"service", slice_.service},
               {"partition", index_},
               {"stream", request.stream},
               {"reason", failure.what()}});
    refuse(base::Internal("the rule broke and had no effect: {}", failure.what()));
  }
}

void Partition::TakeUpstreams() {
  const auto steady = around_.clock.Steady();
  for (Upstream& upstream : upstreams_) {
    if (steady < upstream.held_until) continue;
    for (int taken = 0; taken < kUpstreamQuota && !Full(); ++taken) {
      const auto next = around_.feed.Next(*upstream.tail, upstream.taken);
      if (!next.ok() || (*next && (*next)->unknown_event)) {
        base::Log(base::Level::kError, "upstream.stopped",
                  {{"service", slice_.service},
                   {"partition", index_},
                   {"upstream", journal::ToString(upstream.slice)},
                   {"seq", upstream.taken + 1},
                   {"reason", next.ok() ? "an event of a kind that this binary does not know"
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

// All that one upstream entry causes here is one decision and one entry. False: try again later.
bool Partition::TakeUpstreamEntry(Upstream& upstream, const ParsedEntry& parsed, int64_t retry_of) {
  const Entry& from = parsed.entry;
  const int64_t taken_before = upstream.taken;
  Cause cause;
  if (retry_of != 0) {
    cause.set_retry(retry_of);
  } else {
    cause.mutable_upstream()->set_service(upstream.slice.service);
    cause.mutable_upstream()->set_partition(upstream.slice.partition);
    cause.mutable_upstream()->set_seq(from.seq());
    upstream.taken = from.seq();
    ++step_.inputs;
  }
  cause.set_hops(from.cause().hops() + 1);
  if (from.changes_size() == 0 || from.taken_over()) {
    if (retry_of == 0) return true;
  }
  if (retry_of == 0 && AlreadyMarked(cause)) return true;
  try {
    CHECK(cause.hops() <= kHopsMax, "{} hops without a person or a timer: a loop of reactions",
          cause.hops());
    std::optional<Input> input;  // most entries cause nothing here
    if (retry_of != 0) input.emplace(NewInput(SystemActor(), cause));
    rules::Births births(upstream.slice.service, upstream.slice.partition, from.seq(),
                         around_.city.partitions);
    int index = 0;
    for (int c = 0; c < from.changes_size(); ++c) {
      for (const auto& event : parsed.events[static_cast<size_t>(c)]) {
        const rules::Fact<Message> fact{
            upstream.slice.service,   upstream.slice.partition,       from.seq(),   index++,
            from.changes(c).stream(), base::FromMicros(from.at_us()), from.actor(), *event};
        const store::Overlay& rows = input ? input->rows : *step_.rows;
        for (const auto& reaction : upstream.listener->on(fact, rows, births)) {
          // On<Self> speaks to every partition; each takes what is its own.
          const bool ours = definition_.reference ||
                            base::PartitionOf(reaction.stream, around_.city.partitions) == index_;
          if (!ours) {
            CHECK(upstream.slice.service == slice_.service,
                  "a reaction to {} concerns {}, which is of another partition",
                  journal::ToString(upstream.slice), reaction.stream);
            continue;
          }
          if (!input) input.emplace(NewInput(SystemActor(), cause));
          const base::Status status = Decide(*input, reaction.stream, *reaction.command);
          if (status.code() == base::Code::kUnavailable) {
            upstream.taken = taken_before;
            return false;
          }
          if (status.ok()) continue;
          auto& refusal = *input->entry().add_refusals();
          refusal.set_stream(reaction.stream);
          refusal.set_code(static_cast<int>(status.code()));
          refusal.set_reason(status.message());
        }
      }
    }
    const bool caused =
        input && (input->entry().changes_size() > 0 || input->entry().refusals_size() > 0);
    if (caused || retry_of != 0) {
      Seal(*input);
    } else {
      ++upstream.silent;
    }
  } catch (const std::exception& failure) {
    base::Log(base::Level::kError, "upstream.parked",
              {{"service", slice_.service},
               {"partition", index_},
               {"upstream", journal::ToString(upstream.slice)},
               {"seq", from.seq()},
               {"reason", failure.what()}});
    if (retry_of != 0) throw;
    Park(cause, failure.what());
  }
  return true;
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

// The timer is a command, made from the index and decided again. False: try again later.
bool Partition::TakeTimer(base::Time due, std::string_view stream) {
  Cause cause;
  cause.mutable_due()->set_stream(std::string(stream));
  cause.mutable_due()->set_at_us(base::ToMicros(due));
  if (AlreadyMarked(cause)) return true;
  try {
    Input input = NewInput(SystemActor(), cause);
    const Stream& timed = input.streams.At(input.rows, stream);
    const auto command = definition_.on_due(stream, *timed.state);
    const base::Status status = Decide(input, stream, *command);
    if (status.code() == base::Code::kUnavailable) return false;
    CHECK(timed.record.due_us() != base::ToMicros(due) || MUTANT(kTimerForgetsDeadline),
          "the timer of {} fired and is still due at the same time: {}", stream,
          status.ok() ? "it gave no event that moves it" : status.message());
    Seal(input);
    if (around_.metrics) {
      around_.metrics->DueLate(slice_.service, std::chrono::duration<double>(Now() - due).count());
    }
  } catch (const std::exception& failure) {
    base::Log(base::Level::kError, "timer.parked",
              {{"service", slice_.service},
               {"partition", index_},
               {"stream", stream},
               {"reason", failure.what()}});
    Park(cause, failure.what());
  }
  return true;
}

base::Status Partition::RetryParked(int64_t seq) {
  const auto parked = kParked.Get(*step_.rows, base::Key().Number(seq));
  if (!parked) {
    return base::NotFound("{} has nothing parked at seq {}; `wanmi parked` lists what there is",
                          journal::ToString(slice_), seq);
  }
  if (!parked->cause().has_upstream()) {
    return base::FailedPrecondition(
        "what is parked at seq {} was no upstream entry; give its command again", seq);
  }
  const auto& position = parked->cause().upstream();
  for (Upstream& upstream : upstreams_) {
    if (upstream.slice != journal::Slice{position.service(), position.partition()}) continue;
    ASSIGN_OR_RETURN(const auto parsed, around_.feed.Next(*upstream.tail, position.seq() - 1));
    CHECK(parsed, "an entry that was parked is in the journal");
    try {
      if (!TakeUpstreamEntry(upstream, *parsed, seq)) return base::Unavailable("try again shortly");
    } catch (const std::exception& failure) {
      return base::Internal("it broke again: {}", failure.what());
    }
    return {};
  }
  return base::FailedPrecondition("{} no longer listens to {}", slice_.service, position.service());
}

void Partition::TakeDeliveries() {
  Input input = NewInput(SystemActor(), {});
  for (auto& delivery : deliveries_) *input.entry().add_deliveries() = std::move(delivery);
  deliveries_.clear();
  Seal(input);
}

bool Partition::AlreadyMarked(const Cause& cause) {
  if (!mark_) return false;
  const std::string input_id = cause.ShortDebugString();
  if (mark_->Condemned(input_id)) {
    Park(cause, "the process has ended again and again while taking this input");
    return true;
  }
  const auto written = mark_->Write(input_id);
  if (!written.ok())
    base::Log(base::Level::kWarning, "mark.failed", {{"reason", written.ToString()}});
  return false;
}

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

}  // namespace wanmi::runtime
