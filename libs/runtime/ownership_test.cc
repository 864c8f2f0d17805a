// Several hosts over one journal, stepped by one thread: who decides, who folds, who takes over.
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/replica_fixture.h"

namespace wanmi::runtime {
namespace {

// Its end can be out of sight, and something can happen while an append is on its way, or after a
// process that starts has read a slice.
class Hidden final : public journal::MemoryJournal {
 public:
  std::vector<journal::Appended> Append(std::span<const journal::Batch> batches) override {
    if (const auto happens = std::exchange(meanwhile, {})) happens();
    return MemoryJournal::Append(batches);
  }
  base::Status ReadAndFollow(const journal::Slice& slice, int64_t after, const std::string& hint,
                             const Visitor& visit) override {
    const auto read = MemoryJournal::ReadAndFollow(slice, after, hint, visit);
    if (const auto happens = std::exchange(after_reading, {})) happens();
    return read;
  }
  std::function<void()> meanwhile, after_reading;
  std::chrono::steady_clock::time_point SeenToEnd(const journal::Slice&) const override {
    return seen;
  }
  std::chrono::steady_clock::time_point seen = std::chrono::steady_clock::time_point::max();
};

class OwnershipTest : public testing::Test {
 protected:
  void SetUp() override { base::SetLogLevel(static_cast<base::Level>(9)); }
  void Settle() {
    for (int i = 0; i < 20; ++i) {
      clock_.Advance(std::chrono::milliseconds(200));
      for (const auto* replica : {&one_, &two_, &mirror_}) replica->host->Pump();
    }
  }
  Hidden journal_;
  base::ManualClock clock_{base::FromMicros(1'773'190'800'000'000)};
  Replica one_{"one", toy::Account(), journal_, clock_};
  Replica two_{"two", toy::Account(), journal_, clock_};
  Replica mirror_{"mirror-one", toy::Mirror(), journal_, clock_};
  const int p_ = base::PartitionOf("a", 4);
};

TEST_F(OwnershipTest, OneDecidesAndAllFold) {
  EXPECT_TRUE(one_.told.is_willing);
  one_.told.Say({0, 1, 2, 3});
  mirror_.told.Say({0, 1, 2, 3});
  Settle();
  const auto answer = one_.Send("a", 2, "c1");
  EXPECT_EQ((*two_.Send("a", 2, "c2"))->code(), base::Code::kUnavailable);
  Settle();
  EXPECT_TRUE((*answer)->ok());
  EXPECT_EQ(one_.Total("a"), 2);
  EXPECT_EQ(two_.Total("a"), 2) << "who does not decide folds";
  EXPECT_EQ(mirror_.Total("a"), 2) << "who listens reacts, in a process of its own";
  EXPECT_EQ(one_.host->Digest("account"), two_.host->Digest("account"));
  EXPECT_EQ(*two_.host->OwnerElsewhere("account", "a"), "one:7400");
  EXPECT_EQ(*one_.host->OwnerElsewhere("account", "a"), "");
  EXPECT_TRUE(two_.host->Ready().ok());
}

TEST_F(OwnershipTest, AnotherGoesOnWhereTheFirstWas) {
  one_.told.Say({0, 1, 2, 3});
  Settle();
  one_.Send("a", 2, "c1");
  Settle();
  const auto waiting = one_.Send("a", 3, "c2");  // in the inbox when it is taken away
  one_.told.Say({});
  two_.told.Say({0, 1, 2, 3});
  Settle();
  EXPECT_EQ((*waiting)->code(), base::Code::kUnavailable);
  const auto repeated = two_.Send("a", 2, "c1");
  const auto again = two_.Send("a", 3, "c2");
  Settle();
  EXPECT_TRUE((*repeated)->ok() && (*again)->ok());
  EXPECT_EQ(one_.Total("a"), 5) << "what was decided once is decided once";
  EXPECT_EQ(one_.host->Digest("account"), two_.host->Digest("account"));
}

TEST_F(OwnershipTest, WhatCameWhileItWasDeposedIsRefused) {
  one_.told.Say({0, 1, 2, 3});
  Settle();
  std::shared_ptr<std::optional<base::Status>> late;
  journal_.meanwhile = [&] {
    two_.told.Say({0, 1, 2, 3});
    two_.host->Pump();
    late = one_.Send("a", 3, "c2");
  };
  const auto fenced = one_.Send("a", 2, "c1");
  one_.host->Pump();
  one_.host->Pump();
  EXPECT_EQ((*fenced)->code(), base::Code::kUnavailable);
  ASSERT_TRUE(late && *late) << "nobody would ever answer it";
  EXPECT_EQ((*late)->code(), base::Code::kUnavailable);
}

// Its partitions read each other's entries; those that others decide take none here.
TEST_F(OwnershipTest, PartitionsThatWereNeverItsOwnHoldNobodyUp) {
  HostOptions options;
  options.backlog_max = 3;
  Replica replica("mirror-two", toy::Mirror(), journal_, clock_, std::move(options));
  replica.told.Say({p_});
  for (int i = 0; i < 6; ++i) {
    replica.host->Pump();
    const auto answer = replica.Send("a", 2, "c" + std::to_string(i));
    replica.host->Pump();
    ASSERT_TRUE(*answer && (*answer)->ok()) << i << ": " << (*answer)->ToString();
  }
}

TEST_F(OwnershipTest, WhoLeavesDecidesUntilAnotherDoes) {
  one_.told.Say({0, 1, 2, 3});
  Settle();
  EXPECT_TRUE(one_.host->DecidesAny());
  EXPECT_FALSE(two_.host->DecidesAny());
  two_.told.Say({0, 1, 2});
  two_.host->Pump();
  EXPECT_TRUE(one_.host->DecidesAny()) << "nobody has taken the last one";
  two_.told.Say({0, 1, 2, 3});
  two_.host->Pump();
  EXPECT_FALSE(one_.host->DecidesAny());
}

TEST_F(OwnershipTest, WhoStartsWhileAnotherBeginsTheJournalsStartsToo) {
  one_.told.Say({0, 1, 2, 3});
  journal_.after_reading = [&] {
    while (!one_.host->IsOpen("account", 0)) one_.host->Pump();
  };
  Replica late("late", toy::Account(), journal_, clock_);
  const auto answer = one_.Send("a", 2, "c1");
  Settle();
  late.host->Pump();
  EXPECT_TRUE((*answer)->ok());
  EXPECT_EQ(late.Total("a"), 2);
  EXPECT_TRUE(late.host->Ready().ok()) << late.host->Ready().ToString();
}

TEST_F(OwnershipTest, WhoStartedBeforeTheJournalsBeganLearnsThatTheyAreNotItsOwn) {
  Replica other("other", toy::Account(), journal_, clock_, {}, 2);
  one_.told.Say({0, 1, 2, 3});
  Settle();
  other.host->Pump();
  const auto ready = other.host->Ready();
  EXPECT_NE(ready.message().find("incarnation"), std::string::npos) << ready.ToString();
}

// Without a command nothing is appended, and so nothing is fenced.
TEST_F(OwnershipTest, WhoWasDeposedInPassingOpensAnew) {
  one_.told.Say({0, 1, 2, 3});
  Settle();
  two_.told.Say({0, 1, 2, 3});
  two_.host->Pump();
  two_.Send("a", 2, "c1");
  two_.host->Pump();
  two_.told.Say({});
  two_.host->Pump();
  one_.told.Say({0, 1, 2, 3});  // as before, as far as it can see
  Settle();
  one_.told.Say({0, 1, 2, 3});
  Settle();
  EXPECT_EQ(journal_.LastFence({"account", p_})->instance(), "one");
  EXPECT_EQ(one_.Total("a"), 2);
}

// Paused while the group gave its partitions away, it believes for a while that they are its own.
TEST_F(OwnershipTest, AZombieAddsNothingAndTellsNobodyOk) {
  one_.told.Say({0, 1, 2, 3});
  Settle();
  two_.told.Say({0, 1, 2, 3});
  two_.host->Pump();
  const auto zombie = one_.Send("a", 2, "c1");
  one_.host->Pump();
  EXPECT_EQ((*zombie)->code(), base::Code::kUnavailable);
  const int64_t epoch = journal_.LastFence({"account", p_})->epoch();
  Settle();  // nobody named it since it was closed, so it does not fight
  EXPECT_EQ(journal_.LastFence({"account", p_})->epoch(), epoch);
  EXPECT_EQ(journal_.LastFence({"account", p_})->instance(), "two");
  EXPECT_EQ(one_.Total("a"), 0);
  one_.told.Say({0, 1, 2, 3});  // a later look still names it
  Settle();
  EXPECT_EQ(journal_.LastFence({"account", p_})->instance(), "one");
}

TEST_F(OwnershipTest, ATokenOfOneIsWaitedForAtAnother) {
  one_.told.Say({0, 1, 2, 3});
  Settle();
  one_.Send("a", 2, "c1");
  one_.host->Pump();
  const std::string token = one_.host->TokenNow("account");
  const auto early = two_.host->Await("account", token, std::chrono::milliseconds(0));
  EXPECT_EQ(early.code(), base::Code::kUnavailable) << "not folded there yet";
  two_.host->Pump();
  const auto late = two_.host->Await("account", token, std::chrono::milliseconds(0));
  EXPECT_TRUE(late.ok()) << late.ToString();
  EXPECT_EQ(two_.Total("a"), 2);
}

TEST_F(OwnershipTest, WhoIsFarBehindLeavesAndComesBack) {
  journal_.seen = clock_.Steady();
  clock_.Advance(std::chrono::seconds(6));
  two_.host->Observe();
  EXPECT_FALSE(two_.host->Ready().ok());
  EXPECT_TRUE(two_.told.is_willing) << "a short while is no reason to move partitions";
  clock_.Advance(std::chrono::seconds(60));
  two_.host->Observe();
  EXPECT_FALSE(two_.told.is_willing);
  journal_.seen = clock_.Steady();
  two_.host->Observe();
  EXPECT_TRUE(two_.told.is_willing);
}

TEST_F(OwnershipTest, AReaderOnlyNeverWrites) {
  one_.told.Say({0, 1, 2, 3});
  Settle();
  EXPECT_EQ(journal_.LastFence({"account", p_})->instance(), "one");
  EXPECT_FALSE(journal_.LastFence({"mirror", p_}).ok()) << "nobody named the mirror";
  EXPECT_EQ(mirror_.host->OwnerElsewhere("mirror", "a").status().code(), base::Code::kUnavailable);
}

}  // namespace
}  // namespace wanmi::runtime
