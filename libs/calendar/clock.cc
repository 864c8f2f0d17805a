#include "calendar/clock.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/check.h"

namespace wanmi::calendar {
namespace {

constexpr size_t kLinesShown = 8;

struct Stretch {
  base::Time from;
  base::Time to;
  Date date;
};

// Gives the stretches of working time from a moment on, one period of one day at a time, without
// end.
class WorkingTime {
 public:
  WorkingTime(const Calendar& calendar, base::Time from)
      : calendar_(calendar), from_(from), date_(CivilDay(calendar, from)) {
    CHECK(!calendar.periods.empty(), "calendar {} has no working periods", calendar.name);
  }

  Stretch Next() {
    while (true) {
      if (next_ == calendar_.periods.size() || !IsWorkday(calendar_, date_)) {
        date_ += std::chrono::days(1);
        next_ = 0;
        continue;
      }
      const Period& period = calendar_.periods[next_++];
      const base::Time midnight = MidnightOf(calendar_, date_);
      const base::Time begin = std::max(from_, midnight + std::chrono::minutes(period.from));
      const base::Time end = midnight + std::chrono::minutes(period.to);
      if (begin < end) return {begin, end, date_};
    }
  }

 private:
  const Calendar& calendar_;
  const base::Time from_;
  Date date_;
  size_t next_ = 0;
};

Line WorkLine(const Calendar& calendar, const Stretch& stretch, base::Time to) {
  Line line{stretch.from, to, to - stretch.from, Reason::kWorking, {}};
  if (KindOf(calendar, stretch.date) == DayKind::kMakeupWorkday) {
    line.reason = Reason::kMakeup;
    line.note = DateText(stretch.date) + " is a make-up workday";
  } else if (!IsPublished(calendar, stretch.date)) {
    line.reason = Reason::kEstimated;
    line.note = fmt::format("the calendar of {} is not published: weekdays are taken for workdays",
                            DateNumber(stretch.date) / 10000);
  }
  return line;
}

// Names the time from `from` to `to`, in which no working period lies.
Line RestLine(const Calendar& calendar, base::Time from, base::Time to) {
  const Date first = CivilDay(calendar, from);
  const Date last = CivilDay(calendar, to - base::Span(1));
  Line line{from, to, base::Span(0), Reason::kNight, {}};
  std::optional<Date> rest_from, rest_to;
  for (Date date = first; date <= last; date += std::chrono::days(1)) {
    const DayKind kind = KindOf(calendar, date);
    if (kind != DayKind::kWeekend && kind != DayKind::kHoliday) continue;
    const Reason reason = kind == DayKind::kHoliday ? Reason::kHoliday : Reason::kWeekend;
    line.reason = std::max(line.reason, reason);
    if (!rest_from) rest_from = date;
    rest_to = date;
  }
  if (rest_from) {
    line.note = DateText(*rest_from);
    if (rest_to != rest_from) line.note += " to " + DateText(*rest_to);
  } else if (first == last) {
    const auto since_midnight = from - MidnightOf(calendar, first);
    const bool after_a_period = since_midnight >= std::chrono::minutes(calendar.periods.front().to);
    const bool before_a_period =
        to <= MidnightOf(calendar, first) + std::chrono::minutes(calendar.periods.back().from);
    if (after_a_period && before_a_period) line.reason = Reason::kBreak;
  }
  return line;
}

bool IsRest(Reason reason) { return reason >= Reason::kBreak; }

// Merges rests up to `strongest` into equal working lines on both sides of them, and lines that
// touch.
std::vector<Line> Merge(std::vector<Line> lines, std::optional<Reason> strongest,
                        std::string_view note) {
  std::vector<Line> merged;
  for (size_t i = 0; i < lines.size(); ++i) {
    Line& line = lines[i];
    const bool rest_between = i + 1 < lines.size() && !merged.empty() && strongest &&
                              IsRest(line.reason) && line.reason <= *strongest &&
                              merged.back().reason == lines[i + 1].reason;
    if (rest_between) {
      Line& next = lines[++i];
      if (merged.back().note.empty()) merged.back().note = note;
      merged.back().to = next.to;
      merged.back().counted += next.counted;
    } else if (!merged.empty() && !IsRest(line.reason) && merged.back().reason == line.reason) {
      merged.back().to = line.to;  // two periods that touch
      merged.back().counted += line.counted;
    } else {
      merged.push_back(std::move(line));
    }
  }
  return merged;
}

std::vector<Line> Shorten(std::vector<Line> lines) {
  constexpr std::array<std::pair<Reason, std::string_view>, 3> kSteps = {{
      {Reason::kBreak, "breaks between working periods do not count"},
      {Reason::kNight, "nights and breaks do not count"},
      {Reason::kWeekend, "weekends, nights and breaks do not count"},
  }};
  lines = Merge(std::move(lines), std::nullopt, {});
  const std::vector<Line> exact = lines;
  for (const auto& [reason, note] : kSteps) {
    if (lines.size() <= kLinesShown) break;
    lines = Merge(exact, reason, note);
  }
  return lines;
}

}  // namespace

std::string_view ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kContinuous:
      return "continuous";
    case Reason::kWorking:
      return "working";
    case Reason::kMakeup:
      return "makeup";
    case Reason::kEstimated:
      return "estimated";
    case Reason::kBreak:
      return "break";
    case Reason::kNight:
      return "night";
    case Reason::kWeekend:
      return "weekend";
    case Reason::kHoliday:
      return "holiday";
  }
  CHECK(false, "reason {} has no name", static_cast<int>(reason));
  return {};
}

base::Span Elapsed(const Calendar& calendar, bool continuous, base::Time from, base::Time to) {
  if (to <= from) return base::Span(0);
  if (continuous) return to - from;
  base::Span total(0);
  WorkingTime time(calendar, from);
  for (Stretch stretch = time.Next(); stretch.from < to; stretch = time.Next()) {
    total += std::min(stretch.to, to) - stretch.from;
  }
  return total;
}

Due Deadline(const Calendar& calendar, const Budget& budget, base::Time from) {
  CHECK(budget.amount >= base::Span(0), "a budget of {} µs is negative", budget.amount.count());
  Due due{from, false, {}};
  if (budget.amount == base::Span(0)) return due;
  if (budget.continuous) {
    due.due_at = from + budget.amount;
    due.lines.push_back({from, due.due_at, budget.amount, Reason::kContinuous, {}});
    return due;
  }
  due.estimated = !IsPublished(calendar, CivilDay(calendar, from));
  WorkingTime time(calendar, from);
  for (base::Span left = budget.amount; left > base::Span(0);) {
    const Stretch stretch = time.Next();
    if (due.due_at < stretch.from) {
      due.lines.push_back(RestLine(calendar, due.due_at, stretch.from));
    }
    due.due_at = std::min(stretch.to, stretch.from + left);
    due.estimated = due.estimated || !IsPublished(calendar, stretch.date);
    due.lines.push_back(WorkLine(calendar, stretch, due.due_at));
    left -= due.due_at - stretch.from;
  }
  due.lines = Shorten(std::move(due.lines));
  return due;
}

}  // namespace wanmi::calendar
