// Producer: an idempotent producer, and what became of each message.
//
// Messages that are sent together fly together: a Flight has a place for each, and Wait() returns
// when every one was acknowledged by the in-sync replicas or given up, after `message_timeout` at
// the latest. The report is the only source: a message without one is in doubt, and so is one that
// was acknowledged without an offset.
//
// Once failed() it stays so: what is in flight is given up and nothing more is taken; make another.
// Safe from any thread. Its memory is bounded: Send() waits while the queue is full.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/status.h"
#include "kafka/ack.h"
#include "kafka/client.h"

namespace wanmi::kafka {

class Flight {
 public:
  explicit Flight(size_t messages);
  Flight(const Flight&) = delete;
  // All of them, in the order of their places.
  std::vector<Ack> Wait();

 private:
  friend class Producer;
  struct Place {
    Flight* flight;
    Ack ack;
  };
  void Land();

  std::vector<Place> places_;
  std::mutex mutex_;
  std::condition_variable landed_;
  size_t in_air_;  // guarded by mutex_
};

struct Header {
  std::string_view name;
  std::string value;
};

struct Message {  // key and value must live until the flight has landed
  rd_kafka_topic_t* topic;
  int partition = 0;
  std::string_view key;
  std::string_view value;
  bool tombstone = false;  // no value at all
  std::span<const Header> headers;
};

struct ProducerOptions {
  std::chrono::milliseconds message_timeout{10'000};
  int queue_kbytes = 64 * 1024;
};

class Producer {
 public:
  static base::Result<std::unique_ptr<Producer>> Make(const Cluster& cluster,
                                                      const ProducerOptions& options);
  ~Producer();

  Topic MakeTopic(const std::string& name);
  void Send(const Message& message, Flight& flight, size_t place);
  bool failed() const { return failed_; }

 private:
  Producer() = default;
  void Poll(const std::stop_token& stop);

  Handle handle_;
  std::atomic<bool> failed_{false};
  std::jthread poll_;  // joined before the handle goes
};

}  // namespace wanmi::kafka
