// take.cc: one input: a client's command, an upstream entry, a timer, what became of messages.
#include "base/log.h"
#include "base/mutants.h"
#include "runtime/partition.h"

namespace wanmi::runtime {
namespace {
constexpr int kHopsMax = 100;
using wanmi::journal::v1::Cause;
}  // namespace

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
    const base::Status status = Decide(input, request.stream, *request.command);
    if (!status.ok() || input.entry().changes_size() == 0) {
      const int64_t last = record.seqs_size() > 0 ? *record.seqs().rbegin() : position_.seq();
      input.streams.GiveBack();
      return status.ok() ? receive(last, "", false, true) : refuse(status);
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
    if (!React(upstream, parsed, cause, input)) {
      upstream.taken = taken_before;
      return false;
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

// What the listener makes of an entry: each command is decided on the result of the one before, and
// those refused stand in the entry. False: one cannot be decided now.
bool Partition::React(const Upstream& upstream, const ParsedEntry& parsed, const Cause& cause,
                      std::optional<Input>& input) {
  const Entry& from = parsed.entry;
  rules::Births births(upstream.slice.service, upstream.slice.partition, from.seq(),
                       around_.city.partitions);
  int index = 0;
  for (int c = 0; c < from.changes_size(); ++c) {
    for (const auto& event : parsed.events[static_cast<size_t>(c)]) {
      if (parsed.unknown_event && !HasKind(*event)) {
        ++index;  // ignorable, or the upstream would have stopped before it
        continue;
      }
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
        if (status.code() == base::Code::kUnavailable) return false;
        if (status.ok()) continue;
        auto& refusal = *input->entry().add_refusals();
        refusal.set_stream(reaction.stream);
        refusal.set_code(static_cast<int>(status.code()));
        refusal.set_reason(status.message());
      }
    }
  }
  return true;
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
      around_.metrics->DueLate(slice_.service, Seconds(Now() - due));
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

}  // namespace wanmi::runtime
