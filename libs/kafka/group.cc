#include "kafka/group.h"

#include "kafka/consumer.h"

namespace wanmi::kafka {
namespace {
constexpr int kPollMs = 50;
}

base::Result<std::unique_ptr<Group>> Group::Make(const Cluster& cluster, const std::string& group,
                                                 const std::string& topic) {
  std::unique_ptr<Group> made(new Group(topic));
  const Properties ours = {
      {"group.id", group},
      {"partition.assignment.strategy", "range"},
      {"session.timeout.ms", "6000"},
      {"heartbeat.interval.ms", "500"},
      {"max.poll.interval.ms", "30000"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "latest"},  // there is nothing to read
  };
  ASSIGN_OR_RETURN(made->handle_, MakeHandle(RD_KAFKA_CONSUMER, cluster, ours,
                                             {.opaque = made.get(), .rebalance = Rebalance}));
  rd_kafka_poll_set_consumer(made->handle_.get());
  made->thread_ =
      std::jthread([group = made.get()](const std::stop_token& stop) { group->Run(stop); });
  return made;
}

Group::~Group() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Group::Assigned Group::Now() const {
  const std::lock_guard lock(mutex_);
  return assigned_;
}

// A revocation closes nothing: what is gone, the next assignment tells.
void Group::Rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                      rd_kafka_topic_partition_list_t* partitions, void* self) {
  auto& group = *static_cast<Group*>(self);
  if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rd_kafka_assign(handle, nullptr);
    group.holds_ = false;
    return;
  }
  rd_kafka_assign(handle, partitions);
  group.holds_ = true;
  const std::lock_guard lock(group.mutex_);
  group.assigned_.partitions.clear();
  for (int i = 0; i < partitions->cnt; ++i)
    group.assigned_.partitions.insert(partitions->elems[i].partition);
}

void Group::Run(const std::stop_token& stop) {
  bool joined = false;
  while (!stop.stop_requested()) {
    if (willing_ != joined) {
      joined = willing_;
      if (joined) {
        rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, topic_.c_str(), RD_KAFKA_PARTITION_UA);
        rd_kafka_subscribe(handle_.get(), topics);
        rd_kafka_topic_partition_list_destroy(topics);
      } else {
        rd_kafka_unsubscribe(handle_.get());
      }
    }
    const Taken ignored(rd_kafka_consumer_poll(handle_.get(), kPollMs));
    const std::lock_guard lock(mutex_);
    if (holds_) ++assigned_.look;
  }
  rd_kafka_consumer_close(handle_.get());  // leaves the group, so that others need not wait
}

base::Result<int> MembersOf(rd_kafka_t* handle, const std::string& group,
                            std::chrono::milliseconds most) {
  const rd_kafka_group_list* groups = nullptr;
  const auto error =
      rd_kafka_list_groups(handle, group.c_str(), &groups, static_cast<int>(most.count()));
  int members = 0;
  for (int i = 0; groups && i < groups->group_cnt; ++i) members += groups->groups[i].member_cnt;
  if (groups) rd_kafka_group_list_destroy(groups);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return members;
  return base::Unavailable("the members of group {} cannot be told: {}; try again", group,
                           rd_kafka_err2str(error));
}

}  // namespace wanmi::kafka
