// Calendar: which days are worked and in which hours.
//
// A calendar is a value, published as a versioned document and given to rules by Context. Each kind
// of body may have its own: offices rest on weekends and public holidays, a sanitation company
// works every day, a post is staffed 07:30–22:30. Public holidays are known only for *published*
// years; in any other year weekdays are taken for working days, and whoever reckons with such a
// year must say that the result is an estimate (clock.h does).
//
// A Date is a civil day of the calendar's own zone (a fixed distance from UTC, as China's is). All
// functions are pure. Errors are INVALID_ARGUMENT.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace wanmi::calendar {

using Date = std::chrono::sys_days;  // counts civil days; says nothing of UTC

// Minutes after local midnight, from ≤ t < to. A shift over midnight is two periods.
struct Period {
  int from = 0;
  int to = 0;
  friend bool operator==(const Period&, const Period&) = default;
};

// Days as numbers: 20261001. A weekend inside a holiday may be in the set or not.
struct Year {
  std::set<int> holidays;
  std::set<int> makeup_workdays;  // 调休: a Saturday or Sunday that is worked
  friend bool operator==(const Year&, const Year&) = default;
};

struct Calendar {
  std::string name;
  int64_t version = 0;
  base::Span utc_offset = std::chrono::hours(8);
  std::vector<Period> periods = {{8 * 60, 12 * 60}, {14 * 60, 18 * 60}};
  bool works_every_day = false;  // holidays and weekends too; then no year needs publishing
  std::map<int, Year> years;     // the published ones
  friend bool operator==(const Calendar&, const Calendar&) = default;
};

enum class DayKind { kWorkday, kMakeupWorkday, kWeekend, kHoliday };

DayKind KindOf(const Calendar& calendar, Date date);
bool IsWorkday(const Calendar& calendar, Date date);
// Whether the days of this date's year are certain.
bool IsPublished(const Calendar& calendar, Date date);

// Periods within 00:00–24:00, in order, not overlapping, at least one; days in the year they stand
// under; no day both holiday and make-up workday. All of clock.h CHECKs only that periods exist.
base::Status Validate(const Calendar& calendar);

// Adds one row of a published list: "2026-10-01", "holiday" | "makeup". Publishes its year.
base::Status AddDay(Calendar& calendar, std::string_view date, std::string_view kind);

base::Result<Date> ParseDate(std::string_view text);  // "2026-10-01" or "20261001"
std::string DateText(Date date);                      // "2026-10-01"
int DateNumber(Date date);                            // 20261001
Date CivilDay(const Calendar& calendar, base::Time time);
base::Time MidnightOf(const Calendar& calendar, Date date);

}  // namespace wanmi::calendar
