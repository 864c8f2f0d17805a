// Reads that wait: told once, at the latest when their time is over, and nobody else waits for
// them.
#include "server/waiting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace wanmi::server {
namespace {

using std::chrono::milliseconds;

TEST(Waiting, WhatIsThereIsToldAtOnceAndHere) {
  Waiting waiting;
  bool told = false;
  waiting.Until([] { return base::Status(); }, milliseconds(10'000),
                [&](const base::Status& status) { told = status.ok(); });
  EXPECT_TRUE(told);
}

TEST(Waiting, WhatComesIsToldWhenItCame) {
  Waiting waiting;
  std::atomic<bool> there = false;
  std::promise<base::Status> told;
  waiting.Until([&] { return there ? base::Status() : base::Unavailable("not yet"); },
                milliseconds(10'000), [&](const base::Status& status) { told.set_value(status); });
  there = true;
  EXPECT_TRUE(told.get_future().get().ok());
}

TEST(Waiting, WhatNeverComesIsToldInTimeAndHoldsNobodyUp) {
  Waiting waiting;
  std::promise<base::Status> told;
  const auto begun = std::chrono::steady_clock::now();
  waiting.Until([] { return base::Unavailable("never"); }, milliseconds(20),
                [&](const base::Status& status) { told.set_value(status); });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(15)) << "Until() itself waited";
  EXPECT_EQ(told.get_future().get().code(), base::Code::kUnavailable);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(20));
}

TEST(Waiting, AtTheEndEachIsTold) {
  int told = 0;
  {
    Waiting waiting;
    for (int i = 0; i < 3; ++i) {
      waiting.Until([] { return base::Unavailable("never"); }, milliseconds(60'000),
                    [&](const base::Status&) { ++told; });
    }
  }
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace wanmi::server
