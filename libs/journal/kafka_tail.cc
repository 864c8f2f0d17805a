// The threads of a KafkaJournal: one reads what is followed, one looks where topics end, one tells
// the listener what grew.
#include "base/log.h"
#include "journal/kafka_impl.h"
#include "journal/kafka_record.h"

namespace wanmi::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Two looks in a row take less than the 5 s after which nothing is decided by what was not seen.
constexpr milliseconds kLookEvery{500}, kLookMost{1'500}, kPoll{100};

}  // namespace

void KafkaJournal::Impl::Start() {
  tail_thread = std::jthread([this](std::stop_token stop) { Tail(stop); });
  watch_thread = std::jthread([this](std::stop_token stop) { Watch(stop); });
  bell_thread = std::jthread([this](std::stop_token stop) { Tell(stop); });
}

base::Status KafkaJournal::Impl::Resume(Followed& followed) {
  if (followed.reading || !followed.broken.ok()) return {};
  RETURN_IF_ERROR(consumer->Start(followed.spot, followed.view->place().offset));
  followed.reading = true;
  return {};
}

void KafkaJournal::Impl::Pause(Followed& followed) {
  if (followed.reading) consumer->Stop(followed.spot);
  followed.reading = false;
}

base::Status KafkaJournal::Impl::AwaitOffset(Followed& followed, std::unique_lock<std::mutex>& lock,
                                             int64_t offset, SteadyTime until) {
  if (followed.view->place().offset >= offset) return followed.broken;
  RETURN_IF_ERROR(Resume(followed));
  const bool there = followed.changed.wait_until(lock, until, [&] {
    return !followed.broken.ok() || followed.view->place().offset >= offset;
  });
  RETURN_IF_ERROR(followed.broken);
  if (there) return {};
  return base::DeadlineExceeded("expected {} to be read up to offset {}, found {}; try again",
                                ToString(followed.slice), offset, followed.view->place().offset);
}

void KafkaJournal::Impl::Break(Followed& followed, const base::Status& why) {
  followed.broken = base::DataLoss("{}: {}", ToString(followed.slice), why.message());
  base::Log(base::Level::kError, "journal.lost",
            {{"slice", ToString(followed.slice)}, {"why", followed.broken.message()}});
  followed.writer.reset();
  Pause(followed);
  followed.changed.notify_all();
}

void KafkaJournal::Impl::Tail(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const auto taken = consumer->Next(kPoll)) TakeMessage(taken.get());
  }
}

void KafkaJournal::Impl::TakeMessage(const rd_kafka_message_t* message) {
  const auto found = by_topic.find(std::string_view(rd_kafka_topic_name(message->rkt)));
  if (found == by_topic.end() || message->partition < 0 ||
      message->partition >= static_cast<int>(found->second->size())) {
    return;
  }
  Followed& followed = *(*found->second)[static_cast<size_t>(message->partition)];
  const std::lock_guard lock(followed.mutex);
  if (!followed.reading) return;  // it was queued before a pause
  // An end is not believed either: what stood before it may have been dropped while we wrote.
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
  if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    return Break(followed, base::DataLoss("nothing is there at offset {}, which was there before; "
                                          "restore the city from its backup",
                                          followed.view->place().offset));
  } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return base::Log(
        base::Level::kWarning, "journal.read_failed",
        {{"slice", ToString(followed.slice)}, {"why", rd_kafka_message_errstr(message)}});
  } else {
    const auto worth = followed.view->Fold(ToRecord(message));
    if (!worth.ok()) return Break(followed, worth.status());
    if (*worth == Worth::kGap) {  // of a reading before the last pause
      Pause(followed);
      if (const auto again = Resume(followed); !again.ok()) Break(followed, again);
      return;
    }
    if (*worth != Worth::kVoid) Ring(followed.slice);
  }
  followed.changed.notify_all();
}

void KafkaJournal::Impl::Watch(const std::stop_token& stop) {
  std::unique_lock lock(watch_mutex);
  while (!stop.stop_requested()) {
    watch.wait_for(lock, stop, kLookEvery, [] { return false; });
    if (!stop.stop_requested()) LookAtEnds();
  }
}

// What is read twice a second although nothing comes: whether that is because nothing is there. A
// slice that we write is read again as soon as somebody else wrote, and no longer than that.
void KafkaJournal::Impl::LookAtEnds() {
  std::vector<Followed*> all;
  std::vector<kafka::Spot> spots;
  for (const auto& [service, partitions] : slices) {
    for (const auto& followed : partitions) {
      const std::lock_guard lock(followed->mutex);
      if (!followed->view || !followed->broken.ok()) continue;
      all.push_back(followed.get());
      spots.push_back(followed->spot);
    }
  }
  if (all.empty()) return;
  const auto asked = steady_clock::now();
  const auto ends = consumer->EndsOf(spots, kLookMost);
  if (!ends.ok()) return;
  for (size_t i = 0; i < all.size(); ++i) {
    Followed& followed = *all[i];
    const int64_t end = (*ends)[i];
    const std::lock_guard lock(followed.mutex);
    if (end < 0 || followed.flying) continue;
    const int64_t here = followed.view->place().offset;
    if (here >= end) {
      followed.seen = true;
      followed.seen_at = std::max(followed.seen_at, asked);
      const bool ours =
          followed.writer && followed.writer->epoch == followed.view->place().fence.epoch();
      if (ours && here == end) Pause(followed);
    } else if (const auto resumed = Resume(followed); !resumed.ok()) {
      base::Log(base::Level::kWarning, "journal.read_failed",
                {{"slice", ToString(followed.slice)}, {"why", resumed.ToString()}});
    }
  }
}

void KafkaJournal::Impl::Ring(const Slice& slice) {
  const std::lock_guard lock(bell_mutex);
  grown.insert(slice);
  bell.notify_one();
}

void KafkaJournal::Impl::Tell(const std::stop_token& stop) {
  std::unique_lock lock(bell_mutex);
  while (bell.wait(lock, stop, [&] { return !grown.empty(); })) {
    const auto told = std::move(grown);
    grown.clear();
    lock.unlock();
    {
      const std::lock_guard calling(call_mutex);
      for (const auto& slice : told) {
        if (grown_called) grown_called(slice);
      }
    }
    lock.lock();
  }
}

}  // namespace wanmi::journal
