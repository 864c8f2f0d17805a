// For the tests of this folder only: the published calendars under the source tree, local moments.
#pragma once

#include <fstream>
#include <string>

#include "base/check.h"
#include "calendar/calendar.h"

namespace wanmi::calendar {

inline Calendar Office() {
  Calendar calendar;
  calendar.name = "office";
  for (const char* file : {"cn-2025.csv", "cn-2026.csv"}) {
    std::ifstream lines(std::string(WANMI_SOURCE_DIR "/data/calendars/") + file);
    std::string line;
    CHECK(static_cast<bool>(std::getline(lines, line)), "{} has no head", file);
    while (std::getline(lines, line)) {
      const size_t kind = line.find(',') + 1;
      const base::Status added = AddDay(calendar, line.substr(0, kind - 1),
                                        line.substr(kind, line.find(',', kind) - kind));
      CHECK(added.ok(), "{}", added.message());
    }
  }
  return calendar;
}

inline Date Day(std::string_view text) { return *ParseDate(text); }

// Local("2026-10-01", 8, 30) is 08:30 in China.
inline base::Time Local(std::string_view date, int hour, int minute = 0) {
  return MidnightOf(Calendar(), Day(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute);
}

}  // namespace wanmi::calendar
