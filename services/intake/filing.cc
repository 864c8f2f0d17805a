// From a report to a case: PreChecks, filing, numbers.
#include <algorithm>

#include "services/intake/decisions.h"
#include "services/intake/views.h"

namespace wanmi::intake {
namespace {

using common::v1::AXIS_SUPERVISION;
using common::v1::POST_KIND_ACCEPTOR;
using common::v1::POST_KIND_SHIFT_LEADER;

constexpr double kChinaOffsetMinutes = 480;

std::string CivilDateNow(const Context& context) {
  const double minutes = context.reference.Number("utc_offset_minutes", kChinaOffsetMinutes);
  return base::CivilDate(context.now, std::chrono::minutes(static_cast<int64_t>(minutes)));
}

// The next number under a prefix: n·P + p, so that no two partitions give the same one and none
// has to ask another.
base::Result<std::string> NextNumber(const std::string& prefix, int digits,
                                     const Context& context) {
  const auto counter = kCounters.Get(context.rows, prefix);
  const int64_t given = counter ? counter->count() : 0;
  const int64_t number = given * context.partitions + context.partition;
  int64_t end = 1;
  for (int i = 0; i < digits; ++i) end *= 10;
  if (number >= end) {
    return base::ResourceExhausted(
        "expected a number below {} after '{}', found {}: partition {} of {} has given its {} "
        "numbers "
        "of the day; file it tomorrow, or give the city fewer partitions",
        end, prefix, number, context.partition, context.partitions, given);
  }
  return fmt::format("{}{:0{}}", prefix, number, digits);
}

bool SameGround(const state::Filing& filing, const common::v1::ClassRef& class_ref,
                std::string_view condition_id) {
  return filing.class_ref().edition() == class_ref.edition() &&
         filing.class_ref().code() == class_ref.code() && filing.condition_id() == condition_id;
}

bool IsVoided(const state::Report& report, std::string_view case_id) {
  return std::any_of(report.endings().begin(), report.endings().end(),
                     [&](const state::Ending& ending) {
                       return ending.case_id() == case_id && ending.outcome() == "voided";
                     });
}

v1::PreCheckAsked MakePreCheck(std::string_view stream, const state::Report& report,
                               const common::v1::ClassRef& class_ref) {
  v1::PreCheckAsked asked;
  asked.set_check(CheckOf(stream, report.checks() + 1));
  *asked.mutable_class_ref() = class_ref;
  *asked.mutable_place() = report.received().place();
  return asked;
}

base::Status CheckAnother(std::string_view stream, const state::Report& report,
                          const v1::FileCase& command) {
  const bool filed = report.stage() == state::Report::STAGE_FILED;
  if (!filed) return RequireUndecided(stream, report);
  if (!command.another()) {
    return base::FailedPrecondition("report {} has been filed as {}; say `another` to split it",
                                    stream, report.filings(0).case_id());
  }
  for (const auto& filing : report.filings()) {
    if (SameGround(filing, command.class_ref(), command.condition_id()) &&
        !IsVoided(report, filing.case_id())) {
      return base::FailedPrecondition(
          "expected another class or condition for a second case, found "
          "that of {}",
          filing.case_id());
    }
  }
  if (report.filings_size() >= kCasesLast) {
    return base::ResourceExhausted("report {} has its last case, the {}th; make another report",
                                   stream, kCasesLast);
  }
  return {};
}

// What the PreCheck says about filing now.
base::Status CheckPreCheck(std::string_view stream, const state::Report& report,
                           std::string_view reason) {
  if (!report.open_check().empty()) {
    return base::FailedPrecondition(
        "expected no PreCheck to be running for report {}, found {}; wait "
        "for its answer, or file as urgent",
        stream, report.open_check());
  }
  const bool demanded =
      report.received().pre_check_needed() || report.pre_check() != v1::CHECK_RESULT_UNSPECIFIED;
  if (demanded && report.pre_check() != v1::CHECK_RESULT_PASSED && reason.empty()) {
    return base::FailedPrecondition(
        "expected a passed PreCheck of report {} or a reason to file "
        "without, found {} and none",
        stream, v1::CheckResult_Name(report.pre_check()));
  }
  if (reason.size() > kTextLast) return CheckText(reason, "a reason");
  return {};
}

}  // namespace

std::string CheckOf(std::string_view about, int number) {
  return fmt::format("{}/k{}", about, number);
}

base::Result<std::string> NextReportNumber(const Context& context) {
  return NextNumber("R" + CivilDateNow(context), kReportDigits, context);
}

base::Result<v1::CaseFiled> MakeCase(const Ground& ground, const v1::ReportReceived& received,
                                     const Context& context) {
  RETURN_IF_ERROR(CheckClass(context, ground.class_ref));
  const auto condition = context.reference.Condition(ground.class_ref, ground.condition_id);
  if (!condition) {
    return base::NotFound("expected a filing condition of class {}, found '{}'",
                          ground.class_ref.code(), ground.condition_id);
  }
  v1::CaseFiled filed;
  const auto& place = received.place();
  ASSIGN_OR_RETURN(*filed.mutable_number(),
                   NextNumber(place.district_code() + CivilDateNow(context), kCaseDigits, context));
  filed.set_report(ground.report);
  *filed.mutable_class_ref() = ground.class_ref;
  filed.set_condition_id(ground.condition_id);
  filed.set_condition_text(condition->text());
  filed.set_closing_condition(condition->closing_condition());
  for (const auto& limit : condition->limits()) {
    if (limit.area_grade().empty() || limit.area_grade() == place.area_grade()) {
      *filed.add_limits() = limit;
    }
  }
  if (filed.limits().empty()) {
    return base::FailedPrecondition(
        "expected a limit for area grade '{}' in condition {} of class {}, "
        "found none; complete the filing standard",
        place.area_grade(), ground.condition_id, ground.class_ref.code());
  }
  filed.set_urgent(condition->urgent());
  filed.set_source(received.source());
  filed.set_problem_source(ground.problem_source.empty() ? received.problem_source()
                                                         : ground.problem_source);
  *filed.mutable_place() = place;
  filed.set_filed_at_us(base::ToMicros(context.now));
  filed.set_reason(ground.reason);
  filed.set_counts_as_found(received.counts_as_found());
  return filed;
}

void EmitFiling(const Ground& ground, v1::CaseFiled filed, rules::Decision<v1::Event>* decision) {
  v1::ReportFiled report_filed;
  report_filed.set_case_id(ground.case_id);
  *report_filed.mutable_class_ref() = ground.class_ref;
  report_filed.set_condition_id(ground.condition_id);
  decision->Emit(ground.report, std::move(report_filed));
  decision->Emit(ground.case_id, std::move(filed));
}

Decided DecideAskCheck(std::string_view stream, const state::Report& report,
                       const v1::AskCheck& command, const Context& context) {
  RETURN_IF_ERROR(RequirePost(context, AXIS_SUPERVISION,
                              {POST_KIND_ACCEPTOR, POST_KIND_SHIFT_LEADER},
                              "asking for a PreCheck"));
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(RequireReport(stream, report));
  if (!report.open_check().empty()) {
    return base::FailedPrecondition(
        "expected no PreCheck to be running for report {}, found {}; one "
        "runs at a time",
        stream, report.open_check());
  }
  RETURN_IF_ERROR(RequireUndecided(stream, report));
  const auto& class_ref =
      command.has_class_ref() ? command.class_ref() : report.received().class_ref();
  RETURN_IF_ERROR(CheckClass(context, class_ref));
  return rules::Decision<v1::Event>(stream, MakePreCheck(stream, report, class_ref));
}

Decided DecideNotePreCheck(std::string_view stream, const state::Report& report,
                           const v1::NotePreCheck& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "noting a PreCheck"));
  if (report.open_check().empty() || report.open_check() != command.check()) {
    return rules::Decision<v1::Event>();  // of an older check, or a repeat
  }
  v1::PreCheckNoted noted;
  noted.set_check(command.check());
  noted.set_result(command.result());
  return rules::Decision<v1::Event>(stream, std::move(noted));
}

Decided DecideFileCase(std::string_view stream, const state::Report& report,
                       const v1::FileCase& command, const Context& context) {
  if (context.reference.Number("acceptor_may_file", 0) == 1) {
    RETURN_IF_ERROR(RequirePost(context, AXIS_SUPERVISION,
                                {POST_KIND_SHIFT_LEADER, POST_KIND_ACCEPTOR}, "filing a case"));
  } else {
    RETURN_IF_ERROR(
        RequirePost(context, AXIS_SUPERVISION, {POST_KIND_SHIFT_LEADER}, "filing a case"));
  }
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(RequireReport(stream, report));
  RETURN_IF_ERROR(CheckAnother(stream, report, command));
  RETURN_IF_ERROR(CheckPreCheck(stream, report, command.reason()));
  const Ground ground{fmt::format("{}/c{}", stream, report.filings_size() + 1),
                      std::string(stream),
                      command.class_ref(),
                      command.condition_id(),
                      command.problem_source(),
                      command.reason()};
  ASSIGN_OR_RETURN(v1::CaseFiled filed, MakeCase(ground, report.received(), context));
  rules::Decision<v1::Event> decision;
  EmitFiling(ground, std::move(filed), &decision);
  return decision;
}

Decided DecideFileUrgent(std::string_view stream, const state::Report& report,
                         const v1::FileUrgent& command, const Context& context) {
  RETURN_IF_ERROR(RequirePost(context, AXIS_SUPERVISION,
                              {POST_KIND_ACCEPTOR, POST_KIND_SHIFT_LEADER},
                              "filing an urgent case"));
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(RequireReport(stream, report));
  RETURN_IF_ERROR(RequireUndecided(stream, report));
  const Ground ground{fmt::format("{}/c1", stream), std::string(stream),      command.class_ref(),
                      command.condition_id(),       command.problem_source(), {}};
  ASSIGN_OR_RETURN(v1::CaseFiled filed, MakeCase(ground, report.received(), context));
  if (!filed.urgent()) {
    return base::FailedPrecondition(
        "expected an urgent condition, found condition {} of class {}; file "
        "it as any other",
        command.condition_id(), command.class_ref().code());
  }
  const bool look_beside = report.received().pre_check_needed() && report.open_check().empty() &&
                           report.pre_check() != v1::CHECK_RESULT_PASSED;
  v1::PreCheckAsked asked = MakePreCheck(stream, report, command.class_ref());
  asked.set_case_id(ground.case_id);
  filed.set_pre_check(look_beside ? asked.check() : report.open_check());
  rules::Decision<v1::Event> decision;
  EmitFiling(ground, std::move(filed), &decision);
  if (look_beside) decision.Emit(stream, std::move(asked));
  return decision;
}

}  // namespace wanmi::intake
