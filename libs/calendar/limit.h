// Limits as the manuals write them: a number and a unit; and the budget of time they amount to.
//
//   urgent_hour   紧急工作时   runs on day and night
//   urgent_day    紧急工作日   24 h that run on day and night (自然日 is the same)
//   working_hour  工作时       counts within the calendar's working periods only
//   working_day   工作日       8 working hours
//
// Pure. Errors are INVALID_ARGUMENT and name the units known.
#pragma once

#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace wanmi::calendar {

enum class Unit { kUrgentHour, kUrgentDay, kWorkingHour, kWorkingDay };

struct Budget {
  base::Span amount{};
  bool continuous = false;  // else only working time is consumed
  friend bool operator==(const Budget&, const Budget&) = default;
};

base::Result<Unit> ParseUnit(std::string_view name);  // either name above
std::string_view UnitName(Unit unit);                 // "urgent_hour"
std::string_view ChineseUnitName(Unit unit);          // "紧急工作时"

// More than 0 and at most 10,000 of the unit; parts like 1.5 are allowed.
base::Result<Budget> MakeBudget(double value, Unit unit);
// From a row of a filing standard: "1.5", "working_hour".
base::Result<Budget> ParseBudget(std::string_view value, std::string_view unit);

}  // namespace wanmi::calendar
