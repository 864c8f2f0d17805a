#include "services/dispatch/domain.h"

#include <algorithm>
#include <utility>

#include "services/dispatch/assignment.h"
#include "services/dispatch/reactions.h"

namespace wanmi::dispatch {
namespace {

base::Status RequireDispatcher(const rules::Context& context, std::string_view what) {
  RETURN_IF_ERROR(rules::RequireAxis(context, common::v1::AXIS_COMMAND, what));
  if (rules::Holds(context, common::v1::POST_KIND_DISPATCHER)) return {};
  return base::PermissionDenied("{} is for a dispatcher; post {} is a {}", what,
                                context.actor.post_id(),
                                common::v1::PostKind_Name(context.actor.post_kind()));
}

base::Status WrongStage(const State& state, std::string_view stream, std::string_view expected) {
  return base::FailedPrecondition(
      "expected case {} to {}, found it in {} (round {}); look at it again", stream, expected,
      state::Stage_Name(state.stage()), state.round());
}

base::Status RequirePersonsCommand(const State& state, std::string_view stream, std::string_view id,
                                   const rules::Context& context, std::string_view what) {
  RETURN_IF_ERROR(RequireDispatcher(context, what));
  RETURN_IF_ERROR(RequireText(id, "a command id"));
  return RequireTaken(state, stream);
}

base::Result<Decision> DecideDispatch(std::string_view stream, const State& state,
                                      const v1::Dispatch& command, const rules::Context& context) {
  RETURN_IF_ERROR(RequirePersonsCommand(state, stream, command.id(), context, "Dispatch"));
  RETURN_IF_ERROR(RequireText(command.unit_id(), "the unit that shall dispose"));
  if (!command.reason().empty()) RETURN_IF_ERROR(RequireText(command.reason(), "a reason"));
  if (state.stage() == state::STAGE_DISPOSAL && state.unit_id() == command.unit_id())
    return Decision();
  if (state.stage() != state::STAGE_UNMATCHED && state.stage() != state::STAGE_PROPOSED) {
    return WrongStage(state, stream, "wait for a unit");
  }
  const auto unit = context.reference.Unit(command.unit_id());
  if (!unit)
    return base::NotFound("expected a unit of the directory, found '{}'", command.unit_id());
  if (unit->axis() != common::v1::AXIS_DISPOSAL) {
    return base::FailedPrecondition(
        "expected a unit of the disposal axis, found {} on {}; choose one "
        "that disposes",
        unit->id(), common::v1::Axis_Name(unit->axis()));
  }
  if (!command.accountable_unit().empty() && !context.reference.Unit(command.accountable_unit())) {
    return base::NotFound("expected an accountable unit of the directory, found '{}'",
                          command.accountable_unit());
  }
  const auto returned =
      std::find_if(state.returned().begin(), state.returned().end(),
                   [&](const auto& r) { return r.unit_id() == command.unit_id(); });
  const bool had_it = returned != state.returned().end();
  const bool departs = !state.proposed_unit().empty() && state.proposed_unit() != command.unit_id();
  if (command.reason().empty() && (departs || had_it)) {
    return base::InvalidArgument(
        "expected a reason, since {} {}; found none", command.unit_id(),
        departs ? "departs from the proposal of the rules" : "has given this work back");
  }
  Order order;
  order.unit_id = command.unit_id();
  order.accountable_unit = command.accountable_unit();
  if (order.accountable_unit.empty()) {
    const bool proposed = command.unit_id() == state.proposed_unit();
    order.accountable_unit = proposed ? state.proposed_accountable() : command.unit_id();
  }
  order.phase = state.phase();
  if (had_it) order.left_s = returned->left_s();
  order.reason = command.reason();
  ASSIGN_OR_RETURN(auto dispatched, MakeDispatch(state, std::move(order), context));
  return Decision(stream, std::move(dispatched));
}

base::Result<Decision> DecideDecideReturn(std::string_view stream, const State& state,
                                          const v1::DecideReturn& command,
                                          const rules::Context& context) {
  RETURN_IF_ERROR(RequirePersonsCommand(state, stream, command.id(), context, "DecideReturn"));
  if (!command.grant() || !command.reason().empty()) {
    RETURN_IF_ERROR(RequireText(command.reason(), "a reason for the refusal"));
  }
  if (state.stage() != state::STAGE_RETURN_ASKED)
    return WrongStage(state, stream, "have a return asked");
  if (!command.grant()) {
    v1::ReturnRefused refused;
    refused.set_round(state.round());
    refused.set_reason(command.reason());
    return Decision(stream, std::move(refused));
  }
  v1::ReturnGranted granted;
  granted.set_round(state.round());
  granted.set_unit_id(state.unit_id());
  return Decision(stream, std::move(granted));
}

base::Result<Decision> DecidePassFeedback(std::string_view stream, const State& state,
                                          const v1::PassFeedback& command,
                                          const rules::Context& context) {
  RETURN_IF_ERROR(RequirePersonsCommand(state, stream, command.id(), context, "PassFeedback"));
  if (state.stage() == state::STAGE_CHECKING) return Decision();
  if (state.stage() != state::STAGE_FEEDBACK)
    return WrongStage(state, stream, "have a feedback at the gate");
  return Decision(stream, MakePassed(state, context));
}

base::Result<Decision> DecideSendBackFeedback(std::string_view stream, const State& state,
                                              const v1::SendBackFeedback& command,
                                              const rules::Context& context) {
  RETURN_IF_ERROR(RequirePersonsCommand(state, stream, command.id(), context, "SendBackFeedback"));
  RETURN_IF_ERROR(RequireText(command.reason(), "what is missing in the feedback"));
  if (state.stage() != state::STAGE_FEEDBACK)
    return WrongStage(state, stream, "have a feedback at the gate");
  v1::FeedbackSentBack back;
  back.set_round(state.round());
  back.set_reason(command.reason());
  back.set_due_at_us(state.ledger().due_at_us());
  back.set_feedback_at_us(state.feedback().feedback_at_us());
  return Decision(stream, std::move(back));
}

}  // namespace

std::string Target(const v1::Command& command) {
  switch (command.kind_case()) {
    case v1::Command::kDispatch:
      return command.dispatch().case_id();
    case v1::Command::kDecideReturn:
      return command.decide_return().case_id();
    case v1::Command::kPassFeedback:
      return command.pass_feedback().case_id();
    case v1::Command::kSendBackFeedback:
      return command.send_back_feedback().case_id();
    default:
      return "";
  }
}

base::Result<Decision> Decide(std::string_view stream, const State& state,
                              const v1::Command& command, const rules::Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kDispatch:
      return DecideDispatch(stream, state, command.dispatch(), context);
    case v1::Command::kDecideReturn:
      return DecideDecideReturn(stream, state, command.decide_return(), context);
    case v1::Command::kPassFeedback:
      return DecidePassFeedback(stream, state, command.pass_feedback(), context);
    case v1::Command::kSendBackFeedback:
      return DecideSendBackFeedback(stream, state, command.send_back_feedback(), context);
    case v1::Command::kTakeCase:
      return DecideTakeCase(stream, state, command.take_case(), context);
    case v1::Command::kNoteFeedback:
      return DecideNoteFeedback(stream, state, command.note_feedback(), context);
    case v1::Command::kNoteReturnAsked:
      return DecideNoteReturnAsked(stream, state, command.note_return_asked(), context);
    case v1::Command::kRework:
      return DecideRework(stream, state, command.rework(), context);
    case v1::Command::kBeginPhase:
      return DecideBeginPhase(stream, state, command.begin_phase(), context);
    case v1::Command::kEndCase:
      return DecideEndCase(stream, state, command.end_case(), context);
    case v1::Command::kPassDeadline:
      return DecidePassDeadline(stream, state, command.pass_deadline(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of dispatch, found none; set one");
}

std::optional<base::Time> Due(const State& state) {
  // While a return is asked the clock goes on: only its being granted makes it cost nothing.
  const bool runs =
      state.stage() == state::STAGE_DISPOSAL || state.stage() == state::STAGE_RETURN_ASKED;
  const int64_t due_at_us = state.ledger().due_at_us();
  if (!runs || due_at_us == 0 || due_at_us == state.ledger().noticed_us()) return std::nullopt;
  return base::FromMicros(due_at_us);
}

v1::Command OnDue(std::string_view, const State& state) {
  v1::PassDeadline pass;
  pass.set_deadline_us(state.ledger().due_at_us());
  return rules::Wrap<v1::Command>(std::move(pass));
}

}  // namespace wanmi::dispatch
