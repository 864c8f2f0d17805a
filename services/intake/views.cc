#include "services/intake/views.h"

#include <algorithm>
#include <array>

#include "services/intake/domain.h"

namespace wanmi::intake {
namespace {

constexpr std::array kReportStates = {"received", "checking", "answered", "passed_on",
                                      "refused",  "joining",  "joined",   "filed"};
constexpr std::array kCaseStates = {"filed", "checking", "awaiting_close", "closed", "voided"};

state::Pointer To(std::string_view id) {
  state::Pointer pointer;
  pointer.set_id(std::string(id));
  return pointer;
}

base::Key ByState(std::string_view state, int64_t at_us, std::string_view id) {
  return base::Key().Text(state).Number(at_us).Tail(id);
}

// How a report ended in cases: nothing while one of them is open, "closed" if one was closed.
std::string OutcomeOf(const state::Report& report) {
  const int cases = report.stage() == state::Report::STAGE_FILED ? report.filings_size() : 1;
  if (report.endings_size() < cases) return {};
  const bool closed =
      std::any_of(report.endings().begin(), report.endings().end(),
                  [](const state::Ending& ending) { return ending.outcome() == "closed"; });
  return closed ? "closed" : "voided";
}

v1::ReportView MakeReport(std::string_view id, const state::Report& report) {
  const auto& received = report.received();
  v1::ReportView view;
  view.set_report(std::string(id));
  view.set_number(received.number());
  view.set_source(received.source());
  view.set_state(std::string(NameOf(report.stage())));
  if (received.has_class_ref()) *view.mutable_class_ref() = received.class_ref();
  *view.mutable_place() = received.place();
  view.set_received_at_us(received.received_at_us());
  for (const auto& filing : report.filings()) view.add_case_ids(filing.case_id());
  if (report.stage() == state::Report::STAGE_JOINED) view.add_case_ids(report.join_case());
  view.set_pre_check(report.pre_check());
  view.set_priority(received.priority());
  view.set_outcome(OutcomeOf(report));
  view.set_outside_own_area(received.outside_own_area());
  if (received.has_words()) *view.mutable_words() = received.words();
  view.set_first_answer_due_us(received.first_answer_due_us());
  return view;
}

v1::CaseView MakeCaseView(std::string_view id, const state::Case& filed_case,
                          v1::CheckResult pre_check) {
  const auto& filed = filed_case.filed();
  v1::CaseView view;
  view.set_case_id(std::string(id));
  view.set_number(filed.number());
  view.set_state(std::string(NameOf(filed_case.stage())));
  *view.mutable_class_ref() = filed.class_ref();
  view.set_condition_id(filed.condition_id());
  view.set_condition_text(filed.condition_text());
  view.set_closing_condition(filed.closing_condition());
  view.set_source(filed.source());
  *view.mutable_place() = filed.place();
  view.set_urgent(filed.urgent());
  view.set_filed_at_us(filed.filed_at_us());
  view.set_closed_at_us(filed_case.closed_at_us());
  if (filed_case.has_handling()) *view.mutable_handling() = filed_case.handling();
  view.set_void_asked(filed_case.has_void_asked());
  view.set_urged(filed_case.urged());
  view.add_reports(filed.report());
  view.mutable_reports()->MergeFrom(filed_case.joined());
  view.set_checks(filed_case.checks());
  view.set_pre_check(pre_check);
  view.set_check_expired(filed_case.check_expired());
  return view;
}

void Count(const std::string& number, int digits, base::RowWriter& rows) {
  const std::string prefix = number.substr(0, number.size() - static_cast<size_t>(digits));
  state::Counter counter = kCounters.Get(rows, prefix).value_or(state::Counter());
  counter.set_count(counter.count() + 1);
  kCounters.Put(rows, prefix, counter);
}

void ProjectReport(std::string_view id, const state::Report& report, base::RowWriter& rows) {
  const v1::ReportView view = MakeReport(id, report);
  const auto before = kReports.Get(rows, id);
  kReports.Put(rows, id, view);
  if (!before) {
    Count(view.number(), kReportDigits, rows);
    kReportNumbers.Put(rows, view.number(), To(id));
    kReportsByTime.Put(rows, base::Key().Number(view.received_at_us()).Tail(id), To(id));
  }
  if (before && before->state() == view.state()) return;
  if (before) kReportsByState.Delete(rows, ByState(before->state(), view.received_at_us(), id));
  kReportsByState.Put(rows, ByState(view.state(), view.received_at_us(), id), To(id));
}

void ProjectCase(std::string_view id, const state::Case& filed_case, base::RowWriter& rows) {
  const auto before = kCases.Get(rows, id);
  v1::CheckResult pre_check = before ? before->pre_check() : v1::CHECK_RESULT_UNSPECIFIED;
  if (!before) {
    const auto report = kReports.Get(rows, filed_case.filed().report());
    if (report) pre_check = report->pre_check();
  }
  const v1::CaseView view = MakeCaseView(id, filed_case, pre_check);
  kCases.Put(rows, id, view);
  if (!before) {
    Count(view.number(), kCaseDigits, rows);
    kCaseNumbers.Put(rows, view.number(), To(id));
    kCasesByStreet.Put(rows, ByState(view.place().street_code(), view.filed_at_us(), id), To(id));
  }
  if (before && before->state() == view.state()) return;
  if (before) kCasesByState.Delete(rows, ByState(before->state(), view.filed_at_us(), id));
  kCasesByState.Put(rows, ByState(view.state(), view.filed_at_us(), id), To(id));
}

// A PreCheck beside an urgent disposal answers after the filing: the case shows it too.
void ShowPreCheck(const state::Report& report, base::RowWriter& rows) {
  for (const auto& filing : report.filings()) {
    auto view = kCases.Get(rows, filing.case_id());
    if (!view) continue;
    view->set_pre_check(report.pre_check());
    kCases.Put(rows, filing.case_id(), *view);
  }
}

template <class States>
base::Status CheckState(std::string_view state, const States& states) {
  if (std::find(states.begin(), states.end(), state) != states.end()) return {};
  return base::InvalidArgument("expected a state out of {}, found '{}'", fmt::join(states, ", "),
                               state);
}

// The rows that a page of an index leads to, in its order.
template <class View, class Page>
base::Status ReadRows(const base::Family<state::Pointer>& index, std::string_view prefix,
                      const base::Family<View>& family, const common::v1::PageRequest& page,
                      const rules::Views& views, google::protobuf::RepeatedPtrField<View>* rows,
                      Page* answer) {
  ASSIGN_OR_RETURN(*answer->mutable_next(),
                   rules::ReadPage(views.All(), index, prefix, page,
                                   [&](std::string_view, state::Pointer&& pointer) {
                                     auto row = family.Get(views.Of(pointer.id()), pointer.id());
                                     if (row) *rows->Add() = std::move(*row);
                                   }));
  return {};
}

// By id, or else by number.
template <class View>
base::Result<View> Find(const std::string& key, const base::Family<View>& family,
                        const base::Family<state::Pointer>& numbers, std::string_view what,
                        const rules::Views& views) {
  if (key.empty() || key.front() == '/' || key.size() > 128) {
    return base::InvalidArgument("expected the id or number of a {}, found {} bytes", what,
                                 key.size());
  }
  if (auto view = family.Get(views.Of(key), key)) return std::move(*view);
  if (const auto pointer = numbers.Get(views.All(), key)) {
    if (auto view = family.Get(views.Of(pointer->id()), pointer->id())) return std::move(*view);
  }
  return base::NotFound("expected the id or number of a {}, found none '{}'", what, key);
}

}  // namespace

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows) {
  if (!after.report().received().number().empty()) ProjectReport(fact.stream, after.report(), rows);
  if (!after.filed_case().filed().number().empty())
    ProjectCase(fact.stream, after.filed_case(), rows);
  if (fact.event.has_pre_check_noted()) ShowPreCheck(after.report(), rows);
}

base::Result<v1::ReportView> GetReport(const v1::GetReport& request, const rules::Views& views) {
  return Find(request.report(), kReports, kReportNumbers, "report", views);
}

base::Result<v1::CaseView> GetCase(const v1::GetCase& request, const rules::Views& views) {
  return Find(request.case_id(), kCases, kCaseNumbers, "case", views);
}

base::Result<v1::ReportPage> ListReports(const v1::ListReports& request,
                                         const rules::Views& views) {
  if (!request.source().empty()) {
    return base::InvalidArgument(
        "expected no filter or `state`, which has an index; found `source`, which has none");
  }
  v1::ReportPage answer;
  auto* reports = answer.mutable_reports();
  if (request.state().empty()) {
    RETURN_IF_ERROR(
        ReadRows(kReportsByTime, {}, kReports, request.page(), views, reports, &answer));
    return answer;
  }
  RETURN_IF_ERROR(CheckState(request.state(), kReportStates));
  RETURN_IF_ERROR(ReadRows(kReportsByState, base::Key().Text(request.state()), kReports,
                           request.page(), views, reports, &answer));
  return answer;
}

base::Result<v1::CasePage> ListCases(const v1::ListCases& request, const rules::Views& views) {
  v1::CasePage answer;
  auto* cases = answer.mutable_cases();
  if (!request.state().empty() && !request.street_code().empty()) {
    return base::InvalidArgument("expected one filter, `state` or `street_code`, found both");
  }
  if (!request.state().empty()) {
    RETURN_IF_ERROR(CheckState(request.state(), kCaseStates));
    RETURN_IF_ERROR(ReadRows(kCasesByState, base::Key().Text(request.state()), kCases,
                             request.page(), views, cases, &answer));
    return answer;
  }
  if (request.street_code().empty()) {
    RETURN_IF_ERROR(ReadRows(kCaseNumbers, {}, kCases, request.page(), views, cases, &answer));
    return answer;
  }
  const std::string& street = request.street_code();
  if (street.size() != 9 || street.find_first_not_of("0123456789") != std::string::npos) {
    return base::InvalidArgument("expected a street code of 9 digits, found {} bytes",
                                 street.size());
  }
  RETURN_IF_ERROR(ReadRows(kCasesByStreet, base::Key().Text(street), kCases, request.page(), views,
                           cases, &answer));
  return answer;
}

std::vector<rules::Gauge> Gauges(const rules::Views& views) {
  std::vector<rules::Gauge> gauges;
  for (const char* state : {"received", "checking", "joining"}) {
    gauges.push_back(
        {"wanmi_intake_open_reports",
         "Reports that have no answer yet",
         {{"state", state}},
         rules::CountRows(views.All(), kReportsByState.number, base::Key().Text(state))});
  }
  for (const char* state : {"filed", "checking", "awaiting_close"}) {
    gauges.push_back(
        {"wanmi_intake_open_cases",
         "Cases that are filed and not closed",
         {{"state", state}},
         rules::CountRows(views.All(), kCasesByState.number, base::Key().Text(state))});
  }
  return gauges;
}

}  // namespace wanmi::intake
