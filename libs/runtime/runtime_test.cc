// The runtime's promises, on toy services: who is answered what, what is written, what survives.
#include "runtime/runtime_fixture.h"

namespace wanmi::runtime {
namespace {

TEST_F(RuntimeTest, ACommandIsAnsweredWithItsPlaceAndItsToken) {
  const auto answer = Send(AddTo("a", 2, "c1"));
  ASSERT_TRUE(answer && answer->ok()) << answer->status().ToString();
  EXPECT_EQ((*answer)->seq(), 2);  // the genesis is 1
  EXPECT_FALSE((*answer)->repeated());
  EXPECT_TRUE(host_->Await("account", (*answer)->token(), std::chrono::milliseconds(0)).ok());
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, TheSameIdAgainGivesTheSameReceiptAndNoEvent) {
  const auto first = Send(AddTo("a", 2, "c1"));
  const auto entries = Entries("account");
  const auto second = Send(AddTo("a", 2, "c1"));
  ASSERT_TRUE(second->ok());
  EXPECT_TRUE((*second)->repeated());
  EXPECT_EQ((*second)->seq(), (*first)->seq());
  EXPECT_EQ(Entries("account"), entries);
  EXPECT_EQ(Send(AddTo("a", 4, "c1"))->status().code(), base::Code::kAlreadyExists);
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, ARefusalLeavesNoTrace) {
  EXPECT_EQ(Send(AddTo("a", 0, "c1"))->status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(Entries("account"), 0);
}

TEST_F(RuntimeTest, ARuleThatBreaksRefusesThatOneInputOnly) {
  const auto good = std::make_shared<bool>(false);
  auto request = AddTo("a", 2, "c1");
  auto broken = Send(AddTo("a", 666, "c0"), "account", false);
  const auto answer = Send(std::move(request));
  ASSERT_TRUE(answer->ok());
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, NothingIsAnsweredBeforeTheStepIsDurable) {
  doubtful_.doubts = 1;
  auto answer = std::make_shared<std::optional<base::Result<common::v1::Receipt>>>();
  auto request = AddTo("a", 2, "c1");
  request.answer = [answer](base::Result<common::v1::Receipt> result) {
    *answer = std::move(result);
  };
  ASSERT_TRUE(host_->Offer("account", std::move(request)).ok());
  host_->Pump();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((*answer)->status().code(), base::Code::kUnavailable);
  Settle();
  EXPECT_EQ(Total("account", "a").total(), 0);
  EXPECT_EQ((*Send(AddTo("a", 2, "c1")))->repeated(), false);
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, AnAppendInDoubtThatLandedIsFoundByReopening) {
  doubtful_.doubts = 1;
  doubtful_.lands = true;
  EXPECT_EQ(Send(AddTo("a", 2, "c1"))->status().code(), base::Code::kUnavailable);
  EXPECT_EQ(Total("account", "a").total(), 2);
  EXPECT_TRUE((*Send(AddTo("a", 2, "c1")))->repeated());
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, AnUpstreamEntryCausesOneEntryOnce) {
  Send(AddTo("a", 2, "c1"));
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  EXPECT_EQ(Entries("mirror"), 1);
  Start();  // empty stores: everything is folded again
  Settle();
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  EXPECT_EQ(Entries("mirror"), 1);
}

TEST_F(RuntimeTest, ARefusedReactionIsAnEntry) {
  Send(AddTo("a", 13, "c1"));
  EXPECT_EQ(Total("mirror", "a").total(), 0);
  const auto history = *host_->History("a");
  EXPECT_EQ(Entries("mirror"), 1);
  int64_t seq = 0;
  ASSERT_TRUE(memory_
                  .Read({"mirror", base::PartitionOf("a", 4)}, 1,
                        [&](int64_t at, std::string_view bytes) {
                          const auto parsed =
                              ParseEntry(bytes, toy::Event::default_instance(), kReadsLevel);
                          seq = at;
                          EXPECT_EQ(parsed->entry.refusals_size(), 1);
                          EXPECT_EQ(parsed->entry.cause().upstream().service(), "account");
                          EXPECT_EQ(parsed->entry.cursors(0).seq(), 2);
                          return true;
                        })
                  .ok());
  EXPECT_EQ(seq, 2);
}

TEST_F(RuntimeTest, AReactionThatBreaksIsParkedAndCanBeRetried) {
  Send(AddTo("a", 665, "c1"));
  Send(AddTo("a", 2, "c2"));
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  auto parked = host_->Parked(10);
  ASSERT_EQ(parked.size(), 1u);
  EXPECT_NE(parked[0].input.reason().find("breaks the mirror"), std::string::npos);
  Request retry;
  retry.stream = "a";
  retry.id = "r1";
  retry.retry_of = parked[0].seq;
  retry.partition = parked[0].partition;
  EXPECT_EQ(Send(std::move(retry), "mirror")->status().code(), base::Code::kInternal);
  toy::mirror_is_mended = true;
  Request again;
  again.stream = "a";
  again.id = "r2";
  again.retry_of = parked[0].seq;
  again.partition = parked[0].partition;
  const auto answer = Send(std::move(again), "mirror");
  ASSERT_TRUE(answer->ok()) << answer->status().ToString();
  EXPECT_EQ(Total("mirror", "a").total(), 667);
  EXPECT_TRUE(host_->Parked(10).empty());
}

TEST_F(RuntimeTest, AnUnavailableReactionHoldsItsUpstreamAndWritesNothing) {
  Send(AddTo("a", 404, "c1"));
  Send(AddTo("a", 2, "c2"));
  EXPECT_EQ(Entries("mirror"), 0);
  toy::mirror_is_mended = true;
  clock_.Advance(std::chrono::seconds(1));
  Settle();
  EXPECT_EQ(Total("mirror", "a").total(), 406);
  EXPECT_EQ(Entries("mirror"), 2);
}

TEST_F(RuntimeTest, OnSelfReachesAnotherRoot) {
  Send(AddTo("a", 7, "c1"));
  EXPECT_EQ(Total("mirror", "a").total(), 7);
  EXPECT_EQ(Total("mirror", "other").total(), 70);
  Start();
  Settle();
  EXPECT_EQ(Total("mirror", "other").total(), 70);
}

TEST_F(RuntimeTest, SilentEntriesAreMarkedOnlyWhenThereAreMany) {
  for (int i = 0; i < 1'001; ++i)
    Send(AddTo("a", 1, "c" + std::to_string(i)), "account", i % 100 == 0);
  Settle();
  EXPECT_EQ(Entries("mirror"), 1);
  Start();
  EXPECT_EQ(host_->SeqOf("mirror", base::PartitionOf("a", 4)), 2);
}

TEST_F(RuntimeTest, ATimerFiresOnceWhenItIsDue) {
  toy::SetAlarm alarm;
  alarm.set_due_us(base::ToMicros(kStart + std::chrono::minutes(5)));
  Request request;
  request.stream = "a";
  request.id = "c1";
  request.command = std::make_unique<toy::Command>(rules::Wrap<toy::Command>(alarm));
  ASSERT_TRUE(Send(std::move(request))->ok());
  clock_.Advance(std::chrono::minutes(4));
  Settle();
  EXPECT_EQ(Entries("account"), 1);
  Start();  // a restart forgets no timer
  clock_.Advance(std::chrono::minutes(2));
  Settle();
  EXPECT_EQ(Entries("account"), 2);
  clock_.Advance(std::chrono::hours(2));
  Settle();
  EXPECT_EQ(Entries("account"), 2);
}

TEST_F(RuntimeTest, RecordedTimeNeverGoesBack) {
  Send(AddTo("a", 2, "c1"));
  clock_.JumpTo(kStart - std::chrono::hours(1));
  Send(AddTo("a", 2, "c2"));
  int64_t before = 0;
  ASSERT_TRUE(memory_
                  .Read({"account", base::PartitionOf("a", 4)}, 0,
                        [&](int64_t, std::string_view bytes) {
                          const auto parsed =
                              ParseEntry(bytes, toy::Event::default_instance(), kReadsLevel);
                          EXPECT_GE(parsed->entry.at_us(), before);
                          before = parsed->entry.at_us();
                          return true;
                        })
                  .ok());
  EXPECT_FALSE(host_->Ready().ok());
}

TEST_F(RuntimeTest, ACommandPastItsDeadlineIsNotDecided) {
  auto request = AddTo("a", 2, "c1");
  request.deadline = clock_.Steady() - std::chrono::seconds(1);
  EXPECT_EQ(Send(std::move(request))->status().code(), base::Code::kDeadlineExceeded);
  EXPECT_EQ(Entries("account"), 0);
}

TEST_F(RuntimeTest, AStoreBeyondItsJournalIsRefused) {
  Send(AddTo("a", 2, "c1"));
  const int p = base::PartitionOf("a", 4);
  rows::Position ahead = *kPosition.Get(store::PartitionRows(*stores_["account"], p), "");
  ahead.set_seq(99);
  ASSERT_TRUE(
      stores_["account"]->Commit({{store::PhysicalKey(2, p, ""), ahead.SerializeAsString()}}).ok());
  City city{"toy", "journal-1", 4, 1};
  Feed feed(memory_, kReadsLevel);
  base::MapRows none;
  rules::Documents documents(none);
  const auto definition = toy::Account();
  Partition partition(definition, p,
                      {city, memory_, *stores_["account"], feed, clock_, none, documents, none, "x",
                       "", "", false, 8, 8, nullptr});
  const auto status = partition.Open();
  EXPECT_EQ(status.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("99"), std::string::npos);
}

TEST_F(RuntimeTest, ATokenOfAnotherIncarnationIsRefused) {
  wanmi::journal::v1::Token token;
  token.set_city("toy");
  token.set_journal_id("journal-1");
  token.set_incarnation(2);
  EXPECT_EQ(host_->Await("account", token.SerializeAsString(), std::chrono::milliseconds(0)).code(),
            base::Code::kFailedPrecondition);
  token.set_incarnation(1);
  auto& position = *token.add_positions();
  position.set_service("account");
  position.set_seq(1'000);
  EXPECT_EQ(host_->Await("account", token.SerializeAsString(), std::chrono::milliseconds(1)).code(),
            base::Code::kUnavailable);
}

TEST_F(RuntimeTest, AnInputThatKillsTheProcessAgainAndAgainIsParked) {
  mark_folder_ = testing::TempDir() + "marks_" + std::to_string(::getpid());
  std::filesystem::remove_all(mark_folder_);
  std::filesystem::create_directories(mark_folder_);
  Send(AddTo("a", 2, "c1"), "account", false);
  // The process before died while taking this very upstream entry.
  const int p = base::PartitionOf("a", 4);
  Settle();
  wanmi::journal::v1::Cause cause;
  cause.mutable_upstream()->set_service("account");
  cause.mutable_upstream()->set_partition(p);
  cause.mutable_upstream()->set_seq(3);
  cause.set_hops(1);
  const std::string file = mark_folder_ + "/mark-mirror-" + std::to_string(p);
  for (int met = 0; met < InputMark::kMarksMax; ++met) {
    // Met a few times, it may have been somebody's kill: it is taken again.
    EXPECT_FALSE(InputMark::Open(file)->Condemned(cause.ShortDebugString()));
    ASSERT_TRUE(InputMark::Open(file)->Write(cause.ShortDebugString()).ok());
  }
  host_.reset();
  Start(true);
  Send(AddTo("a", 8, "c2"));
  ASSERT_EQ(host_->Parked(10).size(), 1u);
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  EXPECT_EQ(Total("account", "a").total(), 10);
  // What did no harm is not held against anybody at the next unclean start.
  host_.reset();
  Start(true);
  Send(AddTo("a", 8, "c3"));
  EXPECT_EQ(host_->Parked(10).size(), 1u);
  EXPECT_EQ(Total("mirror", "a").total(), 10);
}

TEST_F(RuntimeTest, EveryViewIsEqualAfterARebuild) {
  for (int i = 0; i < 200; ++i)
    Send(AddTo("s" + std::to_string(i % 17), 1 + i % 15, "c" + std::to_string(i)), "account",
         i % 10 == 0);
  Settle();
  const std::string account = host_->Digest("account"), mirror = host_->Digest("mirror");
  Start();
  EXPECT_EQ(host_->Digest("account"), account);
  EXPECT_EQ(host_->Digest("mirror"), mirror);
}

}  // namespace
}  // namespace wanmi::runtime
