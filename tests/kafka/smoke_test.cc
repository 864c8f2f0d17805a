// Whether the broker and Debian's librdkafka agree on what the journal is built on, and on what it
// might be built on: codecs, groups, administration, a killed broker, transactions
// (docs/adr/0012-kafka-through-librdkafka.md).
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "kafka/client.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "testkit/kafka_broker.h"

namespace wanmi::kafka {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kMost{20'000};

class Smoke : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = testing::TempDir() + "kafka_smoke_" + std::to_string(::getpid());
    auto started = testkit::KafkaBrokers::Start(1, folder_);
    ASSERT_TRUE(started.ok()) << started.status().ToString();
    brokers_ = std::move(*started);
  }
  static void TearDownTestSuite() { brokers_.reset(); }

  Cluster cluster() const { return {brokers_->bootstrap(), {}}; }
  void MakeTopic(const std::string& name, int partitions = 1) {
    const auto handle = MakeHandle(RD_KAFKA_PRODUCER, cluster(), {});
    const auto made = CreateTopics(handle->get(), {{name, partitions, 1, {}}}, kMost);
    ASSERT_TRUE(made.ok()) << made.ToString();
  }

  static inline std::unique_ptr<testkit::KafkaBrokers> brokers_;
  static inline std::string folder_;
};

// The values of a topic's only partition, up to its end.
std::vector<std::string> ReadAll(const Cluster& cluster, const std::string& topic,
                                 const std::string& isolation = "read_uncommitted") {
  Cluster isolated = cluster;
  isolated.properties["isolation.level"] = isolation;
  auto consumer = Consumer::Make(isolated, 1'024);
  EXPECT_TRUE((*consumer)->Start({topic, 0}, 0).ok());
  std::vector<std::string> values;
  while (const Taken taken = (*consumer)->Next(kMost)) {
    if (taken->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return values;
    EXPECT_EQ(taken->err, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(taken->err);
    values.emplace_back(static_cast<const char*>(taken->payload), taken->len);
  }
  ADD_FAILURE() << "the end of " << topic << " was not reached";
  return values;
}

TEST_F(Smoke, IdempotentProducerWithEachCodec) {
  for (const std::string codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const std::string topic = "codec." + codec;
    MakeTopic(topic);
    const auto handle = MakeHandle(
        RD_KAFKA_PRODUCER, cluster(),
        {{"enable.idempotence", "true"}, {"linger.ms", "50"}, {"compression.type", codec}});
    const std::string value(1'000, 'x');
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(rd_kafka_producev(handle->get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                                  RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                  RD_KAFKA_V_END),
                RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ASSERT_EQ(rd_kafka_flush(handle->get(), static_cast<int>(kMost.count())),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(ReadAll(cluster(), topic), std::vector<std::string>(200, value));
    // In the broker's own file: its size, and the codec in the attributes of the first batch.
    const std::string segment = folder_ + "/broker-1/" + topic + "-0/00000000000000000000.log";
    std::ifstream in(segment, std::ios::binary);
    char batch[23] = {};
    in.read(batch, sizeof(batch));
    const std::vector<std::string> codecs = {"none", "gzip", "snappy", "lz4", "zstd"};
    EXPECT_EQ(codecs[batch[22] & 7], codec);
    EXPECT_EQ(std::filesystem::file_size(segment) < 50'000, codec != "none");
  }
}

TEST_F(Smoke, TopicsAreMadeAndDescribed) {
  const auto handle = MakeHandle(RD_KAFKA_PRODUCER, cluster(), {});
  const TopicPlan plan{
      "admin.topic", 5, 1, {{"retention.ms", "-1"}, {"cleanup.policy", "compact"}}};
  ASSERT_TRUE(CreateTopics(handle->get(), {plan}, kMost).ok());
  ASSERT_TRUE(CreateTopics(handle->get(), {plan}, kMost).ok()) << "it may be there already";
  EXPECT_EQ(ShapeOf(handle->get(), plan.name, kMost)->partitions, 5);
  EXPECT_EQ(ShapeOf(handle->get(), "no.such", kMost).status().code(), base::Code::kNotFound);
  const auto settings = SettingsOf(handle->get(), plan.name, kMost);
  ASSERT_TRUE(settings.ok()) << settings.status().ToString();
  EXPECT_EQ(settings->at("retention.ms"), "-1");
  EXPECT_EQ(settings->at("cleanup.policy"), "compact");
}

// What a member of a group was given by `range`, once it has some or the time is over.
std::set<int> Assigned(rd_kafka_t* member, size_t wanted) {
  std::set<int> partitions;
  const auto until = std::chrono::steady_clock::now() + kMost;
  while (std::chrono::steady_clock::now() < until) {
    const Taken ignored(rd_kafka_consumer_poll(member, 20));
    rd_kafka_topic_partition_list_t* list = nullptr;
    rd_kafka_assignment(member, &list);
    partitions.clear();
    for (int i = 0; i < list->cnt; ++i) partitions.insert(list->elems[i].partition);
    rd_kafka_topic_partition_list_destroy(list);
    if (partitions.size() == wanted) break;
  }
  return partitions;
}

TEST_F(Smoke, AGroupDividesPartitionsByRange) {
  MakeTopic("group.topic", 4);
  const Properties ours = {{"group.id", "smoke"},
                           {"partition.assignment.strategy", "range"},
                           {"session.timeout.ms", "6000"},
                           {"heartbeat.interval.ms", "500"}};
  const auto join = [&] {
    auto member = MakeHandle(RD_KAFKA_CONSUMER, cluster(), ours);
    auto* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "group.topic", RD_KAFKA_PARTITION_UA);
    EXPECT_EQ(rd_kafka_subscribe(member->get(), list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return std::move(*member);
  };
  const Handle one = join();
  EXPECT_EQ(Assigned(one.get(), 4).size(), 4u);
  Handle two = join();
  std::set<int> of_one, of_two;
  for (int i = 0; i < 200 && (of_one.size() != 2 || of_two.size() != 2); ++i) {
    const Taken ignored(rd_kafka_consumer_poll(one.get(), 20));
    const auto now = [](rd_kafka_t* member) {
      const Taken also_ignored(rd_kafka_consumer_poll(member, 20));
      rd_kafka_topic_partition_list_t* list = nullptr;
      rd_kafka_assignment(member, &list);
      std::set<int> partitions;
      for (int k = 0; k < list->cnt; ++k) partitions.insert(list->elems[k].partition);
      rd_kafka_topic_partition_list_destroy(list);
      return partitions;
    };
    of_one = now(one.get());
    of_two = now(two.get());
  }
  EXPECT_EQ(of_one.size(), 2u);
  EXPECT_EQ(of_two.size(), 2u);
  rd_kafka_consumer_close(two.get());
  EXPECT_EQ(Assigned(one.get(), 4).size(), 4u);
  rd_kafka_consumer_close(one.get());
}

TEST_F(Smoke, AKilledBrokerLosesNothingAcknowledged) {
  MakeTopic("killed.topic");
  const auto producer = Producer::Make(cluster(), {});
  const Topic topic = (*producer)->MakeTopic("killed.topic");
  constexpr int kMessages = 3'000;
  std::vector<std::string> values;
  for (int i = 0; i < kMessages; ++i) values.push_back(std::to_string(i));
  Flight flight(kMessages);
  for (int i = 0; i < kMessages; ++i) {
    (*producer)->Send({topic.get(), 0, "key", values[i], false, {}}, flight, i);
    if (i == kMessages / 2) {
      brokers_->Kill(0);
      ASSERT_TRUE(brokers_->Restart(0).ok());
    }
  }
  const auto acks = flight.Wait();
  const auto found = ReadAll(cluster(), "killed.topic");
  int acknowledged = 0;
  for (int i = 0; i < kMessages; ++i) {
    if (!acks[i].acknowledged) continue;
    ++acknowledged;
    ASSERT_LT(static_cast<size_t>(acks[i].offset), found.size());
    EXPECT_EQ(found[static_cast<size_t>(acks[i].offset)], values[i]);
  }
  EXPECT_EQ(acknowledged, kMessages) << "the broker is back within the time of a message";
  EXPECT_EQ(found.size(), static_cast<size_t>(kMessages)) << "none stands twice";
}

TEST_F(Smoke, ReadersOfWhatIsCommittedSeeNoAbortedTransaction) {
  MakeTopic("transactions.topic");
  const auto handle = MakeHandle(RD_KAFKA_PRODUCER, cluster(), {{"transactional.id", "smoke"}});
  const int most = static_cast<int>(kMost.count());
  const auto good = [](rd_kafka_error_t* error) {
    if (!error) return true;
    ADD_FAILURE() << rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    return false;
  };
  ASSERT_TRUE(good(rd_kafka_init_transactions(handle->get(), most)));
  for (const std::string value : {"kept", "aborted", "kept too"}) {
    ASSERT_TRUE(good(rd_kafka_begin_transaction(handle->get())));
    rd_kafka_producev(handle->get(), RD_KAFKA_V_TOPIC("transactions.topic"),
                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                      RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                      RD_KAFKA_V_END);
    rd_kafka_flush(handle->get(), most);
    ASSERT_TRUE(good(value == "aborted" ? rd_kafka_abort_transaction(handle->get(), most)
                                        : rd_kafka_commit_transaction(handle->get(), most)));
  }
  EXPECT_EQ(ReadAll(cluster(), "transactions.topic", "read_committed"),
            (std::vector<std::string>{"kept", "kept too"}));
}

}  // namespace
}  // namespace wanmi::kafka
