#include "services/intake/api.h"

#include "services/intake/decisions.h"
#include "services/intake/views.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::intake {
namespace {

constexpr size_t kWordsLast = 6'000;  // bytes of what a reporter says, sealed as one

std::string Subject(const std::string& report) { return "report/" + report; }

// The caller gives point, crs, accuracy and address. All else is the grid's to say.
base::Status LocatePlace(common::v1::Place* place, rules::Preparation& preparation) {
  if (!place->has_point()) {
    return base::InvalidArgument("expected a place with a point, found none; mark it on the map");
  }
  grid::v1::Locate locate;
  auto& given = *locate.mutable_place();
  *given.mutable_point() = place->point();
  given.set_crs(place->crs());
  given.set_accuracy_m(place->accuracy_m());
  given.set_address(place->address());
  common::v1::Place located;
  RETURN_IF_ERROR(
      preparation.Ask("grid", "Locate", locate, &located).With("while locating the report"));
  if (located.address().empty()) located.set_address(given.address());
  *place = std::move(located);
  return {};
}

base::Status PrepareReport(v1::Report* report, rules::Preparation& preparation) {
  RETURN_IF_ERROR(CheckReportId(report->report()));
  report->clear_sealed_words();
  RETURN_IF_ERROR(LocatePlace(report->mutable_place(), preparation));
  if (!report->has_words()) return {};
  const std::string words = report->words().SerializeAsString();
  report->clear_words();
  if (words.empty()) return {};
  if (words.size() > kWordsLast) {
    return base::InvalidArgument(
        "expected a name, a phone and a text of at most {} bytes together, "
        "found {}; say it shorter",
        kWordsLast, words.size());
  }
  ASSIGN_OR_RETURN(*report->mutable_sealed_words(),
                   preparation.Seal(Subject(report->report()), words));
  return {};
}

base::Status PrepareContest(v1::ContestRefusal* contest, rules::Preparation& preparation) {
  RETURN_IF_ERROR(CheckReportId(contest->report()));
  contest->clear_sealed_reason();
  RETURN_IF_ERROR(CheckText(contest->reason(), "a reason"));
  ASSIGN_OR_RETURN(*contest->mutable_sealed_reason(),
                   preparation.Seal(Subject(contest->report()), contest->reason()));
  contest->clear_reason();
  return {};
}

}  // namespace

base::Status Prepare(v1::Command* command, rules::Preparation& preparation) {
  switch (command->kind_case()) {
    case v1::Command::kReport:
      return PrepareReport(command->mutable_report(), preparation);
    case v1::Command::kContestRefusal:
      return PrepareContest(command->mutable_contest_refusal(), preparation);
    case v1::Command::kClose:
    case v1::Command::kAskVoid:
    case v1::Command::kGrantVoid:
    case v1::Command::kRefuseVoid:
    case v1::Command::kUrge:
      return CheckCaseId(Target(*command));
    case v1::Command::kAnswer:
    case v1::Command::kPassOn:
    case v1::Command::kRefuse:
    case v1::Command::kAskJoin:
    case v1::Command::kAskCheck:
    case v1::Command::kFileCase:
    case v1::Command::kFileUrgent:
      return CheckReportId(Target(*command));
    default:
      return base::InvalidArgument(
          "expected a command for clients, found one that only intake makes");
  }
}

std::string NumberOf(const v1::Event& event) {
  if (event.has_report_received()) return event.report_received().number();
  if (event.has_case_filed()) return event.case_filed().number();
  return {};
}

std::vector<rules::Query> Queries() {
  std::vector<rules::Query> queries;
  queries.push_back(rules::Read("GetReport", GetReport));
  queries.push_back(rules::Read("GetCase", GetCase));
  queries.push_back(rules::Read("ListReports", ListReports));
  queries.push_back(rules::Read("ListCases", ListCases));
  return queries;
}

}  // namespace wanmi::intake
