// What everything that speaks to Kafka shares: handles of librdkafka with settings of our choice,
// and topics: made, described.
//
// A handle is safe from any thread and has threads of its own; what it says goes to the log as
// `kafka.client`. Errors: UNAVAILABLE (the brokers do not answer; try again), FAILED_PRECONDITION
// (a setting that must not be).
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace wanmi::kafka {

using Properties = std::map<std::string, std::string>;

struct Cluster {
  std::string bootstrap;  // "host:port,host:port"
  Properties properties;  // any of librdkafka's, such as those of TLS
};

struct DestroyHandle {
  void operator()(rd_kafka_t* handle) const;
};
using Handle = std::unique_ptr<rd_kafka_t, DestroyHandle>;

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

// What a handle calls, on its own threads or on the one that polls it.
struct Callbacks {
  void* opaque = nullptr;
  void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
  void (*failed)(rd_kafka_t*, int, const char*, void*) = nullptr;
  void (*rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*,
                    void*) = nullptr;
};

// `ours` wins over the cluster's properties.
base::Result<Handle> MakeHandle(rd_kafka_type_t type, const Cluster& cluster,
                                const Properties& ours, const Callbacks& callbacks = {});

struct TopicPlan {
  std::string name;
  int partitions = 1;
  int replication = 1;
  Properties settings;  // "retention.ms": "-1"
};

// Makes those that are not there yet, and waits until each has leaders.
base::Status CreateTopics(rd_kafka_t* handle, const std::vector<TopicPlan>& plans,
                          std::chrono::milliseconds most);

// What `look` says of topics that were just made. Brokers hear of them one after another, and each
// question may go to another: NOT_FOUND and UNAVAILABLE are no answer yet, for `most`.
base::Status AwaitKnown(const std::function<base::Status()>& look, std::chrono::milliseconds most);

struct TopicShape {
  int partitions = 0;
  int replicas = 0;  // of the partition that has fewest
};
// NOT_FOUND if there is no such topic.
base::Result<TopicShape> ShapeOf(rd_kafka_t* handle, const std::string& topic,
                                 std::chrono::milliseconds most);
base::Result<Properties> SettingsOf(rd_kafka_t* handle, const std::string& topic,
                                    std::chrono::milliseconds most);

}  // namespace wanmi::kafka
