#include "journal/kafka_topics.h"

#include <charconv>

namespace wanmi::journal {
namespace {

constexpr std::chrono::milliseconds kMost{15'000};

base::Status Refuse(const std::string& topic, std::string_view setting, std::string_view expected,
                    std::string_view found) {
  return base::FailedPrecondition("topic {}: expected {} {}, found {}; change the topic's setting",
                                  topic, setting, expected, found);
}

base::Status CheckTopic(rd_kafka_t* handle, const std::string& topic, int partitions,
                        const KafkaOptions& options) {
  ASSIGN_OR_RETURN(const auto shape, kafka::ShapeOf(handle, topic, kMost));
  if (shape.partitions != partitions) {
    return base::FailedPrecondition(
        "topic {}: expected {} partitions, found {}; it belongs to another city or was changed, "
        "and a changed number moves every case: restore it",
        topic, partitions, shape.partitions);
  }
  if (shape.replicas < options.replication) {
    return Refuse(topic, "replication factor", fmt::format("{} or more", options.replication),
                  std::to_string(shape.replicas));
  }
  ASSIGN_OR_RETURN(auto settings, kafka::SettingsOf(handle, topic, kMost));
  constexpr std::pair<const char*, const char*> kWanted[] = {
      {"retention.ms", "-1"},
      {"retention.bytes", "-1"},
      {"cleanup.policy", "delete"},
      {"unclean.leader.election.enable", "false"}};
  for (const auto& [setting, wanted] : kWanted) {
    if (settings[setting] != wanted) return Refuse(topic, setting, wanted, settings[setting]);
  }
  const std::string& in_sync = settings["min.insync.replicas"];
  int found = 0;
  std::from_chars(in_sync.data(), in_sync.data() + in_sync.size(), found);
  if (found < options.min_insync) {
    return Refuse(topic, "min.insync.replicas", fmt::format("{} or more", options.min_insync),
                  in_sync);
  }
  return {};
}

}  // namespace

base::Status PrepareTopics(rd_kafka_t* handle, const KafkaOptions& options) {
  if (options.create) {
    std::vector<kafka::TopicPlan> plans;
    for (const auto& [service, partitions] : options.partitions) {
      plans.push_back({TopicOf(options.city, service),
                       partitions,
                       options.replication,
                       {{"retention.ms", "-1"},
                        {"retention.bytes", "-1"},
                        {"cleanup.policy", "delete"},
                        {"unclean.leader.election.enable", "false"},
                        {"min.insync.replicas", std::to_string(options.min_insync)},
                        // An entry has 512 KiB at most, and its headers.
                        {"max.message.bytes", "1048588"}}});
    }
    RETURN_IF_ERROR(kafka::CreateTopics(handle, plans, kMost));
  }
  for (const auto& [service, partitions] : options.partitions) {
    const auto check = [&, topic = TopicOf(options.city, service), count = partitions] {
      return CheckTopic(handle, topic, count, options);
    };
    RETURN_IF_ERROR(options.create ? kafka::AwaitKnown(check, kMost) : check());
  }
  return {};
}

}  // namespace wanmi::journal
