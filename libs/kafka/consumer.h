// Consumer: reads partitions from offsets that are given to it, and commits nothing.
//
// It joins no group. Each partition is started and stopped by itself; what they have arrives in one
// queue, which one thread takes from. Between a partition's messages comes its end, as often as it
// is reached. An offset that is not there is an error and never a jump (auto.offset.reset=error).
//
// Start, Stop and EndsOf are safe from any thread; what was queued before a Stop may still come.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "kafka/client.h"

namespace wanmi::kafka {

struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Taken = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;

struct Spot {  // a partition of a topic
  std::string topic;
  int partition = 0;
  friend auto operator<=>(const Spot&, const Spot&) = default;
};

class Consumer {
 public:
  static base::Result<std::unique_ptr<Consumer>> Make(const Cluster& cluster, int queue_kbytes);
  ~Consumer();

  base::Status Start(const Spot& spot, int64_t offset);
  void Stop(const Spot& spot);
  // The next message, end (error __PARTITION_EOF) or error; null if none came in time.
  Taken Next(std::chrono::milliseconds most);
  // Where the next message of each will stand; -1 where that cannot be had now. UNAVAILABLE if it
  // cannot be had of any.
  base::Result<std::vector<int64_t>> EndsOf(const std::vector<Spot>& spots,
                                            std::chrono::milliseconds most) const;
  rd_kafka_t* handle() const { return handle_.get(); }

 private:
  Consumer() = default;
  rd_kafka_topic_t* TopicOf(const std::string& name);
  void Wake();
  base::Result<std::vector<int64_t>> AskEnds(const std::vector<Spot>& spots,
                                             std::chrono::milliseconds most) const;

  Handle handle_;
  rd_kafka_queue_t* queue_ = nullptr;
  size_t queued_before_ = 0;  // of who calls Next()
  std::mutex mutex_;
  std::map<std::string, Topic> topics_;  // guarded by mutex_, and so are the spots started
  std::map<Spot, bool> started_;
};

// Of a message; an empty text if it has no such header.
std::string_view HeaderOf(const rd_kafka_message_t* message, const char* name);

}  // namespace wanmi::kafka
