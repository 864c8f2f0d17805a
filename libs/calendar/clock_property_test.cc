// What holds for every budget and every beginning: the laws in the head of clock.h.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <optional>

#include "calendar/clock.h"
#include "calendar/testing.h"

namespace wanmi::calendar {
namespace {

// On a grid of minutes half of the time, since borders are where mistakes live.
base::Span AnySpan(int64_t minutes) {
  const auto whole = std::chrono::minutes(*rc::gen::inRange<int64_t>(0, minutes));
  return *rc::gen::arbitrary<bool>()
             ? base::Span(whole)
             : whole + base::Span(*rc::gen::inRange<int64_t>(0, 60'000'000));
}

base::Time AnyTime() { return Local("2025-12-01", 0) + AnySpan(500 * 24 * 60); }

Calendar AnyCalendar(const Calendar& office) {
  Calendar calendar = office;
  calendar.works_every_day = *rc::gen::weightedElement<bool>({{3, false}, {1, true}});
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      break;
    case 1:
      calendar.periods = {{0, 1440}};
      break;
    default:
      calendar.periods = {{0, 60}, {60, 61}, {450, 1439}};
  }
  return calendar;
}

class ClockLaws : public testing::Test {
 protected:
  const Calendar office_ = Office();
};

template <class Law>
void Holds(const char* name, Law law) {
  EXPECT_TRUE(rc::check(name, law));
}

TEST_F(ClockLaws, WhatElapsesUntilTheDeadlineIsTheBudget) {
  Holds("elapsed is the budget", [&] {
    const Calendar calendar = AnyCalendar(office_);
    const Budget budget{AnySpan(20 * 8 * 60), *rc::gen::arbitrary<bool>()};
    const base::Time from = AnyTime();
    const Due due = Deadline(calendar, budget, from);
    RC_ASSERT(Elapsed(calendar, budget.continuous, from, due.due_at) == budget.amount);
    if (due.due_at > from) {  // and no moment before will do
      RC_ASSERT(Elapsed(calendar, budget.continuous, from, due.due_at - base::Span(1)) ==
                budget.amount - base::Span(1));
    }
  });
}

TEST_F(ClockLaws, SplitBudgetsAddUp) {
  Holds("split budgets add up", [&] {
    const Calendar calendar = AnyCalendar(office_);
    const bool continuous = *rc::gen::arbitrary<bool>();
    const base::Span first = AnySpan(3000), second = AnySpan(3000);
    const base::Time from = AnyTime();
    const Due middle = Deadline(calendar, {first, continuous}, from);
    // A second part of nothing is used up where the first one is.
    RC_ASSERT(Deadline(calendar, {second, continuous}, middle.due_at).due_at ==
              Deadline(calendar, {first + second, continuous}, from).due_at);
  });
}

TEST_F(ClockLaws, AreMonotone) {
  Holds("a later beginning or a larger budget is never due earlier", [&] {
    const Calendar calendar = AnyCalendar(office_);
    const base::Span amount = AnySpan(3000);
    const base::Time from = AnyTime();
    const base::Time due = Deadline(calendar, {amount, false}, from).due_at;
    RC_ASSERT(Deadline(calendar, {amount, false}, from + AnySpan(3000)).due_at >= due);
    RC_ASSERT(Deadline(calendar, {amount + AnySpan(3000), false}, from).due_at >= due);
  });
}

TEST_F(ClockLaws, ElapsedAddsUpOverAnyPause) {
  Holds("elapsed is additive", [&] {
    const Calendar calendar = AnyCalendar(office_);
    const base::Time from = AnyTime(), middle = from + AnySpan(9000);
    const base::Time to = middle + AnySpan(9000);
    RC_ASSERT(Elapsed(calendar, false, from, middle) + Elapsed(calendar, false, middle, to) ==
              Elapsed(calendar, false, from, to));
  });
}

TEST_F(ClockLaws, LinesExplainTheWholeDeadline) {
  Holds("lines lie end to end and sum up", [&] {
    const Calendar calendar = AnyCalendar(office_);
    const Budget budget{AnySpan(40 * 8 * 60) + base::Span(1), false};
    const base::Time from = AnyTime();
    const Due due = Deadline(calendar, budget, from);
    base::Time at = from;
    base::Span counted(0);
    bool estimated = !IsPublished(calendar, CivilDay(calendar, from));
    std::optional<Reason> before;
    for (const Line& line : due.lines) {
      RC_ASSERT(line.from == at);
      RC_ASSERT(line.to > line.from);
      RC_ASSERT(line.counted == Elapsed(calendar, false, line.from, line.to));
      RC_ASSERT(line.reason != before);
      before = line.reason;
      estimated = estimated || line.reason == Reason::kEstimated;
      at = line.to;
      counted += line.counted;
    }
    RC_ASSERT(at == due.due_at);
    RC_ASSERT(counted == budget.amount);
    RC_ASSERT(due.estimated == estimated);
  });
}

}  // namespace
}  // namespace wanmi::calendar
