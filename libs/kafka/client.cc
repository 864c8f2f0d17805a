#include "kafka/client.h"

#include <algorithm>
#include <thread>

#include "base/log.h"

namespace wanmi::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kSyslogError = 3;

void Say(const rd_kafka_t*, int level, const char* facility, const char* text) {
  base::Log(level <= kSyslogError ? base::Level::kWarning : base::Level::kInfo, "kafka.client",
            {{"facility", facility}, {"text", text}});
}

// What every handle has. librdkafka 2.0.2 leaves Nagle's algorithm on and waits up to 10 s before
// it tries a broker again.
const Properties& Common() {
  static const Properties common = {
      {"client.id", "wanmi"},
      {"log_level", "4"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      // A broker that hangs, or cannot be reached any more, closes no connection: after so long it
      // counts as gone, and others are asked who leads now. The library's own 60 s would be ours.
      {"socket.timeout.ms", "3000"},
      // Its kernel still takes connections, so the first question on a new one hangs too. Together
      // they are less than a group's session, and who has the group elsewhere keeps what it owns.
      {"api.version.request.timeout.ms", "1000"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "500"},
      {"topic.metadata.refresh.fast.interval.ms", "50"},
      {"allow.auto.create.topics", "false"},
  };
  return common;
}

struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;
struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;
struct DestroyOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, DestroyOptions>;

AdminOptions OptionsFor(rd_kafka_t* handle, rd_kafka_admin_op_t operation, milliseconds most) {
  char why[256];
  AdminOptions options(rd_kafka_AdminOptions_new(handle, operation));
  const int limit = static_cast<int>(most.count());
  rd_kafka_AdminOptions_set_request_timeout(options.get(), limit, why, sizeof(why));
  if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS) {
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), limit, why, sizeof(why));
  }
  return options;
}

// The answer, or why there is none.
base::Result<Event> Answer(const Queue& queue, milliseconds most, std::string_view doing) {
  Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(most.count()) + 1'000));
  if (!event) return base::Unavailable("while {}: the brokers do not answer; try again", doing);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return base::Unavailable("while {}: {}; try again", doing,
                             rd_kafka_event_error_string(event.get()));
  }
  return event;
}

base::Status LeadersOf(rd_kafka_t* handle, const TopicPlan& plan) {
  ASSIGN_OR_RETURN(const auto shape, ShapeOf(handle, plan.name, milliseconds(1'000)));
  if (shape.partitions >= plan.partitions) return {};
  return base::Unavailable("topic {} was made, but not all of its partitions have leaders",
                           plan.name);
}

}  // namespace

void DestroyHandle::operator()(rd_kafka_t* handle) const {
  rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

base::Result<Handle> MakeHandle(rd_kafka_type_t type, const Cluster& cluster,
                                const Properties& ours, const Callbacks& callbacks) {
  Properties all = Common();
  all["bootstrap.servers"] = cluster.bootstrap;
  for (const auto& [name, value] : cluster.properties) all[name] = value;
  for (const auto& [name, value] : ours) all[name] = value;
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof(why)) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return base::FailedPrecondition("expected settings that librdkafka takes, found {}={}: {}",
                                      name, value, why);
    }
  }
  rd_kafka_conf_set_opaque(conf, callbacks.opaque);
  rd_kafka_conf_set_log_cb(conf, Say);
  if (callbacks.delivered) rd_kafka_conf_set_dr_msg_cb(conf, callbacks.delivered);
  if (callbacks.failed) rd_kafka_conf_set_error_cb(conf, callbacks.failed);
  if (callbacks.rebalance) rd_kafka_conf_set_rebalance_cb(conf, callbacks.rebalance);
  rd_kafka_t* made = rd_kafka_new(type, conf, why, sizeof(why));
  if (!made) {
    rd_kafka_conf_destroy(conf);
    return base::FailedPrecondition("librdkafka does not start: {}", why);
  }
  return Handle(made);
}

base::Status CreateTopics(rd_kafka_t* handle, const std::vector<TopicPlan>& plans,
                          milliseconds most) {
  const auto until = steady_clock::now() + most;
  std::vector<rd_kafka_NewTopic_t*> topics;
  for (const auto& plan : plans) {
    char why[256];
    topics.push_back(rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, plan.replication,
                                           why, sizeof(why)));
    for (const auto& [name, value] : plan.settings) {
      rd_kafka_NewTopic_set_config(topics.back(), name.c_str(), value.c_str());
    }
  }
  const Queue queue(rd_kafka_queue_new(handle));
  const auto options = OptionsFor(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, most);
  rd_kafka_CreateTopics(handle, topics.data(), topics.size(), options.get(), queue.get());
  rd_kafka_NewTopic_destroy_array(topics.data(), topics.size());
  ASSIGN_OR_RETURN(const Event event, Answer(queue, most, "making topics"));
  size_t count = 0;
  const auto* answer = rd_kafka_event_CreateTopics_result(event.get());
  const auto* results = rd_kafka_CreateTopics_result_topics(answer, &count);
  for (size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      continue;
    const char* why = rd_kafka_topic_result_error_string(results[i]);
    return base::Unavailable("topic {} cannot be made: {}", rd_kafka_topic_result_name(results[i]),
                             why ? why : rd_kafka_err2str(error));
  }
  return AwaitKnown(
      [&]() -> base::Status {
        for (const auto& plan : plans) RETURN_IF_ERROR(LeadersOf(handle, plan));
        return {};
      },
      std::chrono::duration_cast<milliseconds>(until - steady_clock::now()));
}

base::Status AwaitKnown(const std::function<base::Status()>& look, milliseconds most) {
  const auto until = steady_clock::now() + most;
  while (true) {
    const base::Status found = look();
    const bool again =
        found.code() == base::Code::kNotFound || found.code() == base::Code::kUnavailable;
    if (!again || steady_clock::now() > until) return found;
    std::this_thread::sleep_for(milliseconds(20));
  }
}

base::Result<TopicShape> ShapeOf(rd_kafka_t* handle, const std::string& topic, milliseconds most) {
  const Topic asked(rd_kafka_topic_new(handle, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error =
      rd_kafka_metadata(handle, 0, asked.get(), &metadata, static_cast<int>(most.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return base::Unavailable("while asking about topic {}: {}; see that the brokers serve", topic,
                             rd_kafka_err2str(error));
  }
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned(
      metadata, &rd_kafka_metadata_destroy);
  if (metadata->topic_cnt != 1 ||
      metadata->topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return base::NotFound("expected topic {}, found none; make it first", topic);
  }
  const auto& found = metadata->topics[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return base::Unavailable("topic {}: {}", topic, rd_kafka_err2str(found.err));
  }
  TopicShape shape{found.partition_cnt, found.partition_cnt > 0 ? 1 << 20 : 0};
  for (int p = 0; p < found.partition_cnt; ++p) {
    if (found.partitions[p].leader < 0)
      return base::Unavailable("partition {} of topic {} has no leader", p, topic);
    shape.replicas = std::min(shape.replicas, found.partitions[p].replica_cnt);
  }
  return shape;
}

base::Result<Properties> SettingsOf(rd_kafka_t* handle, const std::string& topic,
                                    milliseconds most) {
  rd_kafka_ConfigResource_t* asked =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  const Queue queue(rd_kafka_queue_new(handle));
  const auto options = OptionsFor(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, most);
  rd_kafka_DescribeConfigs(handle, &asked, 1, options.get(), queue.get());
  rd_kafka_ConfigResource_destroy(asked);
  ASSIGN_OR_RETURN(const Event event, Answer(queue, most, "reading the settings of " + topic));
  size_t count = 0;
  const auto* answer = rd_kafka_event_DescribeConfigs_result(event.get());
  const auto* resources = rd_kafka_DescribeConfigs_result_resources(answer, &count);
  if (count != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* why = count == 1 ? rd_kafka_ConfigResource_error_string(resources[0]) : nullptr;
    return base::Unavailable("the settings of {} cannot be read: {}", topic,
                             why ? why : "no reason");
  }
  Properties settings;
  const auto* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    settings[rd_kafka_ConfigEntry_name(entries[i])] = value ? value : "";
  }
  return settings;
}

}  // namespace wanmi::kafka
