#include "services/intake/decisions.h"

namespace wanmi::intake {
namespace {

// Where a report stands when nothing is decided about it: a PreCheck may still be running.
void Reopen(state::Report* report) {
  report->set_stage(report->open_check().empty() ? state::Report::STAGE_RECEIVED
                                                 : state::Report::STAGE_CHECKING);
}

void Remember(std::string_view id, google::protobuf::RepeatedPtrField<std::string>* ids) {
  ids->Add(std::string(id));
  if (ids->size() > kRemembered) ids->DeleteSubrange(0, ids->size() - kRemembered);
}

void ApplyPreCheckAsked(const v1::PreCheckAsked& asked, state::Report* report) {
  report->set_checks(report->checks() + 1);
  report->set_open_check(asked.check());
  report->set_pre_check(v1::CHECK_RESULT_UNSPECIFIED);
  if (report->stage() == state::Report::STAGE_RECEIVED)
    report->set_stage(state::Report::STAGE_CHECKING);
}

void ApplyPreCheckNoted(const v1::PreCheckNoted& noted, state::Report* report) {
  report->clear_open_check();
  report->set_pre_check(noted.result());
  if (report->stage() == state::Report::STAGE_CHECKING)
    report->set_stage(state::Report::STAGE_RECEIVED);
}

void ApplyReportFiled(const v1::ReportFiled& filed, state::Report* report) {
  auto& filing = *report->add_filings();
  filing.set_case_id(filed.case_id());
  *filing.mutable_class_ref() = filed.class_ref();
  filing.set_condition_id(filed.condition_id());
  report->set_stage(state::Report::STAGE_FILED);
}

void ApplyPostCheckAsked(const v1::PostCheckAsked& asked, state::Case* filed_case) {
  filed_case->set_checks(filed_case->checks() + 1);
  filed_case->set_check(asked.check());
  filed_case->set_check_expired(false);
  *filed_case->mutable_handling() = asked.handling();
  filed_case->set_stage(state::Case::STAGE_CHECKING);
}

void ApplyPostCheckNoted(const v1::PostCheckNoted& noted, state::Case* filed_case) {
  filed_case->set_check_expired(noted.result() == v1::CHECK_RESULT_EXPIRED);
  if (noted.result() == v1::CHECK_RESULT_EXPIRED) return;
  const bool ends =
      noted.result() == v1::CHECK_RESULT_PASSED && EndsDisposal(filed_case->handling());
  filed_case->set_stage(ends ? state::Case::STAGE_AWAITING_CLOSE : state::Case::STAGE_FILED);
}

// False if the event is not about a report.
bool ApplyToReport(const v1::Event& event, state::State* state) {
  state::Report& report = *state->mutable_report();
  switch (event.kind_case()) {
    case v1::Event::kReportReceived:
      *report.mutable_received() = event.report_received();
      report.set_stage(state::Report::STAGE_RECEIVED);
      break;
    case v1::Event::kPreCheckAsked:
      ApplyPreCheckAsked(event.pre_check_asked(), &report);
      break;
    case v1::Event::kPreCheckNoted:
      ApplyPreCheckNoted(event.pre_check_noted(), &report);
      break;
    case v1::Event::kReportAnswered:
      report.set_stage(state::Report::STAGE_ANSWERED);
      break;
    case v1::Event::kReportPassedOn:
      report.set_stage(state::Report::STAGE_PASSED_ON);
      break;
    case v1::Event::kReportRefused:
      report.set_stage(state::Report::STAGE_REFUSED);
      break;
    case v1::Event::kRefusalContested:
      report.set_contested(true);
      Reopen(&report);
      break;
    case v1::Event::kJoinAsked:
      report.set_join_case(event.join_asked().case_id());
      report.set_stage(state::Report::STAGE_JOINING);
      break;
    case v1::Event::kReportJoined:
      report.set_stage(state::Report::STAGE_JOINED);
      break;
    case v1::Event::kReportNotJoined:
      report.add_refused_by(event.report_not_joined().case_id());
      report.clear_join_case();
      Reopen(&report);
      break;
    case v1::Event::kReportFiled:
      ApplyReportFiled(event.report_filed(), &report);
      break;
    case v1::Event::kReportOutcomeNoted: {
      auto& ending = *report.add_endings();
      ending.set_case_id(event.report_outcome_noted().case_id());
      ending.set_outcome(event.report_outcome_noted().outcome());
      break;
    }
    default:
      return false;
  }
  return true;
}

}  // namespace

void Apply(std::string_view, const v1::Event& event, state::State* state) {
  if (ApplyToReport(event, state)) return;
  state::Case& filed_case = *state->mutable_filed_case();
  switch (event.kind_case()) {
    case v1::Event::kJoinGranted:
      filed_case.add_joined(event.join_granted().report());
      break;
    case v1::Event::kJoinRefused:
      Remember(event.join_refused().report(), filed_case.mutable_refused_joins());
      break;
    case v1::Event::kCaseFiled:
      *filed_case.mutable_filed() = event.case_filed();
      filed_case.set_stage(state::Case::STAGE_FILED);
      break;
    case v1::Event::kPostCheckAsked:
      ApplyPostCheckAsked(event.post_check_asked(), &filed_case);
      break;
    case v1::Event::kPostCheckNoted:
      ApplyPostCheckNoted(event.post_check_noted(), &filed_case);
      break;
    case v1::Event::kPhaseEnded:
      filed_case.set_stage(state::Case::STAGE_FILED);
      break;
    case v1::Event::kCaseClosed:
      filed_case.set_stage(state::Case::STAGE_CLOSED);
      filed_case.set_closed_at_us(event.case_closed().closed_at_us());
      break;
    case v1::Event::kVoidAsked:
      *filed_case.mutable_void_asked() = event.void_asked();
      break;
    case v1::Event::kVoidRefused:
      filed_case.clear_void_asked();
      break;
    case v1::Event::kCaseVoided:
      filed_case.clear_void_asked();
      filed_case.set_stage(state::Case::STAGE_VOIDED);
      break;
    case v1::Event::kCaseUrged:
      filed_case.set_urged(event.case_urged().times());
      Remember(event.case_urged().id(), filed_case.mutable_urge_ids());
      break;
    default:
      CHECK(false, "an event of intake is about a report or a case");
  }
}

}  // namespace wanmi::intake
