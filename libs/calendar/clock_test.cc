// Deadlines at the borders of periods, weekends, holidays and years, and how they explain
// themselves.
#include "calendar/clock.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "calendar/testing.h"

namespace wanmi::calendar {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Budget Working(base::Span amount) { return {amount, false}; }

std::vector<Reason> Reasons(const Due& due) {
  std::vector<Reason> reasons;
  for (const Line& line : due.lines) reasons.push_back(line.reason);
  return reasons;
}

TEST(Deadline, OfFridayEveningIsOnMonday) {
  const Due due = Deadline(Office(), Working(hours(4)), Local("2026-11-20", 17, 58));
  EXPECT_EQ(due.due_at, Local("2026-11-23", 11, 58));
  EXPECT_FALSE(due.estimated);
  ASSERT_EQ(Reasons(due), (std::vector{Reason::kWorking, Reason::kWeekend, Reason::kWorking}));
  EXPECT_EQ(due.lines[0].counted, minutes(2));
  EXPECT_EQ(due.lines[1].from, Local("2026-11-20", 18));
  EXPECT_EQ(due.lines[1].to, Local("2026-11-23", 8));
  EXPECT_EQ(due.lines[1].note, "2026-11-21 to 2026-11-22");
  EXPECT_EQ(due.lines[2].counted, minutes(238));
}

TEST(Deadline, StepsOverNationalDay) {
  const Due due = Deadline(Office(), Working(hours(8)), Local("2026-09-30", 17));
  EXPECT_EQ(due.due_at, Local("2026-10-08", 17));
  ASSERT_EQ(Reasons(due), (std::vector{Reason::kWorking, Reason::kHoliday, Reason::kWorking,
                                       Reason::kBreak, Reason::kWorking}));
  EXPECT_EQ(due.lines[1].note, "2026-10-01 to 2026-10-07");
}

TEST(Deadline, CountsAMakeupWorkday) {
  const Due due = Deadline(Office(), Working(hours(4)), Local("2026-10-09", 17));
  EXPECT_EQ(due.due_at, Local("2026-10-10", 11));
  EXPECT_EQ(Reasons(due), (std::vector{Reason::kWorking, Reason::kNight, Reason::kMakeup}));
  EXPECT_EQ(due.lines[2].note, "2026-10-10 is a make-up workday");
}

TEST(Deadline, IsTheEarliestMoment) {
  const Calendar office = Office();
  EXPECT_EQ(Deadline(office, Working(hours(4)), Local("2026-11-24", 8)).due_at,
            Local("2026-11-24", 12));
  EXPECT_EQ(Deadline(office, Working(hours(4) + base::Span(1)), Local("2026-11-24", 8)).due_at,
            Local("2026-11-24", 14) + base::Span(1));
  EXPECT_EQ(Deadline(office, Working(hours(4)), Local("2026-11-24", 12)).due_at,
            Local("2026-11-24", 18));
  EXPECT_EQ(Deadline(office, Working(hours(0)), Local("2026-11-24", 13)).due_at,
            Local("2026-11-24", 13));
  EXPECT_EQ(Deadline(office, Working(hours(1)), Local("2026-10-03", 3)).due_at,
            Local("2026-10-08", 9));
}

TEST(Deadline, FromTheEndOfAPeriodBeginsWithRest) {
  const Due due = Deadline(Office(), Working(hours(1)), Local("2026-11-24", 12));
  EXPECT_EQ(Reasons(due), (std::vector{Reason::kBreak, Reason::kWorking}));
}

TEST(Deadline, NamesARestAfterItsStrongestPart) {
  Calendar office = Office();
  office.years[2026].holidays = {20261120};  // a Friday before a plain weekend
  const Due due = Deadline(office, Working(hours(1)), Local("2026-11-19", 18));
  EXPECT_EQ(Reasons(due), (std::vector{Reason::kHoliday, Reason::kWorking}));
  EXPECT_EQ(due.lines[0].note, "2026-11-20 to 2026-11-22");
}

TEST(Deadline, IntoAnUnpublishedYearIsAVisibleEstimate) {
  const Calendar office = Office();
  const Due due = Deadline(office, Working(hours(2)), Local("2026-12-31", 17));
  EXPECT_EQ(due.due_at, Local("2027-01-01", 9));  // a Friday
  EXPECT_TRUE(due.estimated);
  EXPECT_EQ(due.lines.back().reason, Reason::kEstimated);
  EXPECT_FALSE(Deadline(office, Working(hours(1)), Local("2026-12-31", 17)).estimated);
  EXPECT_TRUE(Deadline(office, Working(hours(1)), Local("2024-11-01", 9)).estimated);
  EXPECT_FALSE(Deadline(office, {hours(48), true}, Local("2026-12-31", 17)).estimated);

  Calendar corrected = office;
  ASSERT_TRUE(AddDay(corrected, "2027-01-01", "holiday").ok());
  const Due derived_again = Deadline(corrected, Working(hours(2)), Local("2026-12-31", 17));
  EXPECT_EQ(derived_again.due_at, Local("2027-01-04", 9));
  EXPECT_FALSE(derived_again.estimated);
}

TEST(Deadline, OfAnUrgentLimitRunsThroughTheNight) {
  const Due due = Deadline(Office(), {hours(24), true}, Local("2026-10-01", 23));
  EXPECT_EQ(due.due_at, Local("2026-10-02", 23));
  EXPECT_EQ(Reasons(due), std::vector{Reason::kContinuous});
}

TEST(Deadline, NamesBreakAndNight) {
  const Due due = Deadline(Office(), Working(hours(9)), Local("2026-11-24", 6));
  EXPECT_EQ(due.due_at, Local("2026-11-25", 9));
  EXPECT_EQ(Reasons(due), (std::vector{Reason::kNight, Reason::kWorking, Reason::kBreak,
                                       Reason::kWorking, Reason::kNight, Reason::kWorking}));
}

TEST(Deadline, OfManyDaysIsToldInFewLines) {
  // 15 working days over Mid-Autumn, its make-up Sunday, National Day and a make-up Saturday.
  const Due due = Deadline(Office(), Working(hours(15 * 8)), Local("2026-09-18", 10));
  EXPECT_EQ(due.due_at, Local("2026-10-15", 10));
  EXPECT_EQ(Reasons(due),
            (std::vector{Reason::kWorking, Reason::kWeekend, Reason::kMakeup, Reason::kNight,
                         Reason::kWorking, Reason::kHoliday, Reason::kWorking, Reason::kHoliday,
                         Reason::kWorking, Reason::kNight, Reason::kMakeup, Reason::kWeekend,
                         Reason::kWorking}));
  const Due quarter = Deadline(Office(), Working(hours(60 * 8)), Local("2026-05-18", 8));
  EXPECT_LE(quarter.lines.size(), 3u);
}

TEST(Deadline, OfAPostFollowsItsOwnHours) {
  Calendar post = Office();
  post.works_every_day = true;
  post.periods = {{0, 120}, {450, 1350}, {1350, 1440}};  // 07:30–02:00, a shift over midnight
  ASSERT_TRUE(Validate(post).ok());
  const Due due = Deadline(post, Working(hours(3)), Local("2026-10-01", 22));
  EXPECT_EQ(due.due_at, Local("2026-10-02", 1));
  EXPECT_EQ(Reasons(due), std::vector{Reason::kWorking});
}

TEST(Deadline, OfANegativeBudgetIsABug) {
  EXPECT_THROW(Deadline(Office(), Working(hours(-1)), Local("2026-10-01", 9)), base::CheckFailure);
  Calendar none;
  none.periods.clear();
  EXPECT_THROW(Deadline(none, Working(hours(1)), Local("2026-10-01", 9)), base::CheckFailure);
}

TEST(Elapsed, IsExactAtTheBordersOfPeriods) {
  const Calendar office = Office();
  const base::Span one(1);
  const base::Time eight = Local("2026-11-24", 8), noon = Local("2026-11-24", 12);
  EXPECT_EQ(Elapsed(office, false, eight - one, eight), base::Span(0));
  EXPECT_EQ(Elapsed(office, false, eight - one, eight + one), one);
  EXPECT_EQ(Elapsed(office, false, noon - one, noon + one), one);
  EXPECT_EQ(Elapsed(office, false, noon, Local("2026-11-24", 14)), base::Span(0));
  EXPECT_EQ(Elapsed(office, false, eight, Local("2026-11-25", 8)), hours(8));
  EXPECT_EQ(Elapsed(office, false, Local("2026-09-30", 18), Local("2026-10-08", 8)), base::Span(0));
  EXPECT_EQ(Elapsed(office, false, noon, eight), base::Span(0));
  EXPECT_EQ(Elapsed(office, true, Local("2026-10-01", 0), Local("2026-10-02", 0)), hours(24));
}

}  // namespace
}  // namespace wanmi::calendar
