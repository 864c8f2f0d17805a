// What becomes of a case: PostChecks, closing, voiding, urging.
#include <algorithm>

#include "services/intake/decisions.h"

namespace wanmi::intake {
namespace {

using common::v1::AXIS_COMMAND;
using common::v1::AXIS_SUPERVISION;
using common::v1::POST_KIND_ACCEPTOR;
using common::v1::POST_KIND_DISPATCHER;
using common::v1::POST_KIND_SHIFT_LEADER;

base::Status RequireOpen(std::string_view stream, const state::Case& filed_case) {
  if (IsOpen(filed_case)) return {};
  return base::FailedPrecondition("expected case {} to be open, found it {}", stream,
                                  NameOf(filed_case.stage()));
}

// Every report that is answered with the end of the case: its own and those that joined.
void FillReports(const state::Case& filed_case,
                 google::protobuf::RepeatedPtrField<std::string>* reports) {
  reports->Add(std::string(filed_case.filed().report()));
  reports->MergeFrom(filed_case.joined());
}

v1::CaseClosed MakeClosed(const state::Case& filed_case, const Context& context) {
  v1::CaseClosed closed;
  const auto& filed = filed_case.filed();
  *closed.mutable_handling() = filed_case.handling();
  closed.set_closed_at_us(base::ToMicros(context.now));
  closed.set_number(filed.number());
  *closed.mutable_class_ref() = filed.class_ref();
  *closed.mutable_place() = filed.place();
  closed.set_source(filed.source());
  closed.set_filed_at_us(filed.filed_at_us());
  FillReports(filed_case, closed.mutable_reports());
  closed.set_counts_as_found(filed.counts_as_found());
  return closed;
}

// Closes in the same decision if a signed white list permits it and nobody has asked for a void.
void CloseByWhiteList(std::string_view stream, const state::Case& filed_case,
                      const Context& context, rules::Decision<v1::Event>* decision) {
  if (filed_case.has_void_asked()) return;
  const auto& filed = filed_case.filed();
  const auto signer = SignerOf(context, context.reference.Text("closing_white_list", ""), "close",
                               filed.class_ref(), filed.source());
  // A list that nobody of supervision signed closes nothing: the case waits for the shift leader.
  if (!signer.ok() || !*signer) return;
  v1::CaseClosed closed = MakeClosed(filed_case, context);
  closed.set_white_list((*signer)->system().white_list());
  closed.set_signed_by_post((*signer)->post_id());
  decision->Emit(stream, std::move(closed));
  decision->Under(**signer);
}

base::Status RequireVoidAsked(std::string_view stream, const state::Case& filed_case) {
  if (filed_case.has_void_asked()) return {};
  return base::FailedPrecondition(
      "expected a void of case {} to be asked for, found none; ask first", stream);
}

}  // namespace

Decided DecideAskPostCheck(std::string_view stream, const state::Case& filed_case,
                           const v1::AskPostCheck& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "asking for a PostCheck"));
  RETURN_IF_ERROR(RequireCase(stream, filed_case));
  // The void or the close won, or the round has had its check.
  const bool late =
      !IsOpen(filed_case) || command.handling().round() <= filed_case.handling().round();
  if (late) return rules::Decision<v1::Event>();
  if (filed_case.stage() == state::Case::STAGE_AWAITING_CLOSE) {
    return base::FailedPrecondition(
        "expected case {} to be in disposal, found it awaiting_close; "
        "its round {} has passed the check",
        stream, filed_case.handling().round());
  }
  // A check of an older round may still be open here: its failure, which caused this round, is in
  // another topic and has yet to be read. The newer round wins in either order.
  v1::PostCheckAsked asked;
  asked.set_check(CheckOf(stream, filed_case.checks() + 1));
  *asked.mutable_class_ref() = filed_case.filed().class_ref();
  *asked.mutable_place() = filed_case.filed().place();
  asked.set_closing_condition(filed_case.filed().closing_condition());
  *asked.mutable_handling() = command.handling();
  auto& evidence = *asked.mutable_handling()->mutable_evidence();
  if (evidence.size() > kEvidenceLast) {
    evidence.DeleteSubrange(kEvidenceLast, evidence.size() - kEvidenceLast);
  }
  return rules::Decision<v1::Event>(stream, std::move(asked));
}

Decided DecideNotePostCheck(std::string_view stream, const state::Case& filed_case,
                            const v1::NotePostCheck& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "noting a PostCheck"));
  const bool waits =
      filed_case.stage() == state::Case::STAGE_CHECKING && filed_case.check() == command.check();
  const bool expired_again =
      filed_case.check_expired() && command.result() == v1::CHECK_RESULT_EXPIRED;
  if (!waits || expired_again) return rules::Decision<v1::Event>();
  v1::PostCheckNoted noted;
  noted.set_check(command.check());
  noted.set_result(command.result());
  noted.set_check_post(command.check_post());
  rules::Decision<v1::Event> decision(stream, std::move(noted));
  if (command.result() != v1::CHECK_RESULT_PASSED) return decision;
  if (EndsDisposal(filed_case.handling())) {
    CloseByWhiteList(stream, filed_case, context, &decision);
    return decision;
  }
  v1::PhaseEnded ended;
  ended.set_phase(filed_case.handling().phase());
  decision.Emit(stream, std::move(ended));
  return decision;
}

Decided DecideClose(std::string_view stream, const state::Case& filed_case,
                    const v1::Close& command, const Context& context) {
  RETURN_IF_ERROR(
      RequirePost(context, AXIS_SUPERVISION, {POST_KIND_SHIFT_LEADER}, "closing a case"));
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(RequireCase(stream, filed_case));
  if (filed_case.stage() == state::Case::STAGE_CLOSED) return rules::Decision<v1::Event>();
  if (filed_case.stage() != state::Case::STAGE_AWAITING_CLOSE) {
    return base::FailedPrecondition(
        "expected case {} to have passed its last PostCheck, found it {}{}", stream,
        NameOf(filed_case.stage()),
        filed_case.check_expired() ? "; its check expired unanswered" : "");
  }
  if (filed_case.has_void_asked()) {
    return base::FailedPrecondition(
        "a void of case {} waits for an answer; grant or refuse it first", stream);
  }
  if (!command.closing_condition_met()) {
    return base::FailedPrecondition(
        "expected the closing condition of case {} to be met and ticked: {}", stream,
        filed_case.filed().closing_condition());
  }
  return rules::Decision<v1::Event>(stream, MakeClosed(filed_case, context));
}

Decided DecideAskVoid(std::string_view stream, const state::Case& filed_case,
                      const v1::AskVoid& command, const Context& context) {
  if (rules::On(context, AXIS_COMMAND)) {
    RETURN_IF_ERROR(
        RequirePost(context, AXIS_COMMAND, {POST_KIND_DISPATCHER}, "asking for a void"));
  } else {
    RETURN_IF_ERROR(RequirePost(context, AXIS_SUPERVISION,
                                {POST_KIND_ACCEPTOR, POST_KIND_SHIFT_LEADER}, "asking for a void"));
  }
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(CheckText(command.reason(), "a reason"));
  RETURN_IF_ERROR(RequireCase(stream, filed_case));
  RETURN_IF_ERROR(RequireOpen(stream, filed_case));
  if (filed_case.has_void_asked()) {
    return base::FailedPrecondition(
        "a void of case {} has been asked for by post {} and waits for an "
        "answer",
        stream, filed_case.void_asked().post_id());
  }
  v1::VoidAsked asked;
  asked.set_reason(command.reason());
  asked.set_person_id(context.actor.person_id());
  asked.set_post_id(context.actor.post_id());
  return rules::Decision<v1::Event>(stream, std::move(asked));
}

Decided DecideGrantVoid(std::string_view stream, const state::Case& filed_case,
                        const v1::GrantVoid& command, const Context& context) {
  RETURN_IF_ERROR(
      RequirePost(context, AXIS_SUPERVISION, {POST_KIND_SHIFT_LEADER}, "granting a void"));
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(RequireCase(stream, filed_case));
  if (filed_case.stage() == state::Case::STAGE_VOIDED) return rules::Decision<v1::Event>();
  RETURN_IF_ERROR(RequireOpen(stream, filed_case));
  RETURN_IF_ERROR(RequireVoidAsked(stream, filed_case));
  if (filed_case.void_asked().person_id() == context.actor.person_id()) {
    return base::PermissionDenied(
        "expected another person than the one who asked to void case {}, "
        "found the same",
        stream);
  }
  v1::CaseVoided voided;
  voided.set_reason(filed_case.void_asked().reason());
  FillReports(filed_case, voided.mutable_reports());
  if (filed_case.stage() == state::Case::STAGE_CHECKING) voided.set_open_check(filed_case.check());
  voided.set_pre_check(filed_case.filed().pre_check());  // how it went stands in the report
  return rules::Decision<v1::Event>(stream, std::move(voided));
}

Decided DecideRefuseVoid(std::string_view stream, const state::Case& filed_case,
                         const v1::RefuseVoid& command, const Context& context) {
  RETURN_IF_ERROR(
      RequirePost(context, AXIS_SUPERVISION, {POST_KIND_SHIFT_LEADER}, "refusing a void"));
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(CheckText(command.reason(), "a reason"));
  RETURN_IF_ERROR(RequireCase(stream, filed_case));
  RETURN_IF_ERROR(RequireOpen(stream, filed_case));
  RETURN_IF_ERROR(RequireVoidAsked(stream, filed_case));
  v1::VoidRefused refused;
  refused.set_reason(command.reason());
  return rules::Decision<v1::Event>(stream, std::move(refused));
}

Decided DecideUrge(std::string_view stream, const state::Case& filed_case, const v1::Urge& command,
                   const Context& context) {
  const bool either_centre =
      (rules::On(context, AXIS_SUPERVISION) || rules::On(context, AXIS_COMMAND)) &&
      !rules::ByReaction(context);
  if (!either_centre) {
    return base::PermissionDenied(
        "urging is for a post of the supervision or the command centre; post "
        "{} of unit {} stands on {}",
        context.actor.post_id(), context.actor.unit_id(),
        common::v1::Axis_Name(context.actor.axis()));
  }
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  if (!command.report().empty()) RETURN_IF_ERROR(CheckReportId(command.report()));
  RETURN_IF_ERROR(RequireCase(stream, filed_case));
  const auto& ids = filed_case.urge_ids();
  if (std::find(ids.begin(), ids.end(), command.id()) != ids.end())
    return rules::Decision<v1::Event>();
  RETURN_IF_ERROR(RequireOpen(stream, filed_case));
  v1::CaseUrged urged;
  urged.set_report(command.report());
  urged.set_times(filed_case.urged() + 1);
  urged.set_id(command.id());
  return rules::Decision<v1::Event>(stream, std::move(urged));
}

}  // namespace wanmi::intake
