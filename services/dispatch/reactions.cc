#include "services/dispatch/reactions.h"

#include <utility>

#include "services/dispatch/ledger.h"

namespace wanmi::dispatch {
namespace {

v1::CaseTaken MakeTaken(const intake::v1::CaseFiled& filed, const rules::Context& context,
                        std::string* white_list) {
  v1::CaseTaken taken;
  taken.set_number(filed.number());
  *taken.mutable_class_ref() = filed.class_ref();
  *taken.mutable_place() = filed.place();
  *taken.mutable_limits() = filed.limits();
  taken.set_urgent(filed.urgent());
  taken.set_source(filed.source());
  taken.set_problem_source(filed.problem_source());
  taken.set_filed_at_us(filed.filed_at_us());
  const auto rule = context.reference.DispatchRule(
      filed.class_ref(), filed.place().community_code(), filed.problem_source());
  // A rule that names a unit which may not dispose proposes nothing: the case shows as unmatched.
  if (rule && MayDispose(context, rule->disposing_unit())) {
    taken.set_proposed_unit(rule->disposing_unit());
    taken.set_proposed_accountable(rule->accountable_unit().empty() ? rule->disposing_unit()
                                                                    : rule->accountable_unit());
    *white_list = rule->white_list();
  }
  if (rule) taken.set_rule_id(rule->id());
  return taken;
}

}  // namespace

base::Result<Decision> DecideTakeCase(std::string_view stream, const State& state,
                                      const v1::TakeCase& command, const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "TakeCase"));
  if (state.stage() != state::STAGE_UNSPECIFIED) return Decision();
  std::string white_list;
  Decision decision(stream, MakeTaken(command.filed(), context, &white_list));
  State taken;
  Apply(stream, decision.emissions().back().event, &taken);
  if (taken.proposed_unit().empty()) return decision;
  Order order;
  order.unit_id = taken.proposed_unit();
  order.accountable_unit = taken.proposed_accountable();
  auto signer = SignerOf(context, white_list, "dispatch", taken);
  if (signer) {
    order.reason = fmt::format("rule {} and white list {}, signed by {}", taken.rule_id(),
                               white_list, signer->post_id());
  } else if (taken.urgent()) {
    order.reason = fmt::format("rule {}: urgent, dispatched as filed", taken.rule_id());
  } else {
    return decision;
  }
  // With a limit that cannot be reckoned the case stays in the queue, where people see it.
  auto dispatched = MakeDispatch(taken, std::move(order), context);
  if (!dispatched.ok()) return decision;
  decision.Emit(stream, std::move(*dispatched));
  if (signer) decision.Under(std::move(*signer));
  return decision;
}

base::Result<Decision> DecideNoteFeedback(std::string_view stream, const State& state,
                                          const v1::NoteFeedback& command,
                                          const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "NoteFeedback"));
  RETURN_IF_ERROR(RequireTaken(state, stream));
  const bool current = state.stage() == state::STAGE_DISPOSAL && command.round() == state.round() &&
                       command.feedback_at_us() > state.last_feedback_us();
  if (!current) return Decision();
  v1::FeedbackTaken taken;
  taken.set_work(command.work());
  taken.set_round(command.round());
  taken.set_outcome(command.outcome());
  taken.set_feedback_at_us(command.feedback_at_us());
  taken.set_consumed_s(Consumed(state.ledger(),
                                context.reference.Calendar(state.ledger().calendar()),
                                base::FromMicros(command.feedback_at_us())));
  taken.set_on_time(OnTime(state.ledger(), command.feedback_at_us()));
  *taken.mutable_person_ids() = command.person_ids();
  *taken.mutable_device_ids() = command.device_ids();
  *taken.mutable_evidence() = command.evidence();
  Decision decision(stream, std::move(taken));
  const bool open_gate = context.reference.Text("feedback_gate", "on") == "off";
  std::optional<common::v1::Actor> signer;
  if (!open_gate) {
    signer = SignerOf(context, context.reference.Text("feedback_white_list", ""), "pass_feedback",
                      state);
  }
  if (open_gate || signer) {
    State after = state;
    Apply(stream, decision.emissions().back().event, &after);
    decision.Emit(stream, MakePassed(after, context));
  }
  if (signer) decision.Under(std::move(*signer));
  return decision;
}

base::Result<Decision> DecideNoteReturnAsked(std::string_view stream, const State& state,
                                             const v1::NoteReturnAsked& command,
                                             const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "NoteReturnAsked"));
  RETURN_IF_ERROR(RequireTaken(state, stream));
  const bool current = state.stage() == state::STAGE_DISPOSAL && command.round() == state.round() &&
                       command.round() > state.return_round();
  if (!current) return Decision();
  v1::ReturnTaken taken;
  taken.set_work(command.work());
  taken.set_round(command.round());
  taken.set_reason(command.reason());
  taken.set_within_window(command.asked_at_us() <= state.return_window_until_us());
  Decision decision(stream, std::move(taken));
  if (command.asked_at_us() > state.return_window_until_us()) {
    v1::ReturnRefused refused;
    refused.set_round(command.round());
    refused.set_reason("asked after its window: the work counts as accepted");
    decision.Emit(stream, std::move(refused));
  }
  return decision;
}

base::Result<Decision> DecideRework(std::string_view stream, const State& state,
                                    const v1::Rework& command, const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "Rework"));
  RETURN_IF_ERROR(RequireTaken(state, stream));
  const int number = CheckNumber(stream, command.check());
  if (number <= 0) {
    return base::InvalidArgument("expected a check '{}/k<n>', found '{}'", stream, command.check());
  }
  if (state.stage() != state::STAGE_CHECKING || number <= state.last_check()) return Decision();
  Order order;
  order.unit_id = state.unit_id();
  order.accountable_unit = state.accountable_unit();
  order.phase = state.phase();
  order.left_s = Left(state.ledger());
  order.rework = true;
  order.check = command.check();
  order.reason = "the check failed: the feedback counts as never given";
  ASSIGN_OR_RETURN(auto dispatched, MakeDispatch(state, std::move(order), context));
  return Decision(stream, std::move(dispatched));
}

base::Result<Decision> DecideBeginPhase(std::string_view stream, const State& state,
                                        const v1::BeginPhase& command,
                                        const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "BeginPhase"));
  RETURN_IF_ERROR(RequireTaken(state, stream));
  const bool next = state.stage() == state::STAGE_CHECKING &&
                    command.phase() == state.phase() + 1 && command.phase() < state.limits_size();
  if (!next) return Decision();
  Order order;
  order.unit_id = state.unit_id();
  order.accountable_unit = state.accountable_unit();
  order.phase = command.phase();
  order.reason = "the phase before has been checked";
  ASSIGN_OR_RETURN(auto dispatched, MakeDispatch(state, std::move(order), context));
  return Decision(stream, std::move(dispatched));
}

base::Result<Decision> DecideEndCase(std::string_view stream, const State& state,
                                     const v1::EndCase& command, const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "EndCase"));
  RETURN_IF_ERROR(RequireTaken(state, stream));
  RETURN_IF_ERROR(RequireText(command.outcome(), "an outcome"));
  if (state.stage() == state::STAGE_ENDED) return Decision();
  v1::AssignmentEnded ended;
  ended.set_outcome(command.outcome());
  ended.set_round(state.round());
  return Decision(stream, std::move(ended));
}

base::Result<Decision> DecidePassDeadline(std::string_view stream, const State& state,
                                          const v1::PassDeadline& command,
                                          const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "PassDeadline"));
  RETURN_IF_ERROR(RequireTaken(state, stream));
  const auto due = Due(state);
  const bool passed = due && base::ToMicros(*due) == command.deadline_us() && *due <= context.now;
  if (!passed) return Decision();
  v1::DeadlinePassed notice;
  notice.set_stage("disposal");
  notice.set_deadline_us(command.deadline_us());
  notice.set_noticed_at_us(base::ToMicros(context.now));
  notice.set_unit_id(state.unit_id());
  notice.set_round(state.round());
  return Decision(stream, std::move(notice));
}

}  // namespace wanmi::dispatch
