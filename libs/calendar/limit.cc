#include "calendar/limit.h"

#include <charconv>
#include <cmath>

#include "base/check.h"

namespace wanmi::calendar {
namespace {

constexpr double kLargestValue = 10'000;

struct UnitRow {
  Unit unit;
  std::string_view name;
  std::string_view chinese;
  int hours;
  bool continuous;
};

constexpr UnitRow kUnits[] = {
    {Unit::kUrgentHour, "urgent_hour", "紧急工作时", 1, true},
    {Unit::kUrgentDay, "urgent_day", "紧急工作日", 24, true},
    {Unit::kWorkingHour, "working_hour", "工作时", 1, false},
    {Unit::kWorkingDay, "working_day", "工作日", 8, false},
};

const UnitRow& RowOf(Unit unit) {
  for (const UnitRow& row : kUnits) {
    if (row.unit == unit) return row;
  }
  CHECK(false, "unit {} is not in the table", static_cast<int>(unit));
  return kUnits[0];
}

}  // namespace

base::Result<Unit> ParseUnit(std::string_view name) {
  for (const UnitRow& row : kUnits) {
    if (name == row.name || name == row.chinese) return row.unit;
  }
  if (name == "自然日") return Unit::kUrgentDay;
  return base::InvalidArgument(
      "expected a unit of time (urgent_hour 紧急工作时, urgent_day 紧急工作日, working_hour "
      "工作时, "
      "working_day 工作日), found \"{}\"",
      name);
}

std::string_view UnitName(Unit unit) { return RowOf(unit).name; }
std::string_view ChineseUnitName(Unit unit) { return RowOf(unit).chinese; }

base::Result<Budget> MakeBudget(double value, Unit unit) {
  const UnitRow& row = RowOf(unit);
  if (!(value > 0 && value <= kLargestValue)) {  // also refuses what is not a number
    return base::InvalidArgument(
        "expected a limit of more than 0 and at most {} {}, found {}; correct the limit",
        kLargestValue, row.name, value);
  }
  const double hour_us = static_cast<double>(base::Span(std::chrono::hours(1)).count());
  return Budget{base::Span(std::llround(value * row.hours * hour_us)), row.continuous};
}

base::Result<Budget> ParseBudget(std::string_view value, std::string_view unit) {
  ASSIGN_OR_RETURN(const Unit parsed, ParseUnit(unit));
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end) {
    return base::InvalidArgument("expected a limit like 2 or 1.5, found \"{}\"", value);
  }
  return MakeBudget(number, parsed);
}

}  // namespace wanmi::calendar
