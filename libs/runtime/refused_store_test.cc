// A store that takes no rows for a while: what it has missed is folded from where it is, whoever
// decides meanwhile.
#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/memory_journal.h"
#include "runtime/replica_fixture.h"

namespace wanmi::runtime {
namespace {

class Refusing final : public store::Store {
 public:
  explicit Refusing(const bool& refuses) : refuses_(refuses) {}
  std::optional<std::string> Get(std::string_view key) const override { return rows_.Get(key); }
  std::unique_ptr<store::Cursor> NewCursor(std::string_view begin,
                                           std::string_view end) const override {
    return rows_.NewCursor(begin, end);
  }
  base::Status Commit(std::span<const store::Changes* const> all) override {
    return refuses_ ? base::Unavailable("the disk is full") : rows_.Commit(all);
  }

 private:
  const bool& refuses_;
  store::MemoryStore rows_;
};

class RefusedStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    one_.told.Say({0, 1, 2, 3});
    Settle();
    one_.Send("a", 1, "c1");
    Settle();
  }
  static HostOptions On(const bool& refuses) {
    HostOptions options;
    options.open_store = [&refuses](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<Refusing>(refuses));
    };
    return options;
  }
  void Settle() {
    for (int i = 0; i < 20; ++i) {
      clock_.Advance(std::chrono::milliseconds(200));
      for (const auto* replica : {&one_, &two_}) replica->host->Pump();
    }
  }
  void ExpectTotal(int64_t total) {
    EXPECT_EQ(one_.Total("a"), total);
    EXPECT_EQ(two_.Total("a"), total);
    EXPECT_EQ(one_.host->Digest("account"), two_.host->Digest("account"));
  }

  bool one_refuses_ = false;
  journal::MemoryJournal journal_;
  base::ManualClock clock_{base::FromMicros(1'773'190'800'000'000)};
  Replica one_{"one", toy::Account(), journal_, clock_, On(one_refuses_)};
  Replica two_{"two", toy::Account(), journal_, clock_};
};

TEST_F(RefusedStoreTest, WhatItsOwnerDecidedIsFoldedWhenAnotherDecides) {
  one_refuses_ = true;
  const auto answer = one_.Send("a", 20, "c2");
  one_.host->Pump();
  EXPECT_TRUE((*answer)->ok()) << "it is in the journal";
  one_.told.Say({});
  two_.told.Say({0, 1, 2, 3});
  one_refuses_ = false;
  two_.host->Pump();
  two_.Send("a", 300, "c3");
  Settle();
  ExpectTotal(321);
}

TEST_F(RefusedStoreTest, WhoCouldNotOpenFoldsWhatItMissed) {
  one_.told.Say({});
  two_.told.Say({0, 1, 2, 3});
  two_.host->Pump();
  two_.Send("a", 20, "c2");
  two_.host->Pump();
  one_refuses_ = true;
  one_.told.Say({0, 1, 2, 3});
  one_.host->Pump();  // raises its fence, and cannot commit what it folds
  one_refuses_ = false;
  one_.told.Say({});
  two_.told.Say({0, 1, 2, 3});
  two_.host->Pump();
  two_.Send("a", 300, "c3");
  Settle();
  ExpectTotal(321);
}

}  // namespace
}  // namespace wanmi::runtime
