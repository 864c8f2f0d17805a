// What a journal on Kafka adds to the contract: other processes, hints, growth, settings, headers.
// The contract itself is run by journal_fixture.cc.
#include <future>
#include <thread>

#include "kafka/consumer.h"
#include "tests/kafka/journal_fixture.h"

namespace wanmi::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class KafkaJournalTest : public testing::Test {
 protected:
  const KafkaOptions options_ = OptionsOf(NewCity());
};

TEST_F(KafkaJournalTest, AWriterDeposedByAnotherProcessIsFencedAndNobodyReadsWhatItAdded) {
  const auto one = Connect(options_), two = Connect(options_);
  const auto old = one->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*one, old->writer, 1, GenesisHash(), {"one"}).outcome, Outcome::kOk);
  const auto now = two->Open(kSlice, By("b"));
  EXPECT_EQ(now->last_seq, 1);
  const auto late = AppendOne(*one, old->writer, 2, ChainHash("one"), {"late", "later"});
  EXPECT_EQ(late.outcome, Outcome::kFenced) << late.why;
  EXPECT_EQ(late.landed, 0);
  // The zombie's records lie between: it is seen, and nothing is in doubt.
  const auto good = AppendOne(*two, now->writer, 2, ChainHash("one"), {"two"});
  EXPECT_EQ(good.outcome, Outcome::kOk) << good.why;
  const auto reader = Connect(options_);
  for (const auto* journal : {one.get(), two.get(), reader.get()}) {
    ASSERT_TRUE(const_cast<Journal*>(journal)->CatchUp(kSlice, seconds(5)).ok());
    EXPECT_EQ(ReadAll(*journal, kSlice), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(journal->LastFence(kSlice)->instance(), "b");
  }
}

TEST_F(KafkaJournalTest, AnIdleWriterLearnsThatItWasDeposed) {
  const auto one = Connect(options_), two = Connect(options_);
  std::promise<void> heard;
  one->OnGrowth([&, done = false](const Slice& slice) mutable {
    if (done || one->LastFence(slice)->instance() != "b") return;
    done = true;
    heard.set_value();
  });
  ASSERT_TRUE(one->Open(kSlice, By("a")).ok());
  ASSERT_TRUE(two->Open(kSlice, By("b")).ok());
  EXPECT_EQ(heard.get_future().wait_for(seconds(3)), std::future_status::ready);
}

TEST_F(KafkaJournalTest, OfOpenersThatRaceEveryOkStands) {
  std::vector<std::unique_ptr<Journal>> journals;
  std::vector<Scribe> scribes;
  for (int i = 0; i < 3; ++i) journals.push_back(Connect(options_));
  // All by one name: an instance's name does not tell its writers apart, the offset does.
  for (int i = 0; i < 3; ++i) scribes.emplace_back(*journals[i], kSlice, "same");
  {
    std::vector<std::jthread> threads;
    for (auto& scribe : scribes) {
      threads.emplace_back([&scribe] {
        for (int i = 0; i < 40; ++i) scribe.Write();
      });
    }
  }
  size_t told = 0;
  for (const auto& scribe : scribes) told += scribe.told().size();
  EXPECT_GT(told, 0u);
  const auto reader = Connect(options_);
  EXPECT_GE(ReadAll(*reader, kSlice).size(), told);
  int64_t epoch = reader->LastFence(kSlice)->epoch();
  EXPECT_GT(reader->Open(kSlice, By("last"))->writer.epoch, epoch);
}

TEST_F(KafkaJournalTest, AKilledBrokerLosesNothingThatWasToldOk) {
  const auto journal = Connect(options_);
  Scribe scribe(*journal, kSlice, "a");
  for (int kill = 0; kill < 2; ++kill) {
    for (int i = 0; i < 50; ++i) scribe.Write();
    std::jthread killer([] {
      Brokers().Kill(0);
      ASSERT_TRUE(Brokers().Restart(0).ok());
    });
    for (int i = 0; i < 50; ++i) scribe.Write();
  }
  ASSERT_TRUE(Brokers().Await().ok());
  const auto until = steady_clock::now() + seconds(20);
  while (!scribe.Write() && steady_clock::now() < until) {
  }
  EXPECT_GT(scribe.told().size(), 150u);
  ExpectAllThere(*Connect(options_), kSlice, scribe.told());
}

TEST_F(KafkaJournalTest, AReaderBeginsAtAHintAndReadsWhatIsOlder) {
  KafkaOptions small = options_;
  small.window_entries = 100;
  const auto writer = Connect(small);
  const auto opened = writer->Open(kSlice, By("a"));
  std::string prev = GenesisHash();
  int64_t seq = 0;
  for (int i = 0; i < 30; ++i) {
    Batch batch{opened->writer, seq + 1, prev, {}};
    for (int k = 0; k < 100; ++k) batch.entries.push_back(std::to_string(++seq));
    prev = ChainHash(batch.entries.back());
    ASSERT_EQ(writer->Append({&batch, 1}).front().outcome, Outcome::kOk);
  }
  const auto expect_all_after = [&](const Journal& journal, int64_t after) {
    const auto found = ReadAll(journal, kSlice, after);
    ASSERT_EQ(found.size(), static_cast<size_t>(3'000 - after));
    EXPECT_EQ(found.front(), std::to_string(after + 1));
  };
  for (const int64_t after : {0, 7, 999, 1'000, 2'500, 2'950}) expect_all_after(*writer, after);
  for (const int64_t at : {1'500, 2'950, 3'000}) {
    const std::string hint = writer->HintAt(kSlice, at);
    EXPECT_FALSE(hint.empty());
    const auto reader = Connect(small);
    ASSERT_TRUE(reader->Follow(kSlice, at, hint).ok());
    EXPECT_EQ(*reader->LastSeq(kSlice), 3'000);
    EXPECT_EQ(reader->LastFence(kSlice)->address(), "127.0.0.1:1");
    if (at < 3'000) expect_all_after(*reader, at);
    expect_all_after(*reader, 20);
    const auto next = reader->Open(kSlice, By("b"));
    EXPECT_EQ(next->last_seq, 3'000);
  }
}

TEST_F(KafkaJournalTest, AFollowerHearsOfGrowthAndSeesTheEndAgainAndAgain) {
  const auto writer = Connect(options_), reader = Connect(options_);
  std::mutex mutex;
  std::condition_variable changed;
  int64_t seen = 0;
  reader->OnGrowth([&](const Slice& slice) {
    const std::lock_guard lock(mutex);
    seen = *reader->LastSeq(slice);
    changed.notify_all();
  });
  ASSERT_TRUE(reader->Follow(kSlice, 0, "").ok());
  ASSERT_TRUE(reader->CatchUp(kSlice, seconds(5)).ok());
  const auto opened = writer->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*writer, opened->writer, 1, GenesisHash(), {"one"}).outcome, Outcome::kOk);
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, seconds(3), [&] { return seen == 1; }));
  lock.unlock();
  const auto before = steady_clock::now();
  const auto until = before + seconds(5);
  while (reader->SeenToEnd(kSlice) < before && steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_GE(reader->SeenToEnd(kSlice), before);
}

TEST_F(KafkaJournalTest, SettingsThatWouldLoseEntriesAreRefused) {
  const auto handle = kafka::MakeHandle(RD_KAFKA_PRODUCER, options_.cluster, {});
  KafkaOptions wanted = options_;
  wanted.partitions = {{"intake", 2}};
  wanted.create = false;
  EXPECT_EQ(KafkaJournal::Connect(wanted).status().code(), base::Code::kNotFound);
  const kafka::Properties good = {{"retention.ms", "-1"},
                                  {"min.insync.replicas", std::to_string(options_.min_insync)}};
  const auto refusal = [&](const std::string& city, int partitions, const std::string& setting,
                           const std::string& value) {
    wanted.city = options_.city + city;
    kafka::Properties settings = good;
    if (!setting.empty()) settings[setting] = value;
    EXPECT_TRUE(kafka::CreateTopics(
                    handle->get(),
                    {{TopicOf(wanted.city, "intake"), partitions, options_.replication, settings}},
                    seconds(10))
                    .ok());
    return KafkaJournal::Connect(wanted).status();
  };
  EXPECT_TRUE(refusal("good", 2, "", "").ok());
  for (const auto& [setting, value] :
       kafka::Properties{{"retention.ms", "604800000"},
                         {"retention.bytes", "1000000"},
                         {"cleanup.policy", "compact"},
                         {"unclean.leader.election.enable", "true"}}) {
    std::string city = setting;
    std::replace(city.begin(), city.end(), '.', '-');
    const auto refused = refusal(city, 2, setting, value);
    EXPECT_EQ(refused.code(), base::Code::kFailedPrecondition) << setting;
    EXPECT_NE(refused.message().find(setting), std::string::npos) << refused.message();
    EXPECT_NE(refused.message().find(value), std::string::npos) << refused.message();
  }
  EXPECT_EQ(refusal("three", 3, "", "").code(), base::Code::kFailedPrecondition);
  wanted.min_insync = options_.min_insync + 1;
  EXPECT_EQ(refusal("insync", 2, "", "").code(), base::Code::kFailedPrecondition);
}

TEST_F(KafkaJournalTest, OtherToolsFindCloudEvents) {
  const auto journal = Connect(options_);
  const auto opened = journal->Open(kSlice, By("a"));
  wanmi::journal::v1::Entry entry;
  entry.set_seq(1);
  entry.set_at_us(1'795'527'148'000'000);
  entry.set_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  entry.add_changes()->set_stream("r-17/c1");
  ASSERT_EQ(
      AppendOne(*journal, opened->writer, 1, GenesisHash(), {entry.SerializeAsString()}).outcome,
      Outcome::kOk);
  const auto consumer = kafka::Consumer::Make(options_.cluster, 1'024);
  ASSERT_TRUE((*consumer)->Start({TopicOf(options_.city, "intake"), 3}, 1).ok());
  const auto taken = (*consumer)->Next(milliseconds(10'000));
  ASSERT_TRUE(taken && taken->err == RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(std::string_view(static_cast<const char*>(taken->key), taken->key_len), "r-17");
  const auto header = [&](const char* name) { return kafka::HeaderOf(taken.get(), name); };
  EXPECT_EQ(header("ce_specversion"), "1.0");
  EXPECT_EQ(header("ce_id"), "1");
  EXPECT_EQ(header("ce_source"), "/wanmi/" + options_.city + "/intake/3");
  EXPECT_EQ(header("ce_type"), "wanmi.intake.entry.v1");
  EXPECT_EQ(header("ce_subject"), "r-17/c1");
  EXPECT_EQ(header("ce_time"), "2026-11-24T13:32:28.000000Z");
  EXPECT_EQ(header("content-type"), "application/protobuf");
  EXPECT_EQ(header("traceparent"), entry.traceparent());
}

}  // namespace
}  // namespace wanmi::journal
