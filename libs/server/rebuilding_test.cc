// One rebuild at a time; how it ends is told to whoever asks afterwards.
#include "server/rebuilding.h"

#include <gtest/gtest.h>

#include <future>

namespace wanmi::server {
namespace {

using operations::v1::RebuildView;

operations::v1::Rebuild Start() {
  operations::v1::Rebuild rebuild;
  rebuild.set_start(true);
  return rebuild;
}

RebuildView AtItsEnd(Rebuilding& rebuilding) {
  for (;;) {
    auto view = rebuilding.Ask({});
    EXPECT_TRUE(view.ok());
    if (view->state() != RebuildView::STATE_RUNNING) return *view;
    std::this_thread::yield();
  }
}

TEST(Rebuilding, IsStartedOnceHoweverOftenItIsAskedFor) {
  std::promise<void> go_on;
  const auto wait = go_on.get_future().share();
  std::atomic<int> runs = 0;
  Rebuilding rebuilding([&]() -> base::Result<RebuildView> {
    ++runs;
    wait.wait();
    RebuildView view;
    view.add_services()->set_service("intake");
    return view;
  });
  EXPECT_EQ(rebuilding.Ask({})->state(), RebuildView::STATE_UNSPECIFIED);
  EXPECT_EQ(rebuilding.Ask(Start())->state(), RebuildView::STATE_RUNNING);
  EXPECT_EQ(rebuilding.Ask(Start())->state(), RebuildView::STATE_RUNNING);
  go_on.set_value();
  const RebuildView view = AtItsEnd(rebuilding);
  EXPECT_EQ(view.state(), RebuildView::STATE_DONE);
  EXPECT_EQ(view.services(0).service(), "intake");
  EXPECT_EQ(runs, 1);
  (void)rebuilding.Ask(Start());
  AtItsEnd(rebuilding);
  EXPECT_EQ(runs, 2);
}

TEST(Rebuilding, WhatBreaksIsToldAndMayBeStartedAgain) {
  int runs = 0;
  Rebuilding rebuilding([&]() -> base::Result<RebuildView> {
    if (++runs == 1) throw std::runtime_error("a rule broke");
    return base::Unavailable("no room");
  });
  (void)rebuilding.Ask(Start());
  RebuildView view = AtItsEnd(rebuilding);
  EXPECT_EQ(view.state(), RebuildView::STATE_FAILED);
  EXPECT_NE(view.problem().find("a rule broke"), std::string::npos);
  (void)rebuilding.Ask(Start());
  view = AtItsEnd(rebuilding);
  EXPECT_NE(view.problem().find("no room"), std::string::npos);
}

}  // namespace
}  // namespace wanmi::server
