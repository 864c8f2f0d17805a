// A cache may forget, and may never tell what is no longer so.
#include "store/row_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace wanmi::store {
namespace {

TEST(RowCache, ReadsOnceAndRemembersThatThereIsNone) {
  RowCache cache(1 << 20);
  int reads = 0;
  const auto none = [&]() -> RowCache::Value { return ++reads, std::nullopt; };
  EXPECT_FALSE(cache.Get("a", none));
  EXPECT_FALSE(cache.Get("a", none));
  EXPECT_EQ(reads, 1);
  cache.Put("a", "1");
  EXPECT_EQ(cache.Get("a", none), "1");
  cache.Put("a", std::nullopt);
  EXPECT_FALSE(cache.Get("a", none));
  EXPECT_EQ(reads, 1);
  cache.Clear();
  cache.Get("a", none);
  EXPECT_EQ(reads, 2);
}

TEST(RowCache, WhatWasReadBeforeACommitIsNotRememberedAfterIt) {
  RowCache cache(1 << 20);
  const auto read = [&]() -> RowCache::Value {
    cache.Put("a", "new");  // a commit between the read of the old row and its being remembered
    return "old";
  };
  EXPECT_EQ(cache.Get("a", read), "old");
  EXPECT_EQ(cache.Get("a", [] { return RowCache::Value("asked again"); }), "new");
}

TEST(RowCache, KeepsToItsBoundAndKeepsWhatIsAskedFor) {
  RowCache cache(16 * 2 * 2'000);  // 2,000 bytes a shard and generation
  int reads = 0;
  const auto read = [&]() -> RowCache::Value { return ++reads, std::string(100, 'x'); };
  for (int i = 0; i < 10'000; ++i) {
    cache.Get("often", read);
    cache.Get("k" + std::to_string(i), read);
  }
  EXPECT_EQ(reads, 10'001);
  cache.Get("k1", read);
  EXPECT_EQ(reads, 10'002) << "nothing was ever forgotten";
}

TEST(RowCache, ReadersBesideAWriterNeverSeeARowGoBack) {
  RowCache cache(1 << 20);
  std::atomic<int> stored = 0;
  std::atomic<bool> done = false, went_back = false;
  const auto read = [&]() -> RowCache::Value { return std::to_string(stored.load()); };
  std::vector<std::jthread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      for (int last = 0; !done;) {
        const int now = std::stoi(*cache.Get("a", read));
        went_back = went_back || now < last;
        last = now;
      }
    });
  }
  for (int i = 1; i <= 20'000; ++i) {
    stored = i;
    cache.Put("a", std::to_string(i));
    if (i % 100 == 0) cache.Clear();
  }
  done = true;
  readers.clear();
  EXPECT_FALSE(went_back);
  EXPECT_EQ(cache.Get("a", read), "20000");
}

}  // namespace
}  // namespace wanmi::store
