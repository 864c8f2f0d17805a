#include "services/dispatch/ledger.h"

#include <algorithm>
#include <string_view>

#include "calendar/clock.h"

namespace wanmi::dispatch {
namespace {

int64_t Seconds(base::Span span) {
  return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

std::string LimitText(const rulebook::v1::LimitPhase& limit) {
  std::string_view unit = "hour";
  std::string_view kind = "working";
  switch (limit.unit()) {
    case rulebook::v1::LIMIT_UNIT_URGENT_HOUR:
      kind = "urgent";
      break;
    case rulebook::v1::LIMIT_UNIT_URGENT_DAY:
      kind = "urgent", unit = "day";
      break;
    case rulebook::v1::LIMIT_UNIT_WORKING_DAY:
      unit = "day";
      break;
    default:
      break;
  }
  return fmt::format("the limit '{}' is {:g} {} {}{}", limit.name(), limit.amount(), kind, unit,
                     limit.amount() == 1 ? "" : "s");
}

std::string Why(const calendar::Line& line) {
  const std::string note = line.note.empty() ? "" : fmt::format(" ({})", line.note);
  switch (line.reason) {
    case calendar::Reason::kContinuous:
      return "an urgent limit runs day and night" + note;
    case calendar::Reason::kWorking:
      return "working hours count" + note;
    case calendar::Reason::kMakeup:
      return "working hours of a make-up workday count" + note;
    case calendar::Reason::kEstimated:
      return "working hours count, by estimate" + note;
    case calendar::Reason::kBreak:
      return "the break between working hours does not count" + note;
    case calendar::Reason::kNight:
      return "time outside working hours does not count" + note;
    case calendar::Reason::kWeekend:
      return "a weekend does not count" + note;
    case calendar::Reason::kHoliday:
      return "a public holiday does not count" + note;
  }
  return note;
}

void AddLine(base::Time from, base::Time until, int64_t counted_s, std::string why,
             v1::CaseDispatched* dispatched) {
  auto& line = *dispatched->add_lines();
  line.set_from_us(base::ToMicros(from));
  line.set_until_us(base::ToMicros(until));
  line.set_counted_s(counted_s);
  line.set_why(std::move(why));
}

void AddLines(const calendar::Due& due, v1::CaseDispatched* dispatched) {
  // Working time counted so far, in whole seconds: rounding once keeps the sum of the lines exact.
  base::Span counted{};
  for (size_t i = 0; i < due.lines.size(); ++i) {
    const calendar::Line& line = due.lines[i];
    const int64_t before_s = Seconds(counted);
    const bool room = dispatched->lines_size() < kLinesLast - 1 || i + 1 == due.lines.size();
    if (room) {
      counted += line.counted;
      AddLine(line.from, line.to, Seconds(counted) - before_s, Why(line), dispatched);
      continue;
    }
    for (; i < due.lines.size(); ++i) counted += due.lines[i].counted;
    AddLine(line.from, due.due_at, Seconds(counted) - before_s,
            "and so on in the same way up to the deadline", dispatched);
  }
}

}  // namespace

base::Result<calendar::Budget> LimitOf(const rulebook::v1::LimitPhase& limit) {
  std::optional<calendar::Unit> unit;
  switch (limit.unit()) {
    case rulebook::v1::LIMIT_UNIT_URGENT_HOUR:
      unit = calendar::Unit::kUrgentHour;
      break;
    case rulebook::v1::LIMIT_UNIT_URGENT_DAY:
      unit = calendar::Unit::kUrgentDay;
      break;
    case rulebook::v1::LIMIT_UNIT_WORKING_HOUR:
      unit = calendar::Unit::kWorkingHour;
      break;
    case rulebook::v1::LIMIT_UNIT_WORKING_DAY:
      unit = calendar::Unit::kWorkingDay;
      break;
    default:
      break;
  }
  if (!unit) {
    return base::FailedPrecondition(
        "expected a unit of the limit '{}', found none; correct the "
        "filing standard and file again",
        limit.name());
  }
  auto budget = calendar::MakeBudget(limit.amount(), *unit);
  if (!budget.ok()) {
    return base::FailedPrecondition("the limit '{}' cannot be reckoned with: {}", limit.name(),
                                    budget.status().message());
  }
  return budget;
}

base::Status StartClock(const rulebook::v1::LimitPhase& limit, std::optional<int64_t> left_s,
                        const calendar::Calendar& calendar, base::Time now,
                        v1::CaseDispatched* dispatched) {
  ASSIGN_OR_RETURN(const calendar::Budget full, LimitOf(limit));
  const int64_t full_s = Seconds(full.amount);
  const int64_t budget_s = std::clamp<int64_t>(left_s.value_or(full_s), 0, full_s);
  const calendar::Due due =
      calendar::Deadline(calendar, {std::chrono::seconds(budget_s), full.continuous}, now);
  dispatched->set_budget_s(budget_s);
  dispatched->set_due_at_us(base::ToMicros(due.due_at));
  dispatched->set_continuous(full.continuous);
  dispatched->set_calendar(calendar.name);
  dispatched->set_calendar_version(calendar.version);
  dispatched->set_estimated(due.estimated);
  std::string head = LimitText(limit);
  if (budget_s == 0) {
    head += "; nothing is left of it, so the work is due at once";
  } else if (budget_s < full_s) {
    head += fmt::format("; {} were used before, {} are left", DurationText(full_s - budget_s),
                        DurationText(budget_s));
  }
  AddLine(now, now, 0, std::move(head), dispatched);
  AddLines(due, dispatched);
  return {};
}

int64_t Consumed(const state::Ledger& ledger, const calendar::Calendar& calendar,
                 base::Time until) {
  if (ledger.due_at_us() == 0) return 0;
  const int64_t elapsed_s = Seconds(calendar::Elapsed(
      calendar, ledger.continuous(), base::FromMicros(ledger.running_since_us()), until));
  return OnTime(ledger, base::ToMicros(until)) ? std::min(elapsed_s, ledger.budget_s())
                                               : std::max(elapsed_s, ledger.budget_s());
}

std::string DurationText(int64_t seconds) {
  if (seconds % 60 != 0) {
    return fmt::format("{} h {} min {} s", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace wanmi::dispatch
