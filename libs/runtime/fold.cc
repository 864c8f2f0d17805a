// fold.cc: events to state and rows. Live processing and replay run these and nothing else.
#include <algorithm>

#include "base/mutants.h"
#include "runtime/partition.h"

namespace wanmi::runtime {
namespace {
constexpr int kDoneMax = 64;
constexpr int kSeqsMax = 512;

void MoveTimer(base::RowWriter& rows, std::string_view stream, rows::StreamRecord& record,
               int64_t due_us) {
  if (record.due_us() == due_us) return;
  if (record.due_us() != 0) kTimers.Delete(rows, base::Key().Number(record.due_us()).Tail(stream));
  if (due_us != 0) kTimers.Put(rows, base::Key().Number(due_us).Tail(stream), {});
  record.set_due_us(due_us);
}

}  // namespace

void Partition::FoldChange(base::RowWriter& rows, Streams& streams, const Entry& entry,
                           int first_index, std::string_view id,
                           const std::vector<std::unique_ptr<Message>>& events, std::string* number,
                           std::set<std::string>* touched) {
  Stream& stream = streams.At(rows, id);
  int index = first_index;
  for (const auto& event : events) {
    definition_.apply(id, *event, stream.state.get());
    const rules::Fact<Message> fact{
        definition_.name, index_, entry.seq(), index, id, base::FromMicros(entry.at_us()),
        entry.actor(),    *event};
    definition_.project(fact, *stream.state, rows);
    if (definition_.number && number->empty()) *number = definition_.number(*event);
    if (definition_.notify && !entry.taken_over()) {
      int part = 0;  // an event may ask for several messages; 16 at most have an id of their own
      for (const auto& notice : definition_.notify(fact)) {
        rows::PendingNotice pending;
        pending.set_channel(notice.channel);
        pending.set_to(notice.to);
        pending.set_text_key(notice.text_key);
        if (position_.incarnation() > 1) pending.set_incarnation(position_.incarnation());
        CHECK(part < 16, "an event asks for at most 16 messages");
        kOutbox.Put(rows, base::Key().Number(entry.seq()).Number(index * 16 + part++), pending);
      }
    }
    ++index;
  }
  if (definition_.due) {
    const auto due = definition_.due(*stream.state);
    if (!MUTANT(kTimerForgetsDeadline) || due) {
      MoveTimer(rows, id, stream.record, due ? base::ToMicros(*due) : 0);
    }
  }
  auto& record = stream.record;
  if (record.seqs_size() == 0 || record.seqs(record.seqs_size() - 1) != entry.seq()) {
    record.add_seqs(entry.seq());
    if (record.seqs_size() > kSeqsMax) record.mutable_seqs()->erase(record.seqs().begin());
  }
  stream.changed = true;
  if (touched) touched->insert(std::string(id));
}

void Partition::FoldRest(base::RowWriter& rows, Streams& streams, const Entry& entry,
                         const std::string& number) {
  if (entry.cause().has_request() && entry.changes_size() > 0) {
    Stream& stream = streams.At(rows, entry.changes(0).stream());
    auto& done = *stream.record.add_done();
    done.set_id(entry.cause().request().id());
    done.set_digest(entry.cause().request().digest());
    done.set_seq(entry.seq());
    done.set_number(number);
    if (stream.record.done_size() > kDoneMax) {
      stream.record.mutable_done()->erase(stream.record.done().begin());
    }
    stream.changed = true;
  }
  if (entry.has_parked()) {
    rows::ParkedInput parked;
    *parked.mutable_cause() = entry.cause();
    parked.set_reason(entry.parked().reason());
    parked.set_at_us(entry.at_us());
    kParked.Put(rows, base::Key().Number(entry.seq()), parked);
    if (entry.cause().has_due()) {
      // A timer whose rules broke fires no more until its stream changes.
      Stream& stream = streams.At(rows, entry.cause().due().stream());
      MoveTimer(rows, entry.cause().due().stream(), stream.record, 0);
      stream.changed = true;
    }
  }
  if (entry.cause().kind_case() == wanmi::journal::v1::Cause::kRetry && !entry.has_parked()) {
    kParked.Delete(rows, base::Key().Number(entry.cause().retry()));
  }
  for (const auto& delivery : entry.deliveries()) {
    const base::Key key = base::Key().Number(delivery.seq()).Number(delivery.index());
    if (delivery.outcome() != wanmi::journal::v1::Delivery::OUTCOME_FAILED) {
      kOutbox.Delete(rows, key);
    } else if (auto pending = kOutbox.Get(rows, key)) {
      pending->set_attempts(pending->attempts() + 1);
      kOutbox.Put(rows, key, *pending);
    }
  }
}

void Partition::MovePosition(rows::Position& position, const Entry& entry, std::string_view bytes) {
  position.set_seq(entry.seq());
  position.set_hash(journal::ChainHash(bytes));
  position.set_at_us(entry.at_us());
  if (entry.has_genesis()) position.set_incarnation(entry.genesis().incarnation());
  if (entry.has_restored()) position.set_incarnation(entry.restored().incarnation());
  for (const auto& cursor : entry.cursors()) {
    auto& known = *position.mutable_cursors();
    const auto mine = std::find_if(known.begin(), known.end(), [&](const auto& other) {
      return other.partition() == cursor.partition() && other.service() == cursor.service();
    });
    if (mine != known.end()) {
      mine->set_seq(cursor.seq());
    } else {
      *position.add_cursors() = cursor;
    }
  }
}

}  // namespace wanmi::runtime
