#include "tests/load/table.h"

#include <fmt/core.h>

#include <algorithm>

#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::demo {
namespace {

const std::string kIntake = "/wanmi.intake.v1.Intake/";

using Counts = std::map<std::string, int64_t>;

int64_t Of(const Counts& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

int64_t Sum(const Counts& counts) {
  int64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

// Chinese characters take two columns of a terminal.
std::string Padded(const std::string& text, int columns) {
  int width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) width += 1;
    if (byte >= 0xE0) width += 2;
  }
  return text + std::string(static_cast<size_t>(std::max(columns - width, 1)), ' ');
}

base::Result<assessment::v1::Summary> Summarise(Stage& stage, const Who& who,
                                                const std::string& by) {
  assessment::v1::Summarise request;
  request.set_by(by);
  assessment::v1::Summary summary;
  RETURN_IF_ERROR(
      stage.client.Ask("/wanmi.assessment.v1.Assessment/Summarise", who, request, &summary));
  return summary;
}

Counts OpenByUnit(Stage& stage, const Who& who) {
  Counts open;
  for (const char* state :
       {"unmatched", "proposed", "disposal", "return_asked", "feedback", "checking"}) {
    dispatch::v1::ListAssignments list;
    list.set_state(state);
    ForEach<dispatch::v1::AssignmentPage>(
        stage, "/wanmi.dispatch.v1.DispatchService/ListAssignments", who, list,
        &dispatch::v1::AssignmentPage::assignments,
        [&](const dispatch::v1::AssignmentView& view) { ++open[view.unit_id()]; });
  }
  return open;
}

void PrintLine(const std::string& name, const assessment::v1::SummaryLine& line, int64_t filed,
               int64_t open) {
  fmt::print("  {}{:>6}{:>8}{:>9}{:>6}{:>8}{:>10}{:>6}\n", Padded(name, 34), filed, line.closed(),
             line.on_time(), line.late(), line.rework(), line.returns(), open);
}

void PrintHead(const std::string& title, const std::string& first) {
  fmt::print("\n  {}{:>6}{:>8}{:>9}{:>6}{:>8}{:>10}{:>6}\n", Padded(title, 34), first, "closed",
             "on time", "late", "rework", "returned", "open");
}

void PrintCounts(const std::string& title, const Counts& counts) {
  if (counts.empty()) return;
  fmt::print("\n  {}\n", title);
  for (const auto& [name, count] : counts) fmt::print("  {}{:>6}\n", Padded(name, 60), count);
}

}  // namespace

int64_t CountUnderWay(Stage& stage) {
  const Who leader = stage.roster.Of(stage.roster.Posts("shift_leader").front());
  int64_t count = 0;
  for (const char* state : {"checking", "joining"}) {
    intake::v1::ListReports list;
    list.set_state(state);
    ForEach<intake::v1::ReportPage>(stage, kIntake + "ListReports", leader, list,
                                    &intake::v1::ReportPage::reports,
                                    [&](const intake::v1::ReportView&) { ++count; });
  }
  intake::v1::ListCases list;
  list.set_state("checking");
  ForEach<intake::v1::CasePage>(stage, kIntake + "ListCases", leader, list,
                                &intake::v1::CasePage::cases,
                                [&](const intake::v1::CaseView&) { ++count; });
  return count;
}

base::Status PrintTable(Stage& stage, const Audit& audit) {
  const Who leader = stage.roster.Of(stage.roster.Posts("shift_leader").front());
  const Who assessor = stage.roster.Of(stage.roster.Posts("assessor").front());
  const Who dispatcher = stage.roster.Of(stage.roster.Posts("dispatcher").front());
  Counts reports, cases, open_by_street;
  ForEach<intake::v1::ReportPage>(
      stage, kIntake + "ListReports", leader, intake::v1::ListReports(),
      &intake::v1::ReportPage::reports,
      [&](const intake::v1::ReportView& view) { ++reports[view.state()]; });
  ForEach<intake::v1::CasePage>(
      stage, kIntake + "ListCases", leader, intake::v1::ListCases(), &intake::v1::CasePage::cases,
      [&](const intake::v1::CaseView& view) {
        ++cases[view.state()];
        const bool ended = view.state() == "closed" || view.state() == "voided";
        if (!ended) ++open_by_street[view.place().street_code()];
      });
  ASSIGN_OR_RETURN(const auto units, Summarise(stage, assessor, "unit"));
  ASSIGN_OR_RETURN(const auto streets, Summarise(stage, assessor, "street"));
  Counts open_by_unit = OpenByUnit(stage, dispatcher);

  PrintHead("department", "late*");
  for (const auto& line : units.lines()) {
    const auto unit = stage.roster.units().find(line.key());
    const std::string name = unit == stage.roster.units().end() ? line.key() : unit->second.name;
    PrintLine(name, line, Of(audit.deadlines_by_unit(), line.key()), Of(open_by_unit, line.key()));
  }
  fmt::print("  (late*: deadlines that passed, also of work that is still open)\n");
  PrintHead("street", "filed");
  int64_t on_time = 0, late = 0, rework = 0, returns = 0;
  for (const auto& line : streets.lines()) {
    PrintLine(stage.roster.StreetName(line.key()), line, line.filed(),
              Of(open_by_street, line.key()));
    on_time += line.on_time(), late += line.late(), rework += line.rework(),
        returns += line.returns();
  }
  PrintCounts("branches taken", stage.branches.counts());
  PrintCounts("refused (the city said no; two people at one thing, mostly)",
              stage.refusals.counts());
  Counts events = audit.events();
  for (const auto& [name, count] : audit.events()) {
    const bool reference = name.starts_with("directory.") || name.starts_with("grid.") ||
                           name.starts_with("rulebook.");
    if (reference) events.erase(name);
  }
  PrintCounts("events", events);

  const int64_t open = Sum(cases) - Of(cases, "closed") - Of(cases, "voided");
  fmt::print("\n  reported {}, answered {}, passed on {}, refused {}, joined {}, undecided {}\n",
             Sum(reports), Of(reports, "answered"), Of(reports, "passed_on"),
             Of(reports, "refused"), Of(reports, "joined"),
             Of(reports, "received") + Of(reports, "checking") + Of(reports, "joining"));
  fmt::print(
      "  filed {}, closed {}, on time {}, late {}, rework {}, returned {}, voided {}, open {}\n",
      Sum(cases), Of(cases, "closed"), on_time, late, rework, returns, Of(cases, "voided"), open);
  return {};
}

}  // namespace wanmi::demo
