#include "kafka/consumer.h"

namespace wanmi::kafka {
namespace {
constexpr size_t kQueuedFew = 1'000;
constexpr std::chrono::milliseconds kWakeMost{100};
}  // namespace

base::Result<std::unique_ptr<Consumer>> Consumer::Make(const Cluster& cluster, int queue_kbytes) {
  std::unique_ptr<Consumer> consumer(new Consumer);
  const Properties ours = {
      {"auto.offset.reset", "error"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      {"check.crcs", "true"},
      {"queued.min.messages", "10000"},
      {"queued.max.messages.kbytes", std::to_string(queue_kbytes)},
      {"fetch.error.backoff.ms", "20"},
      {"fetch.wait.max.ms", "50"},
  };
  ASSIGN_OR_RETURN(consumer->handle_, MakeHandle(RD_KAFKA_CONSUMER, cluster, ours));
  consumer->queue_ = rd_kafka_queue_new(consumer->handle_.get());
  return consumer;
}

Consumer::~Consumer() {
  for (const auto& [spot, started] : started_) {
    if (started) rd_kafka_consume_stop(TopicOf(spot.topic), spot.partition);
  }
  topics_.clear();
  if (queue_) rd_kafka_queue_destroy(queue_);
}

rd_kafka_topic_t* Consumer::TopicOf(const std::string& name) {
  Topic& topic = topics_[name];
  if (!topic) topic.reset(rd_kafka_topic_new(handle_.get(), name.c_str(), nullptr));
  return topic.get();
}

base::Status Consumer::Start(const Spot& spot, int64_t offset) {
  const std::lock_guard lock(mutex_);
  if (rd_kafka_consume_start_queue(TopicOf(spot.topic), spot.partition, offset, queue_) != 0) {
    return base::Unavailable("while starting to read {}/{}: {}", spot.topic, spot.partition,
                             rd_kafka_err2str(rd_kafka_last_error()));
  }
  started_[spot] = true;
  return {};
}

void Consumer::Stop(const Spot& spot) {
  const std::lock_guard lock(mutex_);
  bool& started = started_[spot];
  if (started) rd_kafka_consume_stop(TopicOf(spot.topic), spot.partition);
  started = false;
}

Taken Consumer::Next(std::chrono::milliseconds most) {
  Taken taken(rd_kafka_consume_queue(queue_, static_cast<int>(most.count())));
  const size_t queued = rd_kafka_queue_length(queue_);
  if (queued_before_ >= kQueuedFew && queued < kQueuedFew) Wake();
  queued_before_ = queued;
  return taken;
}

// Where its queue is at a limit, librdkafka 2.0 looks again after up to a second, though the queue
// be empty long before. Whatever else is asked of a broker makes it look at once.
void Consumer::Wake() {
  std::vector<Spot> spots;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [spot, started] : started_) {
      if (started) spots.push_back(spot);
    }
  }
  (void)EndsOf(spots, kWakeMost);
}

base::Result<std::vector<int64_t>> Consumer::EndsOf(const std::vector<Spot>& spots,
                                                    std::chrono::milliseconds most) const {
  std::map<std::string, std::vector<size_t>> by_topic;  // of `spots`
  for (size_t i = 0; i < spots.size(); ++i) by_topic[spots[i].topic].push_back(i);
  if (by_topic.size() <= 1) return AskEnds(spots, most);
  if (auto ends = AskEnds(spots, most / 2); ends.ok()) return ends;
  // Where one leader does not answer, or says that it does not know it yet, none is told of any. So
  // by topic: whatever serves is known.
  std::vector<int64_t> ends(spots.size(), -1);
  base::Status why;
  size_t known = 0;
  for (const auto& [topic, places] : by_topic) {
    std::vector<Spot> some;
    for (const size_t place : places) some.push_back(spots[place]);
    const auto told = AskEnds(some, most / 2 / static_cast<int>(by_topic.size()));
    if (!told.ok()) {
      why = told.status();
      continue;
    }
    ++known;
    for (size_t i = 0; i < places.size(); ++i) ends[places[i]] = (*told)[i];
  }
  if (known == 0) return why;
  return ends;
}

base::Result<std::vector<int64_t>> Consumer::AskEnds(const std::vector<Spot>& spots,
                                                     std::chrono::milliseconds most) const {
  struct Destroy {
    void operator()(rd_kafka_topic_partition_list_t* list) const {
      rd_kafka_topic_partition_list_destroy(list);
    }
  };
  const std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(spots.size())));
  for (const auto& spot : spots) {
    // As a time this asks for the end.
    rd_kafka_topic_partition_list_add(list.get(), spot.topic.c_str(), spot.partition)->offset =
        RD_KAFKA_OFFSET_END;
  }
  const auto error =
      rd_kafka_offsets_for_times(handle_.get(), list.get(), static_cast<int>(most.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return base::Unavailable("where topics end cannot be had: {}; see that the brokers serve",
                             rd_kafka_err2str(error));
  }
  std::vector<int64_t> ends;
  for (const auto& spot : spots) {
    const auto* found =
        rd_kafka_topic_partition_list_find(list.get(), spot.topic.c_str(), spot.partition);
    const bool known = found->err == RD_KAFKA_RESP_ERR_NO_ERROR && found->offset >= 0;
    ends.push_back(known ? found->offset : -1);
  }
  return ends;
}

std::string_view HeaderOf(const rd_kafka_message_t* message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  return {static_cast<const char*>(value), size};
}

}  // namespace wanmi::kafka
