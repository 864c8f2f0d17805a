// One piece of work at a time; how it ends is told to whoever asks afterwards.
#include "server/long_work.h"

#include <gtest/gtest.h>

#include <future>

#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::server {
namespace {

using operations::v1::RebuildView;
using Rebuilding = LongWork<RebuildView>;

RebuildView AtItsEnd(Rebuilding& rebuilding) {
  for (;;) {
    RebuildView view = rebuilding.Ask({});
    if (view.state() != RebuildView::STATE_RUNNING) return view;
    std::this_thread::yield();
  }
}

TEST(LongWork, IsStartedOnceHoweverOftenItIsAskedFor) {
  std::promise<void> go_on;
  const auto wait = go_on.get_future().share();
  std::atomic<int> runs = 0;
  Rebuilding rebuilding;
  const auto work = [&]() -> base::Result<RebuildView> {
    ++runs;
    wait.wait();
    RebuildView view;
    view.add_services()->set_service("intake");
    return view;
  };
  EXPECT_EQ(rebuilding.Ask({}).state(), RebuildView::STATE_UNSPECIFIED);
  EXPECT_EQ(rebuilding.Ask(work).state(), RebuildView::STATE_RUNNING);
  EXPECT_EQ(rebuilding.Ask(work).state(), RebuildView::STATE_RUNNING);
  go_on.set_value();
  const RebuildView view = AtItsEnd(rebuilding);
  EXPECT_EQ(view.state(), RebuildView::STATE_DONE);
  EXPECT_EQ(view.services(0).service(), "intake");
  EXPECT_EQ(runs, 1);
  (void)rebuilding.Ask(work);
  AtItsEnd(rebuilding);
  EXPECT_EQ(runs, 2);
}

TEST(LongWork, WhatBreaksIsToldAndMayBeStartedAgain) {
  int runs = 0;
  Rebuilding rebuilding;
  const auto work = [&]() -> base::Result<RebuildView> {
    if (++runs == 1) throw std::runtime_error("a rule broke");
    return base::Unavailable("no room");
  };
  (void)rebuilding.Ask(work);
  RebuildView view = AtItsEnd(rebuilding);
  EXPECT_EQ(view.state(), RebuildView::STATE_FAILED);
  EXPECT_NE(view.problem().find("a rule broke"), std::string::npos);
  (void)rebuilding.Ask(work);
  view = AtItsEnd(rebuilding);
  EXPECT_NE(view.problem().find("no room"), std::string::npos);
}

}  // namespace
}  // namespace wanmi::server
