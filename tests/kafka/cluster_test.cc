// The journal over three brokers, of which some are lost.
#include <thread>

#include "kafka/consumer.h"
#include "tests/kafka/journal_fixture.h"

namespace wanmi::journal {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(KafkaCluster, AppendsGoOnWhenAnyBrokerIsLost) {
  const auto options = OptionsOf(NewCity());
  const auto journal = Connect(options);
  Scribe scribe(*journal, kSlice, "a");
  for (int broker = 0; broker < 3; ++broker) {
    for (int i = 0; i < 20; ++i) scribe.Write();
    Brokers().Kill(broker);
    const size_t before = scribe.told().size();
    const auto until = steady_clock::now() + seconds(20);
    while (scribe.told().size() < before + 20 && steady_clock::now() < until) scribe.Write();
    EXPECT_EQ(scribe.told().size(), before + 20) << "without broker " << broker;
    // By a thread that is gone afterwards, as a chaos run's is: the broker must outlive it.
    std::thread([&] { EXPECT_TRUE(Brokers().Restart(broker).ok()); }).join();
    ASSERT_TRUE(Brokers().Await().ok());
  }
  EXPECT_TRUE(Brokers().AllRun().ok());
  ExpectAllThere(*Connect(options), kSlice, scribe.told());
}

TEST(KafkaCluster, TooFewInSyncReplicasAreInDoubtAndThenFine) {
  auto options = OptionsOf(NewCity());
  options.message_timeout = seconds(3);
  const auto journal = Connect(options);
  Scribe scribe(*journal, kSlice, "a");
  ASSERT_TRUE(scribe.Write());
  Brokers().Pause(0);
  Brokers().Pause(1);
  EXPECT_FALSE(scribe.Write()) << "one replica is not durable";
  Brokers().Resume(0);
  Brokers().Resume(1);
  const auto until = steady_clock::now() + seconds(30);
  while (!scribe.Write() && steady_clock::now() < until) {
  }
  EXPECT_EQ(scribe.told().size(), 2u);
  ASSERT_TRUE(Brokers().Await().ok());
  ExpectAllThere(*Connect(options), kSlice, scribe.told());
}

// The index of the broker that leads it.
int LeaderOf(rd_kafka_t* handle, const std::string& topic) {
  const kafka::Topic asked(rd_kafka_topic_new(handle, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  EXPECT_EQ(rd_kafka_metadata(handle, 0, asked.get(), &metadata, 5'000), 0);
  const int leader = metadata->topics[0].partitions[0].leader - 1;
  rd_kafka_metadata_destroy(metadata);
  return leader;
}

TEST(KafkaCluster, WhereATopicEndsIsKnownThoughTheLeaderOfAnotherHangs) {
  const auto made = kafka::Consumer::Make({Brokers().bootstrap(), {}}, 1'024);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  const kafka::Consumer& consumer = **made;
  const std::string lonely = "lonely." + NewCity(), shared = "shared." + NewCity();
  const auto topics =
      kafka::CreateTopics(consumer.handle(), {{lonely, 3, 1, {}}, {shared, 1, 3, {}}}, seconds(20));
  ASSERT_TRUE(topics.ok()) << topics.ToString();  // one partition of the first on each broker
  const std::vector<kafka::Spot> spots{{lonely, 0}, {lonely, 1}, {lonely, 2}, {shared, 0}};
  const auto all_known = [&] {
    const auto ends = consumer.EndsOf(spots, seconds(5));
    return ends.ok() && *ends == std::vector<int64_t>(4, 0);
  };
  const auto until = steady_clock::now() + seconds(20);
  while (!all_known()) ASSERT_LT(steady_clock::now(), until);

  const int hangs = (LeaderOf(consumer.handle(), shared) + 1) % 3;
  Brokers().Pause(hangs);
  const auto ends = consumer.EndsOf(spots, seconds(2));
  Brokers().Resume(hangs);
  ASSERT_TRUE(ends.ok()) << ends.status().ToString();
  EXPECT_EQ(*ends, (std::vector<int64_t>{-1, -1, -1, 0}));
  ASSERT_TRUE(Brokers().Await().ok());
}

}  // namespace
}  // namespace wanmi::journal
