// WriteBehind: whatever is committed is read as if there were only one store.
#include "store/write_behind.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace wanmi::store {
namespace {

constexpr int kPartitions = 3;

// Of a store that is kept as it was.
class Snapshot final : public Cursor {
 public:
  Snapshot(const Changes& rows, std::string_view end) {
    EXPECT_TRUE(store_.Commit(rows).ok());
    at_ = store_.NewCursor("", end);
  }
  void Seek(std::string_view key) override { at_->Seek(key); }
  bool Valid() const override { return at_->Valid(); }
  void Next() override { at_->Next(); }
  std::string_view key() const override { return at_->key(); }
  std::string_view value() const override { return at_->value(); }

 private:
  MemoryStore store_;
  std::unique_ptr<Cursor> at_;
};

// Counts the rows that reach it, and refuses them if it is told to.
class Below final : public Store {
 public:
  struct Seen {
    int rows = 0, lots = 0;
    bool refuses = false;
    MemoryStore store;
    std::mutex mutex;  // a cursor is made at one moment
  };
  explicit Below(Seen& seen) : seen_(seen) {}
  std::optional<std::string> Get(std::string_view key) const override {
    return seen_.store.Get(key);
  }
  std::unique_ptr<Cursor> NewCursor(std::string_view begin, std::string_view end) const override {
    const std::lock_guard lock(seen_.mutex);
    Changes rows;
    const auto cursor = seen_.store.NewCursor(begin, end);
    for (cursor->Seek(begin); cursor->Valid(); cursor->Next())
      rows[std::string(cursor->key())] = cursor->value();
    return std::make_unique<Snapshot>(rows, end);
  }
  base::Status Commit(std::span<const Changes* const> all) override {
    const std::lock_guard lock(seen_.mutex);
    if (seen_.refuses) return base::Unavailable("the disk is gone");
    ++seen_.lots;
    for (const Changes* changes : all) seen_.rows += static_cast<int>(changes->size());
    return seen_.store.Commit(all);
  }

 private:
  Seen& seen_;
};

std::string All(const Store& store, int partition, uint16_t family, const std::string& prefix,
                const std::string& from) {
  std::string all;
  PartitionRows(store, partition)
      .Scan(family, prefix, from, [&](std::string_view key, std::string_view value) {
        all.append(key).append("=").append(value).append(" ");
        return true;
      });
  return all;
}

std::string Whole(const Store& store) {
  std::string all;
  const auto cursor = store.NewCursor("", "");
  for (cursor->Seek(""); cursor->Valid(); cursor->Next())
    all.append(cursor->key()).append("=").append(cursor->value()).append(" ");
  return all;
}

class Walk {
 public:
  explicit Walk(uint64_t seed) : random_(seed) {}
  std::string Key() { return std::string(1, static_cast<char>('a' + Draw(3))) + Number(6); }
  std::string Number(int below) { return std::to_string(Draw(below)); }
  int Draw(int below) { return static_cast<int>(random_() % static_cast<uint64_t>(below)); }
  Changes Some(int partition) {
    Changes changes;
    for (int i = Draw(4); i >= 0; --i) {
      const auto key = PhysicalKey(static_cast<uint16_t>(20 + Draw(2)), partition, Key());
      changes[key] = Draw(3) == 0 ? std::nullopt : std::optional(Number(1'000));
    }
    return changes;
  }

 private:
  std::mt19937_64 random_;
};

TEST(WriteBehind, GivesWhatOneStoreWouldGive) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Walk walk(seed);
    Below::Seen seen;
    MemoryStore plain;
    {
      WriteBehind behind(std::make_unique<Below>(seen), 1'200);
      for (int step = 0; step < 150; ++step) {
        const int partition = walk.Draw(kPartitions);
        const Changes changes = walk.Some(partition), others = walk.Some((partition + 1) % 3);
        const Changes* const both[] = {&changes, &others};
        ASSERT_TRUE(plain.Commit(both).ok());
        if (walk.Draw(10) == 0) {
          ASSERT_TRUE(behind.Load(changes).ok());
          ASSERT_TRUE(behind.Load(others).ok());
        } else {
          ASSERT_TRUE(behind.Commit(both).ok());
        }
        const std::string key = PhysicalKey(20, partition, walk.Key());
        EXPECT_EQ(behind.Get(key), plain.Get(key)) << "seed " << seed;
        const std::string prefix = walk.Draw(2) == 0 ? "" : walk.Key().substr(0, 1);
        const std::string from = walk.Draw(2) == 0 ? "" : walk.Key();
        ASSERT_EQ(All(behind, partition, 20, prefix, from), All(plain, partition, 20, prefix, from))
            << "seed " << seed << ", prefix " << prefix << ", from " << from;
        if (walk.Draw(40) == 0) {
          ASSERT_EQ(Whole(behind), Whole(plain)) << "seed " << seed;
        }
      }
    }
    EXPECT_EQ(Whole(seen.store), Whole(plain)) << "what is left is given below at the end";
  }
}

TEST(WriteBehind, WhatIsWrittenAgainAndAgainReachesTheStoreSeldom) {
  Below::Seen seen;
  {
    WriteBehind behind(std::make_unique<Below>(seen), 10'000);
    for (int i = 0; i < 1'000; ++i) {
      Changes changes;
      changes[PhysicalKey(2, 0, "")] = std::to_string(i);
      changes[PhysicalKey(20, 0, std::to_string(i / 10))] = "row";
      ASSERT_TRUE(behind.Commit(changes).ok());
    }
  }
  EXPECT_GE(seen.rows, 101);
  EXPECT_LT(seen.rows, 110);
}

TEST(WriteBehind, ACursorSeesTheStoreAsOfItsMaking) {
  Below::Seen seen;
  WriteBehind behind(std::make_unique<Below>(seen));
  const std::string key = PhysicalKey(20, 1, "a");
  ASSERT_TRUE(behind.Commit(Changes{{key, "before"}}).ok());
  const auto cursor = behind.NewCursor(key, EndOf(key));
  ASSERT_TRUE(behind.Commit(Changes{{key, std::nullopt}}).ok());
  cursor->Seek(key);
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->value(), "before");
  EXPECT_FALSE(behind.Get(key));
}

TEST(WriteBehind, ALargeCommitIsNotHiddenByWhatIsOlder) {
  Below::Seen seen;
  WriteBehind behind(std::make_unique<Below>(seen), 1'000);
  const std::string key = PhysicalKey(20, 0, "3");
  ASSERT_TRUE(behind.Commit(Changes{{key, "older"}}).ok());
  Changes large;
  for (int i = 0; i < 20; ++i) large[PhysicalKey(20, 0, std::to_string(i))] = "newer";
  ASSERT_TRUE(behind.Commit(large).ok());
  EXPECT_EQ(seen.lots, 2) << "it went below at once, after what was young";
  EXPECT_EQ(behind.Get(key), "newer");
}

TEST(WriteBehind, RowsThatAreWrittenAgainForLongGoBelowSometime) {
  Below::Seen seen;
  WriteBehind behind(std::make_unique<Below>(seen));
  for (int i = 0; i < 30'001; ++i)
    ASSERT_TRUE(behind.Commit(Changes{{PhysicalKey(2, 0, ""), std::to_string(i)}}).ok());
  EXPECT_EQ(seen.lots, 3);
}

TEST(WriteBehind, WhatIsRefusedIsNotSeenAndNothingIsTakenAfterIt) {
  Below::Seen seen;
  {
    WriteBehind behind(std::make_unique<Below>(seen), 250);
    const std::string last = PhysicalKey(20, 0, "last"), other = PhysicalKey(20, 1, "other");
    for (int i = 0; i < 3; ++i)
      ASSERT_TRUE(behind.Commit(Changes{{PhysicalKey(20, 0, std::to_string(i)), "row"}}).ok());
    ASSERT_TRUE(behind.Commit(Changes{{other, "row"}}).ok());
    seen.refuses = true;
    ASSERT_TRUE(behind.Commit(Changes{{other, "there is room"}}).ok());
    ASSERT_TRUE(behind.Commit(Changes{{PhysicalKey(20, 0, "3"), "row"}}).ok());
    EXPECT_EQ(behind.Commit(Changes{{last, "row"}}).code(), base::Code::kUnavailable);
    EXPECT_FALSE(behind.Get(last));
    seen.refuses = false;
    EXPECT_FALSE(behind.Commit(Changes{{last, "row"}}).ok());
    EXPECT_FALSE(behind.Commit(Changes{{other, "of another partition"}}).ok());
    EXPECT_EQ(behind.Get(other), "there is room");
    Changes large;
    for (int i = 0; i < 20; ++i) large[PhysicalKey(20, 0, std::to_string(i))] = "row";
    EXPECT_FALSE(behind.Commit(large).ok());
    EXPECT_FALSE(behind.Load(large).ok());
  }
  EXPECT_EQ(seen.lots, 0);
}

// Rows that are always written together, while one thread writes and others look.
TEST(WriteBehind, ReadersBesideAWriterSeeWholeCommits) {
  Below::Seen seen;
  constexpr int kRows = 10;
  {
    WriteBehind behind(std::make_unique<Below>(seen), 1'000);
    std::atomic<bool> done{false};
    const auto look = [&] {
      while (!done) {
        std::set<std::string> values;
        PartitionRows(behind, 1).Scan(20, "", "", [&](std::string_view, std::string_view value) {
          values.emplace(value);
          return true;
        });
        EXPECT_LE(values.size(), 1u) << *values.begin() << " and others";
      }
    };
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) readers.emplace_back(look);
    for (int i = 0; i < 20'000; ++i) {
      Changes all;
      for (int row = 0; row < kRows; ++row)
        all[PhysicalKey(20, 1, std::to_string(row))] = std::to_string(i);
      all[PhysicalKey(21, 1, std::to_string(i))] = "so that a lot is full soon";
      EXPECT_TRUE(behind.Commit(all).ok());
    }
    done = true;
    for (auto& reader : readers) reader.join();
  }
  EXPECT_GT(seen.lots, 1'000) << "it is emptied while they look";
}

// As lanes and queries do: each of three threads commits to a partition of its own, while others
// get, scan all partitions merged, and give everything below.
TEST(WriteBehind, ThreadsThatCommitReadAndScanAtATimeDoNotDisturbEachOther) {
  constexpr int kCommits = 3'000;
  Below::Seen seen;
  WriteBehind behind(std::make_unique<Below>(seen), 2'000);
  const auto key = [](int partition, int row) {
    return PhysicalKey(20, partition, fmt::format("{:02}", row));
  };
  std::atomic<bool> done{false};
  std::vector<std::thread> readers, writers;
  readers.emplace_back([&] {  // what grows never falls
    std::string last;
    while (!done) {
      const std::string now = behind.Get(key(0, 0)).value_or("");
      EXPECT_GE(now, last);
      last = now;
    }
  });
  readers.emplace_back([&] {
    while (!done) {
      int rows = 0;
      MergedRows(behind, kPartitions).Scan(20, "", "", [&](std::string_view, std::string_view) {
        return ++rows > 0;
      });
      EXPECT_LE(rows, kPartitions * 10);
    }
  });
  readers.emplace_back([&] {
    while (!done) Whole(behind);
  });
  for (int p = 0; p < kPartitions; ++p) {
    writers.emplace_back([&, p] {
      for (int i = 0; i < kCommits; ++i) {
        const std::string value = fmt::format("{:06}", i);
        Changes changes{{key(p, 0), value}, {key(p, i % 10), value}};
        EXPECT_TRUE(behind.Commit(changes).ok());
        EXPECT_EQ(behind.Get(key(p, i % 10)), value) << "its own rows are there at once";
      }
    });
  }
  for (auto& writer : writers) writer.join();
  done = true;
  for (auto& reader : readers) reader.join();
  for (int p = 0; p < kPartitions; ++p)
    EXPECT_EQ(behind.Get(key(p, 0)), fmt::format("{:06}", kCommits - 1));
}

}  // namespace
}  // namespace wanmi::store
