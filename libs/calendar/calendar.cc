#include "calendar/calendar.h"

#include <charconv>

namespace wanmi::calendar {
namespace {

constexpr int kMinutesOfADay = 24 * 60;

int YearOf(Date date) { return static_cast<int>(std::chrono::year_month_day(date).year()); }

bool IsWeekend(Date date) {
  const std::chrono::weekday day(date);
  return day == std::chrono::Saturday || day == std::chrono::Sunday;
}

base::Status ValidateYear(int number, const Year& year) {
  for (const auto* days : {&year.holidays, &year.makeup_workdays}) {
    for (const int day : *days) {
      if (!ParseDate(std::to_string(day)).ok() || day / 10000 != number) {
        return base::InvalidArgument(
            "expected the days under year {} to be dates of that year (like {}0101), found {}; "
            "move it to its year",
            number, number, day);
      }
    }
  }
  for (const int day : year.makeup_workdays) {
    if (year.holidays.contains(day)) {
      return base::InvalidArgument(
          "expected each day to be a holiday or a make-up workday, found {} as both; remove one",
          day);
    }
  }
  return {};
}

}  // namespace

DayKind KindOf(const Calendar& calendar, Date date) {
  if (calendar.works_every_day) return DayKind::kWorkday;
  const bool weekend = IsWeekend(date);
  if (const auto year = calendar.years.find(YearOf(date)); year != calendar.years.end()) {
    const int day = DateNumber(date);
    if (year->second.makeup_workdays.contains(day)) return DayKind::kMakeupWorkday;
    if (year->second.holidays.contains(day)) return DayKind::kHoliday;
  }
  return weekend ? DayKind::kWeekend : DayKind::kWorkday;
}

bool IsWorkday(const Calendar& calendar, Date date) {
  const DayKind kind = KindOf(calendar, date);
  return kind == DayKind::kWorkday || kind == DayKind::kMakeupWorkday;
}

bool IsPublished(const Calendar& calendar, Date date) {
  return calendar.works_every_day || calendar.years.contains(YearOf(date));
}

base::Status Validate(const Calendar& calendar) {
  if (calendar.periods.empty()) {
    return base::InvalidArgument(
        "expected calendar {} to have a working period (like 08:00–12:00), found none; add one",
        calendar.name);
  }
  int end = 0;
  for (const Period& period : calendar.periods) {
    if (period.from < end || period.to <= period.from || period.to > kMinutesOfADay) {
      return base::InvalidArgument(
          "expected the working periods of calendar {} in order, apart and within 0–{} minutes, "
          "found {}–{} after {}; correct it (a shift over midnight is two periods)",
          calendar.name, kMinutesOfADay, period.from, period.to, end);
    }
    end = period.to;
  }
  for (const auto& [number, year] : calendar.years) RETURN_IF_ERROR(ValidateYear(number, year));
  return {};
}

base::Status AddDay(Calendar& calendar, std::string_view date, std::string_view kind) {
  ASSIGN_OR_RETURN(const Date day, ParseDate(date));
  if (kind != "holiday" && kind != "makeup") {
    return base::InvalidArgument(
        "expected the kind of day {} to be holiday or makeup, found \"{}\"", date, kind);
  }
  Year& year = calendar.years[YearOf(day)];
  (kind == "holiday" ? year.holidays : year.makeup_workdays).insert(DateNumber(day));
  return {};
}

base::Result<Date> ParseDate(std::string_view text) {
  std::string digits(text);
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    digits = digits.substr(0, 4) + digits.substr(5, 2) + digits.substr(8, 2);
  }
  int number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  const std::chrono::year_month_day date(
      std::chrono::year(number / 10000),
      std::chrono::month(static_cast<unsigned>(number / 100 % 100)),
      std::chrono::day(static_cast<unsigned>(number % 100)));
  if (digits.size() != 8 || error != std::errc() || stop != end || number < 0 || !date.ok()) {
    return base::InvalidArgument("expected a date like 2026-10-01 or 20261001, found \"{}\"", text);
  }
  return Date(date);
}

std::string DateText(Date date) {
  const int number = DateNumber(date);
  return fmt::format("{:04}-{:02}-{:02}", number / 10000, number / 100 % 100, number % 100);
}

int DateNumber(Date date) {
  const std::chrono::year_month_day ymd(date);
  return static_cast<int>(ymd.year()) * 10000 +
         static_cast<int>(static_cast<unsigned>(ymd.month()) * 100 +
                          static_cast<unsigned>(ymd.day()));
}

Date CivilDay(const Calendar& calendar, base::Time time) {
  return std::chrono::floor<std::chrono::days>(time + calendar.utc_offset);
}

base::Time MidnightOf(const Calendar& calendar, Date date) {
  return base::Time(date) - calendar.utc_offset;
}

}  // namespace wanmi::calendar
