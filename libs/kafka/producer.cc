#include "kafka/producer.h"

#include "base/log.h"

namespace wanmi::kafka {

Flight::Flight(size_t messages) : places_(messages, Place{this, {}}), in_air_(messages) {}

std::vector<Ack> Flight::Wait() {
  std::unique_lock lock(mutex_);
  landed_.wait(lock, [&] { return in_air_ == 0; });
  std::vector<Ack> acks;
  acks.reserve(places_.size());
  for (auto& place : places_) acks.push_back(std::move(place.ack));
  return acks;
}

void Flight::Land() {
  // Told with the lock held: whoever waits may destroy the flight as soon as it is let go.
  const std::lock_guard lock(mutex_);
  if (--in_air_ == 0) landed_.notify_all();
}

base::Result<std::unique_ptr<Producer>> Producer::Make(const Cluster& cluster,
                                                       const ProducerOptions& options) {
  std::unique_ptr<Producer> producer(new Producer);
  Callbacks callbacks;
  callbacks.opaque = producer.get();
  callbacks.delivered = [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    auto* place = static_cast<Flight::Place*>(message->_private);
    place->ack.acknowledged = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (place->ack.acknowledged) {
      place->ack.offset = message->offset;
    } else {
      place->ack.error = rd_kafka_err2str(message->err);
    }
    place->flight->Land();
  };
  callbacks.failed = [](rd_kafka_t* handle, int error, const char* why, void* opaque) {
    if (error != RD_KAFKA_RESP_ERR__FATAL) return;
    char fatal[512] = "";
    rd_kafka_fatal_error(handle, fatal, sizeof(fatal));
    base::Log(base::Level::kError, "kafka.producer_failed", {{"text", why}, {"why", fatal}});
    static_cast<Producer*>(opaque)->failed_ = true;
  };
  const Properties ours = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", "0"},
      {"compression.type", "zstd"},
      {"message.timeout.ms", std::to_string(options.message_timeout.count())},
      {"queue.buffering.max.kbytes", std::to_string(options.queue_kbytes)},
      {"retry.backoff.ms", "50"},
  };
  ASSIGN_OR_RETURN(producer->handle_, MakeHandle(RD_KAFKA_PRODUCER, cluster, ours, callbacks));
  producer->poll_ =
      std::jthread([made = producer.get()](std::stop_token stop) { made->Poll(stop); });
  return producer;
}

Producer::~Producer() {
  // Nobody waits for a report any more: every flight has landed.
  poll_.request_stop();
  poll_.join();
}

Topic Producer::MakeTopic(const std::string& name) {
  return Topic(rd_kafka_topic_new(handle_.get(), name.c_str(), nullptr));
}

void Producer::Send(const Message& message, Flight& flight, size_t place) {
  auto& at = flight.places_[place];
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& header : message.headers) {
    rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  // A pointer that is never read: an empty value is not the same as none.
  char* value = message.tombstone ? nullptr : const_cast<char*>(message.value.data());
  const auto error = rd_kafka_producev(
      handle_.get(), RD_KAFKA_V_RKT(message.topic), RD_KAFKA_V_PARTITION(message.partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_BLOCK),
      RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(value, message.tombstone ? 0 : message.value.size()),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(&at), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  rd_kafka_headers_destroy(headers);
  at.ack.error = rd_kafka_err2str(error);
  flight.Land();
}

void Producer::Poll(const std::stop_token& stop) {
  bool purged = false;
  while (!stop.stop_requested() || rd_kafka_outq_len(handle_.get()) > 0) {
    rd_kafka_poll(handle_.get(), 50);
    if (failed_ && !purged) {
      rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      purged = true;
    }
  }
}

}  // namespace wanmi::kafka
