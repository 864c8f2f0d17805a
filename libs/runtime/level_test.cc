// A city of several processes goes over to the next level, in one thread.
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/level_rows.h"
#include "runtime/replica_fixture.h"

namespace wanmi::runtime {
namespace {

const std::set<int> kAll = {0, 1, 2, 3};

class RollTest : public testing::Test {
 protected:
  void SetUp() override { base::SetLogLevel(static_cast<base::Level>(9)); }

  HostOptions Reading(int level) {
    HostOptions options;
    options.reads = level;
    options.rulebook = &rulebook_;
    options.room = [this] {
      if (on_room_) on_room_();
      return base::Status();
    };
    return options;
  }
  std::unique_ptr<Replica> Start(const std::string& name, rules::Definition definition, int reads) {
    return std::make_unique<Replica>(name, std::move(definition), journal_, clock_, Reading(reads));
  }
  void Settle() {
    for (int i = 0; i < 20; ++i) {
      clock_.Advance(std::chrono::milliseconds(200));
      for (const auto* replica : {&old_, &next_, &mirror_}) (*replica)->host->Pump();
    }
    for (const auto* replica : {&old_, &next_, &mirror_}) (*replica)->host->Observe();
  }
  void Raise() {
    PutLevel(rulebook_, 2, clock_.Now() + kLead);
    Settle();
    EXPECT_EQ(next_->host->level(), 1) << "not before the lead is over";
    clock_.Advance(kLead);
    Settle();
  }
  base::Status Add(const Replica& replica, int64_t amount) {
    const auto answer = replica.Send("a", amount, std::to_string(++commands_));
    Settle();
    return **answer;
  }
  wanmi::journal::v1::Entry LastEntry() {
    wanmi::journal::v1::Entry entry;
    const journal::Slice slice{"account", p_};
    EXPECT_TRUE(journal_
                    .Read(slice, *journal_.LastSeq(slice) - 1,
                          [&](int64_t, std::string_view bytes) {
                            return entry.ParseFromString(std::string(bytes));
                          })
                    .ok());
    return entry;
  }
  std::string OwnerOf(const char* service) { return journal_.LastFence({service, p_})->instance(); }

  journal::MemoryJournal journal_;
  base::ManualClock clock_{base::FromMicros(1'773'190'800'000'000)};
  base::MapRows rulebook_;
  std::function<void()> on_room_;
  const int p_ = base::PartitionOf("a", 4);
  std::unique_ptr<Replica> old_ = Start("old", toy::Account(), 1);
  std::unique_ptr<Replica> next_ = Start("next", toy::Account(), 2);
  std::unique_ptr<Replica> mirror_ = Start("mirror", toy::Mirror(), 2);
  int commands_ = 0;
};

TEST_F(RollTest, OnceTheLevelHoldsOnlyWhoReadsItDecides) {
  old_->told.Say(kAll);
  mirror_->told.Say(kAll);
  Settle();
  EXPECT_EQ(journal_.LastFence({"account", p_})->level(), 1) << "what its writer reads";
  ASSERT_TRUE(Add(*old_, 204).ok());
  EXPECT_EQ(LastEntry().level(), 1);
  EXPECT_EQ(LastEntry().changes(0).events_size(), 1);

  Raise();
  EXPECT_EQ(old_->host->Ready().message(),
            "reads level 1, the city is at level 2: install the version that reads 2");
  EXPECT_FALSE(old_->told.is_willing);
  EXPECT_FALSE(old_->host->IsOpen("account", p_));
  EXPECT_EQ(Add(*old_, 2).code(), base::Code::kUnavailable);
  EXPECT_TRUE(next_->host->Ready().ok()) << next_->host->Ready().ToString();

  next_->told.Say(kAll);
  Settle();
  EXPECT_EQ(OwnerOf("account"), "next") << "though the other is still named too";
  ASSERT_TRUE(Add(*next_, 204).ok());
  EXPECT_EQ(LastEntry().level(), 2);
  EXPECT_EQ(LastEntry().changes(0).events_size(), 2) << "with the new kind";
  EXPECT_EQ(next_->Total("a"), 408);
  EXPECT_EQ(mirror_->Total("a"), 408);
  EXPECT_EQ(old_->Total("a"), 204) << "it folds nothing that it may not understand";
}

TEST_F(RollTest, UntilItIsRaisedTheWayBackIsFree) {
  next_->told.Say(kAll);
  Settle();
  ASSERT_TRUE(Add(*next_, 204).ok());
  next_->told.Say({});
  old_->told.Say(kAll);
  Settle();
  ASSERT_TRUE(Add(*old_, 3).ok());
  EXPECT_EQ(old_->Total("a"), 207);
  EXPECT_TRUE(old_->host->Ready().ok());
  EXPECT_EQ(old_->host->Digest("account"), next_->host->Digest("account"));
}

TEST_F(RollTest, AnOldOneThatStartsInARaisedCityServesNothingAndSaysWhy) {
  next_->told.Say(kAll);
  Raise();
  ASSERT_TRUE(Add(*next_, 204).ok());
  const auto late = Start("late", toy::Account(), 1);
  late->told.Say(kAll);
  late->host->Pump();
  late->host->Observe();
  EXPECT_EQ(OwnerOf("account"), "next");
  EXPECT_FALSE(late->told.is_willing);
  EXPECT_NE(late->host->Ready().message().find("reads level 1, the city is at level 2"),
            std::string::npos);
}

// Its rulebook has the level, and it has not yet looked: the kind alone stops it.
TEST_F(RollTest, WhoCannotFoldIsNotReadyAndSaysWhy) {
  next_->told.Say(kAll);
  Raise();
  ASSERT_TRUE(Add(*next_, 204).ok());
  rulebook_ = base::MapRows();
  const auto blind = Start("blind", toy::Account(), 1);
  blind->told.Say(kAll);
  blind->host->Pump();
  EXPECT_EQ(OwnerOf("account"), "next") << "it does not even fence";
  const base::Status ready = blind->host->Ready();
  EXPECT_NE(ready.message().find("written at level 2, that this binary does not know"),
            std::string::npos)
      << ready.ToString();
}

TEST_F(RollTest, WhatIsTakenWhileTheLevelRisesIsNotDecided) {
  old_->told.Say(kAll);
  Settle();
  PutLevel(rulebook_, 2, clock_.Now() + kLead);
  const int64_t before = *journal_.LastSeq({"account", p_});
  const auto answer = old_->Send("a", 2, "c1");
  bool moved = false;
  on_room_ = [&] {  // between the look at the level and the step
    if (!moved) clock_.Advance(kLead);
    moved = true;
  };
  old_->host->Pump();
  EXPECT_EQ((*answer)->code(), base::Code::kUnavailable);
  EXPECT_EQ(*journal_.LastSeq({"account", p_}), before);
  EXPECT_FALSE(old_->host->IsOpen("account", p_));
}

}  // namespace
}  // namespace wanmi::runtime
