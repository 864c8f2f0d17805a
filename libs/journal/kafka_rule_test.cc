// The reader's and the writer's rule, without a broker; and that each planted bug is seen.
#include "journal/kafka_rule.h"

#include <gtest/gtest.h>

#include "base/mutants.h"
#include "journal/kafka_slice.h"

namespace wanmi::journal {
namespace {

using kafka::Ack;
using wanmi::journal::v1::Fence;

// A partition as a broker has it, and what a reader makes of it.
class Topic {
 public:
  void AddFence(int64_t epoch, const std::string& instance) {
    Fence fence;
    fence.set_epoch(epoch);
    fence.set_instance(instance);
    Fold({Record::Kind::kFence, offset_, epoch, instance, 0, {}, fence.SerializeAsString(), {}});
  }
  void Add(int64_t epoch, const std::string& instance, int64_t seq, const std::string& prev,
           const std::string& bytes) {
    Fold({Record::Kind::kEntry, offset_, epoch, instance, seq, prev, bytes, {}});
  }
  std::vector<std::string> Valid() const {
    std::vector<std::string> valid;
    for (const auto& kept : view_.KeptAfter(0, 1 << 20)) valid.push_back(kept.bytes);
    return valid;
  }
  const SliceView& view() const { return view_; }
  const base::Status& status() const { return status_; }
  void Skip() { ++offset_; }  // somebody's record that this reader is not given
  Worth worth() const { return worth_; }

 private:
  void Fold(const Record& record) {
    ++offset_;
    const auto worth = view_.Fold(record);
    status_ = worth.ok() ? status_ : worth.status();
    worth_ = worth.value_or(Worth::kVoid);
  }
  Worth worth_ = Worth::kVoid;
  SliceView view_{Place{}, {}};
  base::Status status_;
  int64_t offset_ = 0;
};

using Strings = std::vector<std::string>;

Strings WithAZombie() {
  Topic topic;
  topic.AddFence(1, "a");
  topic.Add(1, "a", 1, GenesisHash(), "one");
  topic.AddFence(2, "b");
  topic.Add(1, "a", 2, ChainHash("one"), "zombie");
  topic.Add(2, "b", 2, ChainHash("one"), "two");
  topic.Add(1, "a", 3, ChainHash("two"), "zombie again");
  return topic.Valid();
}

Strings WithHoles() {
  Topic topic;
  topic.AddFence(1, "a");
  topic.Add(1, "a", 2, ChainHash("lost"), "second without a first");
  topic.Add(1, "a", 1, GenesisHash(), "one");
  topic.Add(1, "a", 1, GenesisHash(), "one");  // twice
  topic.AddFence(2, "a");
  topic.Add(2, "a", 2, ChainHash("one"), "two");
  EXPECT_TRUE(topic.status().ok());
  return topic.Valid();
}

TEST(Take, IgnoresDeposedWriters) { EXPECT_EQ(WithAZombie(), (Strings{"one", "two"})); }

TEST(Take, IgnoresWhatDoesNotFollow) { EXPECT_EQ(WithHoles(), (Strings{"one", "two"})); }

// As after a pause: who skipped a fence would believe a deposed writer.
TEST(Take, SaysNothingOfARecordBehindAGap) {
  Topic topic;
  topic.AddFence(1, "a");
  topic.Skip();
  topic.Add(1, "a", 1, GenesisHash(), "one");
  EXPECT_EQ(topic.worth(), Worth::kGap);
  EXPECT_EQ(topic.Valid(), Strings{});
  EXPECT_EQ(topic.view().place().offset, 1);
}

TEST(Take, OfTwoFencesWithOneEpochTheFirstHolds) {
  Topic topic;
  topic.AddFence(1, "a");
  topic.AddFence(1, "b");
  topic.Add(1, "b", 1, GenesisHash(), "b's");
  topic.Add(1, "a", 1, GenesisHash(), "a's");
  topic.AddFence(3, "b");
  topic.AddFence(2, "a");  // late
  topic.Add(2, "a", 2, ChainHash("a's"), "late");
  topic.Add(3, "b", 2, ChainHash("a's"), "b's after all");
  EXPECT_EQ(topic.Valid(), (Strings{"a's", "b's after all"}));
  EXPECT_EQ(topic.view().FenceOf(1)->offset, 0);
  EXPECT_FALSE(topic.view().FenceOf(2));
  EXPECT_EQ(*topic.view().HigherFence(1), 4);
  EXPECT_FALSE(topic.view().HigherFence(3));
}

TEST(Take, SaysSoWhenTheWriterBuildsOnWhatIsNotThere) {
  Topic topic;
  topic.AddFence(1, "a");
  topic.Add(1, "a", 1, GenesisHash(), "one");
  topic.Add(1, "a", 2, ChainHash("another one"), "two");
  EXPECT_EQ(topic.status().code(), base::Code::kDataLoss);
}

TEST(Take, PassesOverWhatIsForeign) {
  Topic topic;
  topic.AddFence(1, "a");
  Place place = topic.view().place();
  EXPECT_EQ(*Take({Record::Kind::kForeign, 1, 0, {}, 0, {}, "noise", {}}, place), Worth::kVoid);
  EXPECT_EQ(*Take({Record::Kind::kFence, 2, 2, "b", 0, {}, "\xff\xff no fence", {}}, place),
            Worth::kVoid);
  EXPECT_EQ(place.offset, 3);
  EXPECT_EQ(place.fence.epoch(), 1);
}

TEST(SliceView, HasAPlaceForEverySeq) {
  Topic topic;
  std::string prev = GenesisHash();
  for (int64_t seq = 1; seq <= 10'000; ++seq) {
    if (seq % 2'500 == 1) topic.AddFence(seq, "a");
    const std::string entry = std::to_string(seq);
    topic.Add(seq - (seq - 1) % 2'500, "a", seq, prev, entry);
    prev = ChainHash(entry);
  }
  const auto& view = topic.view();
  EXPECT_EQ(view.place().seq, 10'000);
  EXPECT_EQ(view.window_begin(), 10'000 - 4'096 + 1);
  EXPECT_TRUE(view.KeptAfter(100, 1'000).empty());
  for (int64_t seq = 0; seq <= 10'000; seq += 333) {
    const Place place = view.BestPlace(seq);
    EXPECT_LE(place.seq, seq);
    EXPECT_GT(place.seq, seq - 1'000);
    EXPECT_TRUE(place.seq == seq || seq < view.window_begin());
    const auto again = FromHint(ToHint(place));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->offset, place.offset);
    EXPECT_EQ(again->fence.epoch(), place.fence.epoch());
    EXPECT_EQ(again->hash, place.seq == 0 ? GenesisHash() : ChainHash(std::to_string(place.seq)));
  }
  EXPECT_FALSE(FromHint(""));
  EXPECT_FALSE(FromHint("\xff\xff\xff"));
}

Ack At(int64_t offset) { return {true, offset, ""}; }
Ack Lost() { return {false, -1, "timed out"}; }

Landing JudgeOf(int64_t expected, const std::vector<Ack>& acks,
                std::optional<int64_t> higher_fence = {}) {
  const Flown flown{expected, acks, higher_fence};
  return Judge({&flown, 1}).front();
}

TEST(Judge, CountsTheLongestPrefix) {
  EXPECT_EQ(JudgeOf(5, {At(5), At(6), At(7)}).answer.outcome, Outcome::kOk);
  EXPECT_EQ(JudgeOf(5, {At(5), At(6), At(7)}).answer.landed, 3);
  EXPECT_FALSE(JudgeOf(5, {At(5), At(6)}).gap);
  const auto hole = JudgeOf(5, {At(5), Lost(), At(6)});
  EXPECT_EQ(hole.answer.outcome, Outcome::kUnknown);
  EXPECT_EQ(hole.answer.landed, 1);
}

TEST(Judge, LooksForAFenceInAGap) {
  EXPECT_TRUE(JudgeOf(5, {At(5), At(8)}).gap);
  const auto fenced = JudgeOf(5, {At(5), At(8)}, 6);
  EXPECT_EQ(fenced.answer.outcome, Outcome::kFenced);
  EXPECT_EQ(fenced.answer.landed, 1);
  EXPECT_EQ(JudgeOf(5, {At(5), At(8)}, 9).answer.outcome, Outcome::kOk) << "it came after";
}

TEST(Judge, SaysThatEntriesWereLost) {
  const auto lost = JudgeOf(5, {At(4)});
  EXPECT_TRUE(lost.lost);
  EXPECT_EQ(lost.answer.outcome, Outcome::kUnknown);
}

bool AckWithoutOffsetIsInDoubt() {
  return JudgeOf(5, {At(5), {true, -1, ""}}).answer.outcome == Outcome::kUnknown;
}

bool EachBatchHasItsOwnAnswer() {
  const std::vector<Ack> good = {At(5)}, bad = {Lost()};
  const Flown batches[] = {{5, good, {}}, {9, bad, {}}};
  const auto landings = Judge(batches);
  return landings[0].answer.outcome == Outcome::kOk &&
         landings[1].answer.outcome == Outcome::kUnknown;
}

TEST(Judge, ANumberlessAckIsInDoubt) { EXPECT_TRUE(AckWithoutOffsetIsInDoubt()); }
TEST(Judge, EachBatchHasItsOwnAnswer) { EXPECT_TRUE(EachBatchHasItsOwnAnswer()); }

// That these tests can fail.
TEST(Mutants, AreSeen) {
  const auto planted = [](base::Mutant mutant, const auto& holds) {
    base::active_mutant = mutant;
    const bool held = holds();
    base::active_mutant = base::Mutant::kNone;
    return !held;
  };
  EXPECT_TRUE(planted(base::Mutant::kAckWithoutOffset, AckWithoutOffsetIsInDoubt));
  EXPECT_TRUE(planted(base::Mutant::kOneStatusForBatch, EachBatchHasItsOwnAnswer));
  EXPECT_TRUE(planted(base::Mutant::kNoEpochCheck, [] { return WithAZombie().size() == 2; }));
  EXPECT_TRUE(planted(base::Mutant::kNoSeqCheck, [] { return WithHoles().size() == 2; }));
}

}  // namespace
}  // namespace wanmi::journal
