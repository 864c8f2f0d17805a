// Working time between two moments, and the moment at which a budget of it is used up.
//
// The law: for every budget of amount ≥ 0, due_at is the *earliest* moment with
// Elapsed(from, due_at) == amount; budgets add up (the deadline of a + b is the deadline of b from
// the deadline of a). So four working hours from 08:00 are due at 12:00, not at 14:00, and nothing
// is due outside working periods unless the budget is continuous or was used up on arrival.
//
// A deadline explains itself: its lines lie end to end from `from` to `due_at`, and what they count
// sums up to the amount. Up to 8 lines they are exact; beyond, breaks, then nights, then plain
// weekends are merged into the working lines around them. Holidays, make-up workdays and estimated
// years always stand alone.
//
// Pure functions, UTC moments in microseconds. A calendar without periods is a failed CHECK.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "calendar/calendar.h"
#include "calendar/limit.h"

namespace wanmi::calendar {

enum class Reason {
  kContinuous,  // everything counts
  kWorking,     // working periods count
  kMakeup,      // the same, on a Saturday or Sunday that is worked
  kEstimated,   // the same, in a year whose calendar is not published
  // Nothing counts; from the weakest to the strongest, a rest is named after its strongest part.
  kBreak,  // between two periods of one day
  kNight,  // outside working hours
  kWeekend,
  kHoliday,
};
std::string_view ReasonName(Reason reason);  // "working"

struct Line {
  base::Time from;
  base::Time to;
  base::Span counted{};
  Reason reason = Reason::kWorking;
  std::string note;  // for people: "2026-10-01 to 2026-10-07"; may be empty
};

struct Due {
  base::Time due_at;
  bool estimated = false;  // reaches into a year without a published calendar
  std::vector<Line> lines;
};

// What of `from` … `to` is consumed; 0 if `to` is not after `from`.
base::Span Elapsed(const Calendar& calendar, bool continuous, base::Time from, base::Time to);

// CHECKs that the amount is not negative: what is overdue has no deadline ahead.
Due Deadline(const Calendar& calendar, const Budget& budget, base::Time from);

}  // namespace wanmi::calendar
