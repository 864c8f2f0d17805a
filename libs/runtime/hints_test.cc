// Where a process with an empty store begins to read what it listens to.
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/replica_fixture.h"

namespace wanmi::runtime {
namespace {

// Remembers what it was told to follow, as a journal of many processes does.
class Noting final : public journal::MemoryJournal {
 public:
  std::string HintAt(const journal::Slice& slice, int64_t seq) const override {
    if (!followed.contains(slice)) return {};
    return journal::ToString(slice) + "@" + std::to_string(seq);
  }
  base::Status Follow(const journal::Slice& slice, int64_t after,
                      const std::string& hint) override {
    followed[slice] = {after, hint};
    return {};
  }
  base::Status ReadAndFollow(const journal::Slice& slice, int64_t after, const std::string& hint,
                             const Visitor& visit) override {
    read[slice] = {after, hint};
    return MemoryJournal::ReadAndFollow(slice, after, hint, visit);
  }
  std::map<journal::Slice, std::pair<int64_t, std::string>> followed, read;
};

class HintsTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    account_.told.Say({0, 1, 2, 3});
    mirror_.told.Say({0, 1, 2, 3});
    for (const char* id : {"c1", "c2", "c3"}) {
      Settle();
      account_.Send("a", 20, id);
    }
    Settle();
    end_ = *journal_.LastSeq(upstream_);
    hints_ = mirror_.host->Hints();
    journal_.followed.clear();
  }
  void Settle() {
    for (int i = 0; i < 20; ++i) {
      clock_.Advance(std::chrono::milliseconds(200));
      for (const auto* replica : {&account_, &mirror_}) replica->host->Pump();
    }
  }
  // What a mirror with an empty store is told to follow, if it got these.
  std::pair<int64_t, std::string> StartWith(std::vector<Hint> hints) {
    HostOptions options;
    options.hints = std::move(hints);
    const Replica empty("empty", toy::Mirror(), journal_, clock_, std::move(options));
    EXPECT_EQ(empty.Total("a"), 60) << "it is folded whatever the hints";
    return journal_.followed[upstream_];
  }

  Noting journal_;
  base::ManualClock clock_{base::FromMicros(1'773'190'800'000'000)};
  Replica account_{"account", toy::Account(), journal_, clock_};
  Replica mirror_{"mirror", toy::Mirror(), journal_, clock_};
  const journal::Slice upstream_{"account", base::PartitionOf("a", 4)};
  int64_t end_ = 0;
  std::vector<Hint> hints_;  // of the mirror that works
};

TEST_F(HintsTest, AnUpstreamIsBegunWhereAPeerKnowsIt) {
  EXPECT_EQ(StartWith(hints_),
            std::pair(end_, journal::ToString(upstream_) + "@" + std::to_string(end_)));
}

TEST_F(HintsTest, WithoutAHintItIsReadFromItsStart) {
  EXPECT_EQ(StartWith({}), std::pair(end_, std::string()));
}

TEST_F(HintsTest, TheNearestIsTakenAndNoneFromBeyondWhatWasTaken) {
  const journal::Slice other{"account", (upstream_.partition + 1) % 4};
  EXPECT_EQ(StartWith({{upstream_, end_ - 2, "far"},
                       {upstream_, end_ - 1, "near"},
                       {upstream_, end_ + 1, "beyond"},
                       {other, end_, "of another"}}),
            std::pair(end_, std::string("near")));
}

TEST_F(HintsTest, ItsOwnSliceIsFoldedFromTheStart) {
  const journal::Slice own{"mirror", upstream_.partition};
  StartWith({{own, *journal_.LastSeq(own), "too late for an empty store"}});
  EXPECT_EQ(journal_.read[own], std::pair(int64_t{0}, std::string()));
}

}  // namespace
}  // namespace wanmi::runtime
