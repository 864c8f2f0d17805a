// The journal over three brokers, of which some are lost.
#include <algorithm>
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

TEST(KafkaCluster, WhereOthersEndIsKnownThoughOneTopicHasNoLeader) {
  const auto made = kafka::Consumer::Make({Brokers().bootstrap(), {}}, 1'024);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  const kafka::Consumer& consumer = **made;
  const std::string lonely = "lonely." + NewCity(), shared = "shared." + NewCity();
  const auto topics =
      kafka::CreateTopics(consumer.handle(), {{lonely, 3, 1, {}}, {shared, 1, 3, {}}}, seconds(20));
  ASSERT_TRUE(topics.ok()) << topics.ToString();  // one partition of the first on each broker
  const std::vector<kafka::Spot> spots{{lonely, 0}, {lonely, 1}, {lonely, 2}, {shared, 0}};
  EXPECT_EQ(consumer.EndsOf(spots, seconds(5)).value(), std::vector<int64_t>(4, 0));
  Brokers().Kill(0);
  const auto is_known = [](const std::vector<int64_t>& ends) {
    const bool one_is_not = std::ranges::count(ends.begin(), ends.begin() + 3, -1) > 0;
    return one_is_not && ends[3] == 0;
  };
  const auto until = steady_clock::now() + seconds(20);
  std::vector<int64_t> found(4);
  while (!is_known(found) && steady_clock::now() < until) {
    const auto asked = consumer.EndsOf(spots, seconds(2));
    if (asked.ok()) found = *asked;
  }
  EXPECT_TRUE(is_known(found)) << testing::PrintToString(found);
  ASSERT_TRUE(Brokers().Restart(0).ok());
  ASSERT_TRUE(Brokers().Await().ok());
}

}  // namespace
}  // namespace wanmi::journal
