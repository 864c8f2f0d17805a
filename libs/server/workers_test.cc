#include "server/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <thread>

namespace wanmi::server {
namespace {

TEST(Workers, TakeSoMuchAndNoMoreAndDoAllOfIt) {
  std::atomic<int> done = 0;
  {
    std::latch all_wait(Workers::kThreads), go(1);
    Workers workers;
    for (int i = 0; i < Workers::kThreads; ++i) {
      ASSERT_TRUE(workers.Do([&] {
        all_wait.count_down();
        go.wait();
        ++done;
      }));
    }
    all_wait.wait();  // each has a thread of its own
    for (int i = 0; i < Workers::kWaitMost; ++i) ASSERT_TRUE(workers.Do([&] { ++done; }));
    EXPECT_FALSE(workers.Do([&] { done += 1'000'000; }));
    EXPECT_EQ(done, 0);
    go.count_down();
  }
  EXPECT_EQ(done, Workers::kThreads + Workers::kWaitMost);
}

TEST(Workers, TakeMoreWhenSomeIsDone) {
  Workers workers;
  constexpr int kMany = 10'000;
  std::mutex mutex;
  std::condition_variable moved;
  int done = 0;  // guarded by mutex
  for (int i = 0; i < kMany; ++i) {
    const auto work = [&] {
      const std::lock_guard lock(mutex);
      ++done;
      moved.notify_one();
    };
    while (!workers.Do(work)) std::this_thread::yield();
  }
  std::unique_lock lock(mutex);
  moved.wait(lock, [&] { return done == kMany; });
}

}  // namespace
}  // namespace wanmi::server
