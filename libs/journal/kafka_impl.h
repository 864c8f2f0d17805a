// KafkaJournal's inside: the slices, the producer and the threads. See kafka_journal.h.
//
// A Followed is made once for each partition and lives as long as the journal. Its mutex guards
// what is below it; no other lock is taken with it held but the consumer's and the bell's.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "journal/kafka_journal.h"
#include "journal/kafka_slice.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"

namespace wanmi::journal {

using SteadyTime = std::chrono::steady_clock::time_point;

// A producer and its topics. Appends that are in flight keep it while another is made.
struct Making {
  std::unique_ptr<kafka::Producer> producer;
  std::map<std::string, kafka::Topic> topics;  // by service
};

struct Followed {
  Followed(Slice of, kafka::Spot at) : slice(std::move(of)), spot(std::move(at)) {}
  const Slice slice;
  const kafka::Spot spot;

  std::mutex mutex;
  std::condition_variable changed;  // the place moved, or it broke
  std::optional<SliceView> view;    // none until it is followed
  base::Status broken;              // DATA_LOSS: for good
  bool reading = false;             // the consumer reads it
  bool flying = false;              // an append is on its way
  bool seen = false;                // to its end, once
  SteadyTime seen_at;
  // What this journal opened last, until an append was not kOk.
  std::optional<Writer> writer;
  std::shared_ptr<Making> made_by;
};

struct KafkaJournal::Impl {
  explicit Impl(KafkaOptions wanted);
  ~Impl();

  // kafka_journal.cc
  base::Result<Followed*> Find(const Slice& slice) const;
  // Followed, and seen to its end at least once.
  base::Result<Followed*> FindSeen(const Slice& slice);
  base::Status CatchUp(Followed& followed, std::chrono::milliseconds most);
  // Where the next record of the slice will stand.
  base::Result<int64_t> EndOf(const Followed& followed, SteadyTime until) const;
  base::Status Replay(const Followed& followed, Place from, int64_t* after, int64_t until,
                      const Visitor& visit, bool* go_on);
  // Gives the records from an offset on, by a reader of its own, until `take` wants no more or none
  // has come for as long as `patience`.
  base::Status ReadFrom(const Followed& followed, int64_t offset,
                        std::chrono::milliseconds patience,
                        const std::function<base::Result<bool>(const Record&)>& take);
  SliceView ViewFrom(Place place) const;

  // kafka_tail.cc: these need followed.mutex.
  base::Status Resume(Followed& followed);
  void Pause(Followed& followed);
  // Until the view has passed the offset.
  base::Status AwaitOffset(Followed& followed, std::unique_lock<std::mutex>& lock, int64_t offset,
                           SteadyTime until);
  void Break(Followed& followed, const base::Status& why);
  void Ring(const Slice& slice);

  void Start();
  void Tail(const std::stop_token& stop);
  void Watch(const std::stop_token& stop);
  void Tell(const std::stop_token& stop);
  void TakeMessage(const rd_kafka_message_t* message);
  void LookAtEnds();

  // kafka_append.cc
  base::Result<std::shared_ptr<Making>> Producer();
  base::Result<std::optional<Opened>> TryOpen(Followed& followed, wanmi::journal::v1::Fence& fence);
  Appended Check(const Batch& batch, const Followed& followed) const;
  // What became of a batch, first judged by its acknowledgements alone.
  Appended Land(Followed& followed, const Batch& batch, Flown flown, Landing landing,
                SteadyTime began, const std::vector<std::string>& hashes);

  const KafkaOptions options;
  // By service, then partition; and the same by topic. Not changed after construction.
  std::map<std::string, std::vector<std::unique_ptr<Followed>>> slices;
  std::map<std::string, std::vector<std::unique_ptr<Followed>>*, std::less<>> by_topic;
  std::unique_ptr<kafka::Consumer> consumer;

  std::mutex producer_mutex;
  std::shared_ptr<Making> making;  // guarded by producer_mutex

  std::mutex idle_mutex;
  std::vector<std::unique_ptr<kafka::Consumer>> idle;  // for Replay; guarded by idle_mutex

  std::mutex bell_mutex;
  std::condition_variable_any bell;
  std::set<Slice> grown;                           // guarded by bell_mutex
  std::mutex call_mutex;                           // held while it is called
  std::function<void(const Slice&)> grown_called;  // guarded by call_mutex

  std::mutex watch_mutex;
  std::condition_variable_any watch;
  std::jthread tail_thread, watch_thread, bell_thread;  // the last to be made, the first to end
};

}  // namespace wanmi::journal
