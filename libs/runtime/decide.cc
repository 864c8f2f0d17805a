// decide.cc: one input to at most one entry.
#include <algorithm>

#include "base/mutants.h"
#include "base/partition.h"
#include "rules/level.h"
#include "runtime/partition.h"

namespace wanmi::runtime {
namespace {
constexpr int kEventsMax = 256;

void RememberUsed(wanmi::journal::v1::Entry& entry, const rules::Reference& reference) {
  for (const auto& ref : reference.used()) {
    const bool known =
        std::any_of(entry.used().begin(), entry.used().end(), [&](const auto& other) {
          return other.kind() == ref.kind() && other.name() == ref.name() &&
                 other.version() == ref.version();
        });
    if (!known) *entry.add_used() = ref;
  }
}

}  // namespace

base::Time Partition::Now() const {
  return std::max(
      around_.clock.Now(),
      base::FromMicros(step_.position.at_us() != 0 ? step_.position.at_us() : position_.at_us()));
}

common::v1::Actor Partition::SystemActor() const {
  common::v1::Actor actor;
  actor.mutable_system()->set_service(slice_.service);
  return actor;
}

Partition::Input Partition::NewInput(const common::v1::Actor& actor,
                                     wanmi::journal::v1::Cause cause) {
  Input input(*step_.rows, index_, definition_, warm_);
  Entry& entry = input.entry();
  entry.set_seq(step_.position.seq() + 1);
  entry.set_prev(step_.position.hash());
  entry.set_at_us(base::ToMicros(Now()));
  *entry.mutable_cause() = std::move(cause);
  *entry.mutable_actor() = actor;
  entry.set_level(rules::LevelAt(around_.documents, base::FromMicros(entry.at_us())));
  return input;
}

// Decides one command on the result of what the input has done so far, and folds its events.
base::Status Partition::Decide(Input& input, std::string_view stream, const Message& command) {
  CHECK(definition_.reference || base::PartitionOf(stream, around_.city.partitions) == index_,
        "{} is not of partition {}", stream, index_);
  const base::Time now = base::FromMicros(input.entry().at_us());
  const rules::Reference reference(around_.directory, around_.rulebook, now, &around_.documents);
  const store::MergedRows others(around_.store, around_.city.partitions);
  const base::Rows& rows =
      MUTANT(kRowsOfOtherPartitions) ? static_cast<const base::Rows&>(others) : input.rows;
  const common::v1::Actor system = input.under_list ? SystemActor() : common::v1::Actor();
  const rules::Context context{now,
                               input.under_list ? system : input.entry().actor(),
                               rows,
                               reference,
                               index_,
                               around_.city.partitions,
                               input.entry().level(),
                               around_.lead};
  const Message& state = *input.streams.At(input.rows, stream).state;
  ASSIGN_OR_RETURN(auto decided, definition_.decide(stream, state, command, context));
  auto& emissions = decided.emissions;
  for (const auto& emission : emissions) {
    RETURN_IF_ERROR(kinds_.CheckLevel(*emission.event, input.entry().level()));
  }
  RememberUsed(input.entry(), reference);
  // That of the first command with events, before they are folded: a replay folds all of an entry's
  // events with the actor that it has.
  if (decided.under && context.actor.has_system() && input.events == 0 && !emissions.empty()) {
    *input.entry().mutable_actor() = std::move(*decided.under);
    input.under_list = true;
  }
  for (size_t begin = 0; begin < emissions.size();) {
    const std::string& target = emissions[begin].stream;
    CHECK(base::RootOf(target) == base::RootOf(stream),
          "a decision on {} gives events under its own root, not in {}", stream, target);
    std::vector<std::unique_ptr<Message>> events;
    size_t end = begin;
    while (end < emissions.size() && emissions[end].stream == target) {
      events.push_back(std::move(emissions[end++].event));
    }
    if (begin == 0 && target != stream) Fold(input, stream, {});  // changes(0) is the command's own
    Fold(input, target, std::move(events));
    begin = end;
  }
  return {};
}

void Partition::Fold(Input& input, std::string_view stream,
                     std::vector<std::unique_ptr<Message>> events) {
  auto& change = *input.entry().add_changes();
  change.set_stream(std::string(stream));
  for (const auto& event : events) event->SerializeToString(change.add_events());
  CHECK(input.events + static_cast<int>(events.size()) <= kEventsMax,
        "one entry holds at most {} events; go on through On<Self> or Due", kEventsMax);
  FoldChange(input.rows, input.streams, input.entry(), input.events, stream, events, &input.number,
             &input.touched);
  input.events += static_cast<int>(events.size());
  input.made->events.push_back(std::move(events));
}

// Cursors that moved since the last entry, the place in the chain, the writes: all or nothing.
void Partition::Seal(Input& input) {
  Entry& entry = input.entry();
  FoldRest(input.rows, input.streams, entry, input.number);
  input.streams.Write(input.rows);
  for (const Upstream& upstream : upstreams_) {
    if (upstream.taken == upstream.written) continue;
    auto& cursor = *entry.add_cursors();
    cursor.set_service(upstream.slice.service);
    cursor.set_partition(upstream.slice.partition);
    cursor.set_seq(upstream.taken);
  }
  std::string bytes = entry.SerializeAsString();
  if (MUTANT(kCursorFromCausesOnly) && !entry.cause().has_upstream()) {
    Entry stored = entry;
    stored.clear_cursors();
    bytes = stored.SerializeAsString();
  }
  CHECK(bytes.size() <= journal::kEntryBytesMax, "an entry has at most {} bytes, this one {}",
        journal::kEntryBytesMax, bytes.size());
  // From here on nothing can fail.
  for (Upstream& upstream : upstreams_) {
    if (upstream.taken == upstream.written) continue;
    upstream.written = upstream.taken;
    upstream.silent = 0;
  }
  input.rows.MergeInto(*step_.rows);
  input.streams.GiveBack();
  step_.touched.merge(input.touched);
  MovePosition(step_.position, entry, bytes);
  if (own_tail_) step_.made.push_back(std::move(input.made));
  step_.bytes += bytes.size();
  step_.batch.entries.push_back(std::move(bytes));
}

void Partition::Park(wanmi::journal::v1::Cause cause, const std::string& reason) {
  Input input = NewInput(SystemActor(), std::move(cause));
  input.entry().mutable_parked()->set_reason(reason);
  Seal(input);
}

}  // namespace wanmi::runtime
