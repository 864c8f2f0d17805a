// The stage clock: what a unit may take for a phase, what it has taken, and when that is used up.
//
// A clock runs from dispatch and stands from a feedback's own time to the answer of the check. What
// it leaves is carried into the next round; the deadline is derived once, by the decision that
// starts the clock, and recorded with the calendar's version and its lines. Whole seconds are
// counted, parts of a second are given to the unit. Pure; moments are UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "calendar/calendar.h"
#include "calendar/limit.h"
#include "services/dispatch/state.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::dispatch {

inline constexpr int kLinesLast = 16;  // a deadline is explained in at most so many lines

// FAILED_PRECONDITION if the limit has no unit or no sensible amount.
base::Result<calendar::Budget> LimitOf(const rulebook::v1::LimitPhase& limit);

// Starts the clock of a phase at `now` and writes budget, deadline, calendar and lines into
// `dispatched`. `left_s` is what the unit has left of the limit; without it, all of it. With
// nothing left the deadline is `now`.
base::Status StartClock(const rulebook::v1::LimitPhase& limit, std::optional<int64_t> left_s,
                        const calendar::Calendar& calendar, base::Time now,
                        v1::CaseDispatched* dispatched);

// What of the ledger's budget is consumed up to `until`. It agrees with the recorded deadline, also
// if the calendar was corrected since: not more than the budget before it, all of it after it.
int64_t Consumed(const state::Ledger& ledger, const calendar::Calendar& calendar, base::Time until);

inline bool OnTime(const state::Ledger& ledger, int64_t feedback_at_us) {
  return ledger.due_at_us() == 0 || feedback_at_us <= ledger.due_at_us();
}
// What is left where the clock stands.
inline int64_t Left(const state::Ledger& ledger) {
  return ledger.budget_s() > ledger.consumed_s() ? ledger.budget_s() - ledger.consumed_s() : 0;
}

// "2 h 30 min"
std::string DurationText(int64_t seconds);

}  // namespace wanmi::dispatch
