#include "services/cli/import/calendar_files.h"

#include <algorithm>
#include <map>
#include <set>

#include "services/rulebook/items.h"

namespace wanmi::city_import {
namespace {

using rulebook::v1::CalendarYear;

constexpr const char* kFile = "calendars.csv";
using Years = std::map<int32_t, CalendarYear>;

// "2026-10-01" as 20261001; 0 if it is not a day.
int32_t DayOf(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00";
  if (text.size() != kForm.size()) return 0;
  int32_t day = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (digit != (kForm[i] == '0') || (!digit && text[i] != '-')) return 0;
    if (digit) day = day * 10 + (text[i] - '0');
  }
  const int32_t month = day / 100 % 100, of_month = day % 100;
  return month >= 1 && month <= 12 && of_month >= 1 && of_month <= 31 ? day : 0;
}

// "07:30" as 450; -1 if it is not a time of the day. 24:00 is its end.
int MinuteOf(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return -1;
  for (const size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return -1;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  const int of_day = hour * 60 + minute;
  return minute < 60 && of_day <= 24 * 60 ? of_day : -1;
}

// The days of one file, into the years that they are of.
bool ReadDays(const Input& input, const std::string& file, Years* years) {
  std::set<int32_t> known;
  const auto days = input.Rows<int32_t>(file, {"date", "kind", "name"}, [&](const Row& row) {
    const int32_t day = DayOf(row.May("date"));
    if (day == 0) row.Bad("date", "a day such as 2026-10-01");
    if (!known.insert(day).second) row.Bad("date", "each day once");
    const bool holiday = row.OneOf<bool>("kind", {{"holiday", true}, {"makeup", false}});
    CalendarYear& year = (*years)[day / 10'000];
    holiday ? year.add_holidays(day) : year.add_makeup_workdays(day);
    return day;
  });
  return days.has_value();
}

std::vector<rulebook::v1::Period> TakePeriods(const Row& row) {
  std::vector<rulebook::v1::Period> periods;
  int last = 0;
  for (const auto& word : row.Words("periods")) {
    const size_t dash = word.find('-');
    const int from = MinuteOf(std::string_view(word).substr(0, dash));
    const int until =
        dash == std::string::npos ? -1 : MinuteOf(std::string_view(word).substr(dash + 1));
    if (from < last || until <= from) {
      row.Bad("periods", "periods in order such as 08:00-12:00 14:00-18:00", "'" + word + "'");
      break;
    }
    last = until;
    periods.emplace_back();
    periods.back().set_from_minute(from);
    periods.back().set_until_minute(until);
  }
  return periods;
}

DocumentFile TakeCalendar(const Input& input, const City& city, const Row& row) {
  DocumentFile document{"calendar", row.Must("name"), kFile, {}};
  const bool every_day = row.Flag("every_day");
  const auto periods = TakePeriods(row);
  Years years;
  for (const auto& file : row.Words("files")) {
    if (!ReadDays(input, file, &years)) row.Bad("files", "good files of days", file);
  }
  if (years.empty()) row.Bad("files", "files with at least one year");
  for (auto& [number, year] : years) {
    year.set_year(number);
    year.set_every_day(every_day);
    year.set_utc_offset_minutes(city.utc_offset_minutes);
    for (const auto& period : periods) *year.add_periods() = period;
    rulebook::v1::Item item;
    *item.mutable_calendar_year() = year;
    item.set_key(rulebook::KeyOf(item));
    const base::Status status = rulebook::CheckItem("calendar", item);
    if (!status.ok()) row.Bad("files", "years that the rulebook takes", status.message());
    document.items.push_back(std::move(item));
  }
  return document;
}

}  // namespace

void ReadCalendars(const Input& input, const City& city, const DirectoryFiles& directory,
                   std::vector<DocumentFile>* documents) {
  std::set<std::string> names;
  auto calendars = input.Rows<DocumentFile>(kFile, {"name", "every_day", "periods", "files"},
                                            [&](const Row& row) {
                                              if (!names.insert(row.May("name")).second)
                                                row.Bad("name", "each calendar once");
                                              return TakeCalendar(input, city, row);
                                            });
  if (!calendars) return;
  std::set<std::string> wanted = {"city", "inspection"};
  for (const auto& unit : directory.units.value_or(std::vector<directory::v1::Unit>())) {
    if (!unit.calendar().empty()) wanted.insert(unit.calendar());
  }
  for (const auto& name : wanted) {
    if (names.contains(name)) continue;
    input.report->errors.push_back(
        {kFile, 0, "name", "a calendar '" + name + "', which is asked for", "none"});
  }
  for (auto& calendar : *calendars) documents->push_back(std::move(calendar));
}

}  // namespace wanmi::city_import
