#include "services/dispatch/ledger.h"

#include <gtest/gtest.h>

#include <random>

#include "calendar/clock.h"
#include "services/dispatch/case_test.h"

namespace wanmi::dispatch {
namespace {

calendar::Calendar Office() {
  calendar::Calendar office;
  office.name = "city";
  office.version = 3;
  auto& year = office.years[2026];
  for (int day = 20261001; day <= 20261007; ++day) year.holidays.insert(day);
  year.makeup_workdays = {20260920, 20261010};
  return office;
}

rulebook::v1::LimitPhase Limit(double amount, rulebook::v1::LimitUnit unit) {
  rulebook::v1::LimitPhase limit;
  limit.set_name("repair");
  limit.set_amount(amount);
  limit.set_unit(unit);
  return limit;
}

v1::CaseDispatched Start(const rulebook::v1::LimitPhase& limit, std::optional<int64_t> left_s,
                         base::Time now, const calendar::Calendar& calendar = Office()) {
  v1::CaseDispatched dispatched;
  EXPECT_TRUE(StartClock(limit, left_s, calendar, now, &dispatched).ok());
  return dispatched;
}

state::Ledger LedgerOf(const v1::CaseDispatched& dispatched, base::Time now) {
  state::Ledger ledger;
  ledger.set_budget_s(dispatched.budget_s());
  ledger.set_running_since_us(Us(now));
  ledger.set_due_at_us(dispatched.due_at_us());
  ledger.set_continuous(dispatched.continuous());
  return ledger;
}

void ExpectLinesHold(const v1::CaseDispatched& dispatched, base::Time now) {
  ASSERT_GT(dispatched.lines_size(), 0);
  EXPECT_LE(dispatched.lines_size(), kLinesLast);
  int64_t at_us = Us(now), counted_s = 0;
  for (const auto& line : dispatched.lines()) {
    EXPECT_EQ(line.from_us(), at_us) << "lines lie end to end";
    EXPECT_FALSE(line.why().empty());
    at_us = line.until_us();
    counted_s += line.counted_s();
  }
  EXPECT_EQ(at_us, dispatched.due_at_us());
  EXPECT_EQ(counted_s, dispatched.budget_s());
}

TEST(Ledger, LimitsAreReckonedByTheirUnits) {
  using namespace rulebook::v1;  // NOLINT: a table
  EXPECT_EQ(LimitOf(Limit(2, LIMIT_UNIT_URGENT_HOUR))->amount, hours(2));
  EXPECT_TRUE(LimitOf(Limit(2, LIMIT_UNIT_URGENT_HOUR))->continuous);
  EXPECT_EQ(LimitOf(Limit(1, LIMIT_UNIT_URGENT_DAY))->amount, hours(24));
  EXPECT_EQ(LimitOf(Limit(1.5, LIMIT_UNIT_WORKING_HOUR))->amount, minutes(90));
  EXPECT_EQ(LimitOf(Limit(2, LIMIT_UNIT_WORKING_DAY))->amount, hours(16));
  EXPECT_FALSE(LimitOf(Limit(2, LIMIT_UNIT_WORKING_DAY))->continuous);
  EXPECT_EQ(LimitOf(Limit(0, LIMIT_UNIT_WORKING_DAY)).status().code(),
            base::Code::kFailedPrecondition);
  EXPECT_EQ(LimitOf(Limit(1, LIMIT_UNIT_UNSPECIFIED)).status().code(),
            base::Code::kFailedPrecondition);
}

TEST(Ledger, ADeadlineIsExplainedInPlainWords) {
  const base::Time now = Local("2026-03-11", 9);
  const auto dispatched = Start(Limit(4, rulebook::v1::LIMIT_UNIT_WORKING_HOUR), std::nullopt, now);
  ASSERT_EQ(dispatched.lines_size(), 4);
  EXPECT_EQ(dispatched.lines(0).why(), "the limit 'repair' is 4 working hours");
  EXPECT_EQ(dispatched.lines(1).why(), "working hours count");
  EXPECT_EQ(dispatched.lines(1).counted_s(), 3 * 3600);
  EXPECT_EQ(dispatched.lines(2).why(), "the break between working hours does not count");
  EXPECT_EQ(dispatched.lines(2).counted_s(), 0);
  EXPECT_EQ(dispatched.lines(3).counted_s(), 3600);
  EXPECT_EQ(dispatched.calendar_version(), 3);
  ExpectLinesHold(dispatched, now);
}

TEST(Ledger, HolidaysAreNamed) {
  const base::Time now = Local("2026-09-30", 16);
  const auto dispatched = Start(Limit(4, rulebook::v1::LIMIT_UNIT_WORKING_HOUR), std::nullopt, now);
  EXPECT_EQ(base::FromMicros(dispatched.due_at_us()), Local("2026-10-08", 10));
  EXPECT_EQ(dispatched.lines(2).why(),
            "a public holiday does not count (2026-10-01 to 2026-10-07)");
  ExpectLinesHold(dispatched, now);
}

TEST(Ledger, LongDeadlinesStayWithinTheirLines) {
  // A holiday in each week, so that the lines cannot be merged.
  calendar::Calendar calendar = Office();
  for (int week = 0; week < 20; ++week) {
    const auto day = *calendar::ParseDate("2026-03-11") + std::chrono::days(7 * week);
    calendar.years[2026].holidays.insert(calendar::DateNumber(day));
  }
  const base::Time now = Local("2026-03-10", 9, 17);
  const auto dispatched =
      Start(Limit(60, rulebook::v1::LIMIT_UNIT_WORKING_DAY), std::nullopt, now, calendar);
  EXPECT_EQ(dispatched.lines_size(), kLinesLast);
  EXPECT_NE(dispatched.lines(kLinesLast - 1).why().find("and so on"), std::string::npos);
  ExpectLinesHold(dispatched, now);
}

TEST(Ledger, WithNothingLeftItIsDueAtOnce) {
  const base::Time now = Local("2026-03-14", 3);  // a Saturday night
  for (const int64_t left_s : {int64_t{0}, int64_t{-5}}) {
    const auto dispatched = Start(Limit(4, rulebook::v1::LIMIT_UNIT_WORKING_HOUR), left_s, now);
    EXPECT_EQ(dispatched.due_at_us(), Us(now));
    EXPECT_EQ(dispatched.budget_s(), 0);
    EXPECT_NE(dispatched.lines(0).why().find("due at once"), std::string::npos);
  }
}

TEST(Ledger, NobodyHasMoreLeftThanTheLimit) {
  const auto dispatched =
      Start(Limit(1, rulebook::v1::LIMIT_UNIT_WORKING_HOUR), 9999, Local("2026-03-11", 9));
  EXPECT_EQ(dispatched.budget_s(), 3600);
}

TEST(Ledger, ConsumedAgreesWithTheRecordedDeadlineAlsoUnderACorrectedCalendar) {
  const base::Time now = Local("2026-03-11", 9);
  const auto ledger =
      LedgerOf(Start(Limit(4, rulebook::v1::LIMIT_UNIT_WORKING_HOUR), std::nullopt, now), now);
  calendar::Calendar corrected = Office();
  corrected.years[2026].holidays.insert(20260311);
  EXPECT_EQ(Consumed(ledger, corrected, Local("2026-03-11", 17)), 4 * 3600) << "late is all of it";
  calendar::Calendar longer = Office();
  longer.periods = {{0, 24 * 60}};
  EXPECT_EQ(Consumed(ledger, longer, Local("2026-03-11", 15)), 4 * 3600) << "in time is not more";
}

// Whatever the rounds: what is charged is never more than the working time that went by, the
// deadline is met exactly by a budget used up, and rework never adds to the limit.
TEST(Ledger, RoundsNeverChargeMoreThanTheWorkingTimeThatPassed) {
  const calendar::Calendar office = Office();
  std::mt19937_64 random(20260311);
  const auto pick = [&](int64_t last) { return static_cast<int64_t>(random() % (last + 1)); };
  for (int run = 0; run < 300; ++run) {
    const auto limit =
        Limit(static_cast<double>(1 + pick(20)), static_cast<rulebook::v1::LimitUnit>(1 + pick(3)));
    const bool continuous = LimitOf(limit)->continuous;
    const int64_t limit_s = LimitOf(limit)->amount.count() / 1'000'000;
    const base::Time begin = Local("2026-09-01", 0) + std::chrono::seconds(pick(60 * 86400));
    base::Time now = begin;
    int64_t charged_s = 0;
    std::optional<int64_t> left_s;
    for (int round = 1; round <= 6; ++round) {
      const auto dispatched = Start(limit, left_s, now, office);
      ExpectLinesHold(dispatched, now);
      auto ledger = LedgerOf(dispatched, now);
      const base::Time due = base::FromMicros(dispatched.due_at_us());
      EXPECT_EQ(calendar::Elapsed(office, continuous, now, due),
                std::chrono::seconds(dispatched.budget_s()));
      const base::Time feedback = now + base::Span(pick(2 * 86400 * int64_t{1'000'000}));
      ledger.set_consumed_s(Consumed(ledger, office, feedback));
      charged_s += ledger.consumed_s();
      EXPECT_LE(std::chrono::seconds(charged_s),
                calendar::Elapsed(office, continuous, begin, feedback));
      EXPECT_EQ(Left(ledger), std::max<int64_t>(0, dispatched.budget_s() - ledger.consumed_s()));
      EXPECT_LE(Left(ledger), limit_s);
      if (OnTime(ledger, Us(feedback))) {
        EXPECT_LE(charged_s, limit_s);
      } else {
        EXPECT_EQ(Left(ledger), 0) << "late, so nothing is left";
      }
      left_s = Left(ledger);
      now = feedback +
            std::chrono::seconds(pick(86400));  // the clock stands until the check's answer
    }
  }
}

TEST(Ledger, DurationsAreWritten) {
  EXPECT_EQ(DurationText(9000), "2 h 30 min");
  EXPECT_EQ(DurationText(9001), "2 h 30 min 1 s");
}

}  // namespace
}  // namespace wanmi::dispatch
