// What a reporter told us: taking it in, and the ends that need no case.
#include <algorithm>

#include "services/intake/decisions.h"

namespace wanmi::intake {
namespace {

using common::v1::AXIS_SUPERVISION;

constexpr std::string_view kSelf = "self";                // 自查: a department's own find
constexpr base::Span kFuture = std::chrono::minutes(10);  // how far a phone's clock may be ahead

base::Status RequireReporter(std::string_view source, const Context& context) {
  if (rules::On(context, common::v1::AXIS_DISPOSAL) && source == kSelf) {
    return RequirePost(context, common::v1::AXIS_DISPOSAL, {common::v1::POST_KIND_DEPARTMENT_CLERK},
                       "reporting a department's own find");
  }
  return RequirePost(context, AXIS_SUPERVISION,
                     {common::v1::POST_KIND_CALL_TAKER, common::v1::POST_KIND_ACCEPTOR,
                      common::v1::POST_KIND_SHIFT_LEADER, common::v1::POST_KIND_INSPECTOR,
                      common::v1::POST_KIND_TEAM_LEADER, common::v1::POST_KIND_GATEWAY},
                     "taking in a report");
}

base::Status CheckForm(const v1::Report& command, const common::v1::Place& place,
                       const Context& context) {
  RETURN_IF_ERROR(CheckReportId(command.report()));
  if (command.has_words()) {
    return base::Internal(
        "expected the reporter's words sealed, found them in clear; they were not taken");
  }
  RETURN_IF_ERROR(CheckSealed(command.sealed_words()));
  RETURN_IF_ERROR(CheckPlace(place));
  RETURN_IF_ERROR(CheckEvidence(command.evidence()));
  if (command.external_number().size() > 128 || command.problem_source().size() > 64) {
    return base::InvalidArgument(
        "expected an external number of at most 128 bytes and a problem "
        "source of at most 64, found {} and {}",
        command.external_number().size(), command.problem_source().size());
  }
  if (!command.has_class_ref()) {
    if (command.condition_id().empty()) return {};
    return base::InvalidArgument("expected a class with filing condition {}, found none",
                                 command.condition_id());
  }
  return CheckClass(context, command.class_ref());
}

bool OutsideOwnArea(const common::v1::Place& place, const Context& context) {
  if (!rules::Holds(context, common::v1::POST_KIND_INSPECTOR)) return false;
  return std::none_of(place.responsibilities().begin(), place.responsibilities().end(),
                      [&](const common::v1::Responsibility& responsibility) {
                        return responsibility.layer() == "inspection" &&
                               responsibility.post_id() == context.actor.post_id();
                      });
}

base::Result<v1::ReportReceived> MakeReceived(const v1::Report& command,
                                              const common::v1::Place& place,
                                              const rulebook::v1::Source& source,
                                              const Context& context) {
  v1::ReportReceived received;
  ASSIGN_OR_RETURN(*received.mutable_number(), NextReportNumber(context));
  const int64_t now_us = base::ToMicros(context.now);
  received.set_source(command.source());
  if (command.has_class_ref()) *received.mutable_class_ref() = command.class_ref();
  received.set_problem_source(command.problem_source());
  *received.mutable_place() = place;
  *received.mutable_evidence() = command.evidence();
  received.set_occurred_at_us(
      command.occurred_at_us() == 0 ? now_us : std::min(command.occurred_at_us(), now_us));
  received.set_received_at_us(now_us);
  received.set_external_number(command.external_number());
  if (command.has_sealed_words()) *received.mutable_words() = command.sealed_words();
  received.set_outside_own_area(OutsideOwnArea(place, context));
  received.set_pre_check_needed(source.pre_check());
  if (source.first_answer_minutes() > 0) {
    const base::Span limit = std::chrono::minutes(source.first_answer_minutes());
    received.set_first_answer_due_us(now_us + limit.count());
  }
  received.set_priority(source.priority());
  received.set_call_back(source.call_back());
  // 自查 is never counted as found by supervision, whatever the table says.
  received.set_counts_as_found(source.counts_as_found() && command.source() != kSelf);
  if (rules::Holds(context, common::v1::POST_KIND_INSPECTOR)) {
    received.set_reporter_post(context.actor.post_id());
  }
  return received;
}

// Takes a report in; under a signer also files it, else asks for the PreCheck if there is to be
// one.
Decided Receive(std::string_view stream, const v1::Report& command, const common::v1::Place& place,
                const rulebook::v1::Source& source, const std::optional<common::v1::Actor>& signer,
                std::string_view alarm, const Context& context) {
  ASSIGN_OR_RETURN(v1::ReportReceived received, MakeReceived(command, place, source, context));
  const bool files = signer && command.has_class_ref() && !command.condition_id().empty();
  if (files) received.set_pre_check_needed(false);
  rules::Decision<v1::Event> decision(stream, received);
  if (files) {
    const Ground ground{fmt::format("{}/c1", stream),
                        std::string(stream),
                        command.class_ref(),
                        command.condition_id(),
                        {},
                        {}};
    ASSIGN_OR_RETURN(v1::CaseFiled filed, MakeCase(ground, received, context));
    filed.set_white_list(signer->system().white_list());
    filed.set_signed_by_post(signer->post_id());
    filed.set_alarm(std::string(alarm));
    EmitFiling(ground, std::move(filed), &decision);
    decision.Under(*signer);
  } else if (received.pre_check_needed() && command.has_class_ref()) {
    v1::PreCheckAsked asked;
    asked.set_check(CheckOf(stream, 1));
    *asked.mutable_class_ref() = command.class_ref();
    *asked.mutable_place() = place;
    decision.Emit(stream, std::move(asked));
  }
  return decision;
}

base::Result<rulebook::v1::Source> FindSource(std::string_view code, const Context& context) {
  if (auto source = context.reference.Source(code)) return *source;
  return base::NotFound("expected a source of the table of sources, found '{}'", code);
}

// The desk's answers: by whoever may speak for the centre, about a report that waits for one.
base::Status CheckDesk(std::string_view stream, const state::Report& report, std::string_view id,
                       std::initializer_list<common::v1::PostKind> kinds, std::string_view what,
                       const Context& context) {
  RETURN_IF_ERROR(RequirePost(context, AXIS_SUPERVISION, kinds, what));
  RETURN_IF_ERROR(CheckCommandId(id));
  RETURN_IF_ERROR(RequireReport(stream, report));
  return {};
}

}  // namespace

Decided DecideReport(std::string_view stream, const state::Report& report,
                     const v1::Report& command, const Context& context) {
  RETURN_IF_ERROR(RequireReporter(command.source(), context));
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(CheckForm(command, command.place(), context));
  if (!report.received().number().empty()) {
    return base::AlreadyExists("report {} has been received as {}; give another contact another id",
                               stream, report.received().number());
  }
  if (command.occurred_at_us() > base::ToMicros(context.now + kFuture)) {
    return base::InvalidArgument(
        "expected a report of what has happened, found a time after now, {}",
        base::FormatUtc(base::FromMicros(command.occurred_at_us())));
  }
  ASSIGN_OR_RETURN(const rulebook::v1::Source source, FindSource(command.source(), context));
  // Nothing of the disposal axis files; and a list that nobody of supervision signed leaves the
  // filing to the desk, so that no report is lost for it.
  std::optional<common::v1::Actor> signer;
  if (rules::On(context, AXIS_SUPERVISION) && command.has_class_ref()) {
    const auto found = SignerOf(context, source.filing_white_list(), "file", command.class_ref(),
                                command.source());
    if (found.ok()) signer = *found;
  }
  return Receive(stream, command, command.place(), source, signer, {}, context);
}

Decided DecideFileAlarm(std::string_view stream, const state::Report& report,
                        const v1::FileAlarm& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "filing an alarm"));
  if (!report.received().number().empty()) return rules::Decision<v1::Event>();
  RETURN_IF_ERROR(CheckForm(command.report(), command.place(), context));
  ASSIGN_OR_RETURN(const rulebook::v1::Source source,
                   FindSource(command.report().source(), context));
  const std::string& list =
      command.white_list().empty() ? source.filing_white_list() : command.white_list();
  ASSIGN_OR_RETURN(const auto signer, SignerOf(context, list, "file", command.report().class_ref(),
                                               command.report().source()));
  return Receive(stream, command.report(), command.place(), source, signer, command.alarm(),
                 context);
}

Decided DecideAnswer(std::string_view stream, const state::Report& report,
                     const v1::Answer& command, const Context& context) {
  RETURN_IF_ERROR(CheckDesk(stream, report, command.id(),
                            {common::v1::POST_KIND_CALL_TAKER, common::v1::POST_KIND_ACCEPTOR,
                             common::v1::POST_KIND_SHIFT_LEADER},
                            "answering at the desk", context));
  RETURN_IF_ERROR(CheckText(command.topic(), "a topic"));
  RETURN_IF_ERROR(RequireUndecided(stream, report));
  v1::ReportAnswered answered;
  answered.set_topic(command.topic());
  answered.set_call_back(report.received().call_back());
  return rules::Decision<v1::Event>(stream, std::move(answered));
}

Decided DecidePassOn(std::string_view stream, const state::Report& report,
                     const v1::PassOn& command, const Context& context) {
  RETURN_IF_ERROR(CheckDesk(stream, report, command.id(),
                            {common::v1::POST_KIND_CALL_TAKER, common::v1::POST_KIND_ACCEPTOR,
                             common::v1::POST_KIND_SHIFT_LEADER},
                            "passing a report on", context));
  RETURN_IF_ERROR(CheckText(command.to(), "whom it goes to"));
  if (command.receipt_number().size() > 128) {
    return base::InvalidArgument("expected a receipt number of at most 128 bytes, found {}",
                                 command.receipt_number().size());
  }
  RETURN_IF_ERROR(RequireUndecided(stream, report));
  v1::ReportPassedOn passed;
  passed.set_to(command.to());
  passed.set_receipt_number(command.receipt_number());
  return rules::Decision<v1::Event>(stream, std::move(passed));
}

Decided DecideRefuse(std::string_view stream, const state::Report& report,
                     const v1::Refuse& command, const Context& context) {
  RETURN_IF_ERROR(CheckDesk(stream, report, command.id(),
                            {common::v1::POST_KIND_ACCEPTOR, common::v1::POST_KIND_SHIFT_LEADER},
                            "refusing a report", context));
  RETURN_IF_ERROR(CheckText(command.reason(), "a reason, which the reporter is told,"));
  RETURN_IF_ERROR(RequireUndecided(stream, report));
  v1::ReportRefused refused;
  refused.set_reason(command.reason());
  refused.set_call_back(report.received().call_back());
  return rules::Decision<v1::Event>(stream, std::move(refused));
}

Decided DecideContestRefusal(std::string_view stream, const state::Report& report,
                             const v1::ContestRefusal& command, const Context& context) {
  RETURN_IF_ERROR(CheckDesk(stream, report, command.id(),
                            {common::v1::POST_KIND_CALL_TAKER, common::v1::POST_KIND_ACCEPTOR,
                             common::v1::POST_KIND_SHIFT_LEADER, common::v1::POST_KIND_GATEWAY},
                            "taking in what a reporter contests", context));
  if (!command.reason().empty()) {
    return base::Internal(
        "expected the reporter's reason sealed, found it in clear; it was not taken");
  }
  if (command.sealed_reason().ciphertext().empty()) {
    return base::InvalidArgument("expected a reason for contesting the refusal, found none");
  }
  RETURN_IF_ERROR(CheckSealed(command.sealed_reason()));
  if (report.contested()) {
    return base::FailedPrecondition(
        "the refusal of report {} has been contested once; the second "
        "answer stands",
        stream);
  }
  if (report.stage() != state::Report::STAGE_REFUSED) {
    return base::FailedPrecondition("expected report {} to be refused, found it {}", stream,
                                    NameOf(report.stage()));
  }
  v1::RefusalContested contested;
  *contested.mutable_sealed_reason() = command.sealed_reason();
  return rules::Decision<v1::Event>(stream, std::move(contested));
}

Decided DecideNoteOutcome(std::string_view stream, const state::Report& report,
                          const v1::NoteOutcome& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "noting the outcome of a case"));
  const auto of_this_case = [&](const auto& item) { return item.case_id() == command.case_id(); };
  const bool joined =
      report.stage() == state::Report::STAGE_JOINED && report.join_case() == command.case_id();
  const bool filed = std::any_of(report.filings().begin(), report.filings().end(), of_this_case);
  const bool noted = std::any_of(report.endings().begin(), report.endings().end(), of_this_case);
  if ((!joined && !filed) || noted) return rules::Decision<v1::Event>();
  v1::ReportOutcomeNoted outcome;
  outcome.set_case_id(command.case_id());
  outcome.set_outcome(command.outcome());
  outcome.set_call_back(report.received().call_back());
  return rules::Decision<v1::Event>(stream, std::move(outcome));
}

}  // namespace wanmi::intake
