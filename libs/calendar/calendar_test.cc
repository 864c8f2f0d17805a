// Days, published years, and limits as the manuals write them.
#include "calendar/calendar.h"

#include <gtest/gtest.h>

#include <cmath>

#include "calendar/limit.h"
#include "calendar/testing.h"

namespace wanmi::calendar {
namespace {

using std::chrono::hours;

TEST(Calendar, KnowsTheHolidaysOf2026) {
  const Calendar office = Office();
  ASSERT_TRUE(Validate(office).ok());
  EXPECT_EQ(KindOf(office, Day("2026-10-01")), DayKind::kHoliday);
  EXPECT_EQ(KindOf(office, Day("2026-10-08")), DayKind::kWorkday);
  EXPECT_EQ(KindOf(office, Day("2026-10-10")), DayKind::kMakeupWorkday);
  EXPECT_EQ(KindOf(office, Day("2026-10-11")), DayKind::kWeekend);
  EXPECT_TRUE(IsWorkday(office, Day("20261010")));
  EXPECT_EQ(office.years.at(2026).holidays.size(), 33u);
  EXPECT_EQ(office.years.at(2026).makeup_workdays.size(), 6u);
}

TEST(Calendar, SaysThat2027IsNotPublished) {
  const Calendar office = Office();
  EXPECT_TRUE(IsPublished(office, Day("2026-12-31")));
  EXPECT_FALSE(IsPublished(office, Day("2027-01-01")));
  EXPECT_TRUE(IsWorkday(office, Day("2027-01-01")));
}

TEST(Calendar, OfABodyThatWorksEveryDayNeedsNoYears) {
  Calendar sanitation = Office();
  sanitation.works_every_day = true;
  EXPECT_TRUE(IsWorkday(sanitation, Day("2026-10-01")));
  EXPECT_TRUE(IsPublished(sanitation, Day("2027-01-01")));
}

TEST(Calendar, IsOfItsOwnZone) {
  const base::Time evening_utc = base::Time(Day("2026-09-30")) + hours(16);
  EXPECT_EQ(CivilDay(Office(), evening_utc), Day("2026-10-01"));
  EXPECT_EQ(CivilDay(Office(), evening_utc - base::Span(1)), Day("2026-09-30"));
  EXPECT_EQ(MidnightOf(Office(), Day("2026-10-01")), evening_utc);
}

TEST(Calendar, RefusesWhatItCannotReckonWith) {
  Calendar none = Office();
  none.periods.clear();
  EXPECT_EQ(Validate(none).code(), base::Code::kInvalidArgument);
  for (const std::vector<Period>& wrong : {std::vector<Period>{{480, 720}, {700, 900}},
                                           {{840, 1080}, {480, 720}},
                                           {{480, 480}},
                                           {{480, 1441}},
                                           {{-1, 5}}}) {
    Calendar calendar = Office();
    calendar.periods = wrong;
    EXPECT_FALSE(Validate(calendar).ok());
  }
  Calendar both = Office();
  both.years[2026].makeup_workdays.insert(20261001);
  EXPECT_NE(Validate(both).message().find("20261001"), std::string::npos);
  Calendar elsewhere = Office();
  elsewhere.years[2026].holidays.insert(20270101);
  EXPECT_FALSE(Validate(elsewhere).ok());
}

TEST(Date, IsParsedStrictly) {
  EXPECT_EQ(DateText(Day("20280229")), "2028-02-29");
  for (const char* wrong : {"", "2026-1-1", "20260229", "2026-13-01", "2026/10/01", "2026100x",
                            "-2026100", "202610011"}) {
    EXPECT_FALSE(ParseDate(wrong).ok()) << wrong;
  }
  Calendar calendar;
  EXPECT_FALSE(AddDay(calendar, "2026-10-01", "feast").ok());
  EXPECT_TRUE(calendar.years.empty());
}

TEST(Limit, IsABudgetOfItsUnit) {
  EXPECT_EQ(*ParseBudget("2", "urgent_hour"), (Budget{hours(2), true}));
  EXPECT_EQ(*ParseBudget("1", "紧急工作日"), (Budget{hours(24), true}));
  EXPECT_EQ(*ParseBudget("1.5", "working_hour"), (Budget{std::chrono::minutes(90), false}));
  EXPECT_EQ(*ParseBudget("7", "working_day"), (Budget{hours(56), false}));
  for (const char* wrong : {"", "0", "-1", "nan", "inf", "2h", "10001", "1e9"}) {
    EXPECT_FALSE(ParseBudget(wrong, "working_day").ok()) << wrong;
  }
  const base::Status unknown = ParseUnit("fortnight").status();
  EXPECT_NE(unknown.message().find("working_day"), std::string::npos);
  for (const Unit unit :
       {Unit::kUrgentHour, Unit::kUrgentDay, Unit::kWorkingHour, Unit::kWorkingDay}) {
    EXPECT_EQ(*ParseUnit(UnitName(unit)), unit);
    EXPECT_EQ(*ParseUnit(ChineseUnitName(unit)), unit);
  }
}

TEST(Limit, OfEveryFilingStandardIsUnderstood) {
  std::ifstream lines(WANMI_SOURCE_DIR "/data/filing_standards.csv");
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  int seen = 0;
  while (std::getline(lines, line)) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        fields.emplace_back();
      else
        fields.back() += c;
    }
    ASSERT_EQ(fields.size(), 9u) << line;
    EXPECT_TRUE(ParseBudget(fields[6], fields[7]).ok()) << line;
    ++seen;
  }
  EXPECT_GT(seen, 50);
}

}  // namespace
}  // namespace wanmi::calendar
