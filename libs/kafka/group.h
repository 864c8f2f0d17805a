// Group: membership of a consumer group, used for nothing but to divide partitions among processes.
//
// The topic is empty: what is assigned says who is to own which partition of something else. A
// member that is not willing is in no group. Nothing hangs on the group being right
// (runtime/ownership.h). One thread of its own; safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/status.h"
#include "kafka/client.h"

namespace wanmi::kafka {

class Group {
 public:
  struct Assigned {
    int64_t look = 0;  // polls that still found these to be ours
    std::set<int> partitions;
  };

  static base::Result<std::unique_ptr<Group>> Make(const Cluster& cluster, const std::string& group,
                                                   const std::string& topic);
  ~Group();  // leaves
  void SetWilling(bool willing) { willing_ = willing; }
  Assigned Now() const;

 private:
  explicit Group(std::string topic) : topic_(std::move(topic)) {}
  static void Rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                        rd_kafka_topic_partition_list_t* partitions, void* self);
  void Run(const std::stop_token& stop);

  const std::string topic_;
  Handle handle_;
  std::atomic<bool> willing_{false};
  bool holds_ = false;  // between an assignment and its revocation; the thread's own
  mutable std::mutex mutex_;
  Assigned assigned_;  // guarded by mutex_
  std::jthread thread_;
};

// How many there are in a group. One that was killed counts until its session ends, 6 s.
base::Result<int> MembersOf(rd_kafka_t* handle, const std::string& group,
                            std::chrono::milliseconds most);

}  // namespace wanmi::kafka
