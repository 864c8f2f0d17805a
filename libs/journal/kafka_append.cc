// The writing half of a KafkaJournal: fences and appends.
//
// Outcomes come from delivery reports alone. After any that is not kOk the writer is dead here, and
// the slice is read back, so that the next Open finds what really stands.
#include "base/log.h"
#include "journal/kafka_impl.h"
#include "journal/kafka_record.h"

namespace wanmi::journal {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kReadBackMost{10};

}  // namespace

base::Result<std::shared_ptr<Making>> KafkaJournal::Impl::Producer() {
  const std::lock_guard lock(producer_mutex);
  if (making && !making->producer->failed()) return making;
  auto made = std::make_shared<Making>();
  ASSIGN_OR_RETURN(
      made->producer,
      kafka::Producer::Make(options.cluster, {options.message_timeout, options.producer_kbytes}));
  for (const auto& [service, partitions] : options.partitions) {
    made->topics[service] = made->producer->MakeTopic(TopicOf(options.city, service));
  }
  making = std::move(made);
  return making;
}

// None if somebody else took the epoch first.
base::Result<std::optional<Opened>> KafkaJournal::Impl::TryOpen(Followed& followed,
                                                                wanmi::journal::v1::Fence& fence) {
  ASSIGN_OR_RETURN(auto made_by, Producer());
  Opened opened{{followed.slice, 0, fence.instance()}, 0};
  {
    const std::lock_guard lock(followed.mutex);
    opened.writer.epoch = followed.view->place().fence.epoch() + 1;
  }
  fence.set_epoch(opened.writer.epoch);
  const std::string value = fence.SerializeAsString();
  RecordHeaders headers(options.city, opened.writer);
  const auto of_fence = headers.OfFence();
  kafka::Flight flight(1);
  made_by->producer->Send({made_by->topics.at(followed.slice.service).get(),
                           followed.slice.partition, headers.key(), value, false, of_fence},
                          flight, 0);
  const kafka::Ack ack = flight.Wait().front();
  if (!ack.acknowledged || ack.offset < 0) {
    return base::Unavailable("the fence of {} was not acknowledged ({}); try again",
                             ToString(followed.slice), ack.error);
  }
  std::unique_lock lock(followed.mutex);
  if (ack.offset ==
      followed.view->place().offset) {  // what stands before it is known: no need to read it back
    ASSIGN_OR_RETURN(const Worth worth, followed.view->Fold({Record::Kind::kFence,
                                                             ack.offset,
                                                             opened.writer.epoch,
                                                             opened.writer.instance,
                                                             0,
                                                             {},
                                                             value,
                                                             {}}));
    if (worth == Worth::kFence) Ring(followed.slice);
  }
  RETURN_IF_ERROR(AwaitOffset(followed, lock, ack.offset + 1, steady_clock::now() + kReadBackMost));
  const auto taken = followed.view->FenceOf(opened.writer.epoch);
  if (!taken || taken->offset != ack.offset) return std::optional<Opened>();
  opened.last_seq = taken->seq;
  followed.writer = opened.writer;
  followed.made_by = std::move(made_by);
  const auto& place = followed.view->place();
  if (place.offset == ack.offset + 1 && place.fence.epoch() == opened.writer.epoch) Pause(followed);
  return std::optional<Opened>(std::move(opened));
}

Appended KafkaJournal::Impl::Check(const Batch& batch, const Followed& followed) const {
  if (!followed.broken.ok()) return {Outcome::kUnknown, 0, followed.broken.message()};
  if (!followed.view) return {Outcome::kUnknown, 0, "the slice was never opened here"};
  const Place& place = followed.view->place();
  const auto& fence = place.fence;
  const Writer& writer = batch.writer;
  if (fence.epoch() > writer.epoch ||
      (fence.epoch() == writer.epoch && fence.instance() != writer.instance)) {
    return {Outcome::kFenced, 0,
            fmt::format("epoch {} of {} writes now", fence.epoch(), fence.instance())};
  }
  if (!followed.writer || followed.writer->epoch != writer.epoch ||
      followed.made_by->producer->failed()) {
    return {Outcome::kUnknown, 0, "this writer is not open any more; open the slice again"};
  }
  if (followed.flying) return {Outcome::kUnknown, 0, "another append to the slice is on its way"};
  if (batch.first_seq != place.seq + 1 || batch.prev != place.hash) {
    return {Outcome::kUnknown, 0,
            fmt::format("expected seq {} with the chain's hash, found seq {}", place.seq + 1,
                        batch.first_seq)};
  }
  return {Outcome::kOk, 0, ""};
}

std::vector<Appended> KafkaJournal::Append(std::span<const Batch> batches) {
  struct Sent {
    size_t batch;
    Followed* followed;
    std::shared_ptr<Making> made_by;
    int64_t expected;
    std::vector<std::string> hashes;
  };
  std::vector<Appended> answers;
  std::vector<Sent> sent;
  size_t entries = 0;
  const auto began = steady_clock::now();
  for (size_t i = 0; i < batches.size(); ++i) {
    const auto found = impl_->Find(batches[i].writer.slice);
    if (!found.ok()) {
      answers.push_back({Outcome::kUnknown, 0, found.status().ToString()});
      continue;
    }
    Followed& followed = **found;
    const std::lock_guard lock(followed.mutex);
    answers.push_back(impl_->Check(batches[i], followed));
    if (answers.back().outcome != Outcome::kOk || batches[i].entries.empty()) continue;
    followed.flying = true;
    entries += batches[i].entries.size();
    sent.push_back({i, &followed, followed.made_by, followed.view->place().offset, {}});
  }
  kafka::Flight flight(entries);
  size_t place = 0;
  for (auto& [i, followed, made_by, expected, hashes] : sent) {
    const Batch& batch = batches[i];
    RecordHeaders headers(impl_->options.city, batch.writer);
    rd_kafka_topic_t* topic = made_by->topics.at(batch.writer.slice.service).get();
    std::string_view prev = batch.prev;
    int64_t seq = batch.first_seq;
    hashes.reserve(batch.entries.size());
    for (const auto& entry : batch.entries) {
      const auto of_entry = headers.OfEntry(seq++, prev, entry);
      made_by->producer->Send(
          {topic, batch.writer.slice.partition, headers.key(), entry, false, of_entry}, flight,
          place++);
      prev = hashes.emplace_back(ChainHash(entry));
    }
  }
  const auto acks = flight.Wait();
  place = 0;
  std::vector<Flown> flown;
  for (const auto& one : sent) {
    const size_t count = batches[one.batch].entries.size();
    flown.push_back({one.expected, std::span(acks).subspan(place, count), {}});
    place += count;
  }
  const auto landings = Judge(flown);
  for (size_t k = 0; k < sent.size(); ++k) {
    const auto& one = sent[k];
    answers[one.batch] =
        impl_->Land(*one.followed, batches[one.batch], flown[k], landings[k], began, one.hashes);
  }
  return answers;
}

Appended KafkaJournal::Impl::Land(Followed& followed, const Batch& batch, Flown flown,
                                  Landing landing, SteadyTime began,
                                  const std::vector<std::string>& hashes) {
  const auto acks = flown.acks;
  std::unique_lock lock(followed.mutex);
  followed.flying = false;
  base::Status read_back;
  if (landing.gap && !landing.lost) {
    // Somebody else's records lie between: a fence, or void ones of a writer that was deposed.
    read_back = AwaitOffset(followed, lock, acks[landing.answer.landed - 1].offset + 1,
                            steady_clock::now() + kReadBackMost);
    flown.higher_fence = followed.view->HigherFence(batch.writer.epoch);
    landing = Judge({&flown, 1}).front();
    if (!read_back.ok()) landing.answer = {Outcome::kUnknown, 0, read_back.message()};
  }
  if (landing.lost) Break(followed, base::DataLoss("{}", landing.answer.why));
  if (landing.answer.outcome == Outcome::kOk && followed.broken.ok()) {
    int64_t seq = batch.first_seq;
    for (size_t i = 0; i < acks.size(); ++i, ++seq) {
      const std::string_view prev = i == 0 ? batch.prev : hashes[i - 1];
      const auto folded =
          followed.view->Fold({Record::Kind::kEntry, acks[i].offset, batch.writer.epoch,
                               batch.writer.instance, seq, prev, batch.entries[i], hashes[i]});
      if (!folded.ok()) Break(followed, folded.status());
    }
    followed.seen_at = std::max(followed.seen_at, began);
    Ring(followed.slice);
  }
  // The readers' view is the truth; what it does not show was not appended, whatever was reported.
  if (landing.answer.outcome == Outcome::kOk &&
      followed.view->place().seq < batch.first_seq + landing.answer.landed - 1) {
    landing.answer = {Outcome::kUnknown, 0, "its entries are not what readers see"};
  }
  if (landing.answer.outcome != Outcome::kOk) {
    if (followed.writer && followed.writer->epoch == batch.writer.epoch) followed.writer.reset();
    base::Log(base::Level::kWarning, "journal.append_failed",
              {{"slice", ToString(followed.slice)}, {"why", landing.answer.why}});
    if (const auto resumed = Resume(followed); !resumed.ok()) Break(followed, resumed);
  }
  followed.changed.notify_all();
  return landing.answer;
}

}  // namespace wanmi::journal
