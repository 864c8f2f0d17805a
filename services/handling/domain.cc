#include "services/handling/domain.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "services/handling/reactions.h"

namespace wanmi::handling {
namespace {

using common::v1::PostKind;

constexpr size_t kTextBytesLast = 2000;
constexpr int kEvidenceLast = 20;

base::Status RequireText(std::string_view text, std::string_view what) {
  if (text.empty()) return base::InvalidArgument("expected {}, found none; state it", what);
  if (text.size() > kTextBytesLast) {
    return base::InvalidArgument("expected {} of at most {} bytes, found {}; shorten it", what,
                                 kTextBytesLast, text.size());
  }
  return {};
}

void AddOnce(const std::string& id, google::protobuf::RepeatedPtrField<std::string>* ids) {
  if (!id.empty() && std::find(ids->begin(), ids->end(), id) == ids->end()) *ids->Add() = id;
}

base::Status WrongStage(const State& state, std::string_view stream, std::string_view expected) {
  return base::FailedPrecondition("expected work {} to be {}, found it in {}; look at it again",
                                  stream, expected, state::Stage_Name(state.stage()));
}

bool IsOpen(const State& state) {
  return state.stage() == state::STAGE_OPENED || state.stage() == state::STAGE_ACCEPTED;
}

// What every command of a person needs: the disposal axis, an id, a work order, and a post of its
// unit (a crew only where `crew_may`; a crew of a company under the unit only where it was
// assigned).
base::Status RequireDisposer(std::string_view stream, const State& state, std::string_view id,
                             const rules::Context& context, std::string_view what, bool crew_may) {
  RETURN_IF_ERROR(rules::RequireAxis(context, common::v1::AXIS_DISPOSAL, what));
  RETURN_IF_ERROR(RequireText(id, "a command id"));
  if (state.stage() == state::STAGE_UNSPECIFIED) {
    return base::NotFound("expected a work order, found none with the id '{}'", stream);
  }
  const auto& actor = context.actor;
  const bool assigned =
      crew_may && !state.crew_post().empty() && actor.post_id() == state.crew_post();
  if (actor.unit_id() != state.unit_id() && !assigned) {
    return base::PermissionDenied(
        "{} is for posts of the unit {}, which has the work; post {} is of {}", what,
        state.unit_id(), actor.post_id(), actor.unit_id());
  }
  const bool may = rules::Holds(context, PostKind::POST_KIND_DEPARTMENT_CLERK) ||
                   rules::Holds(context, PostKind::POST_KIND_DEPARTMENT_LEADER) ||
                   (crew_may && rules::Holds(context, PostKind::POST_KIND_CREW));
  if (may) return {};
  return base::PermissionDenied("{} is for a clerk or leader of the department{}; post {} is a {}",
                                what, crew_may ? " or a crew" : "", actor.post_id(),
                                common::v1::PostKind_Name(actor.post_kind()));
}

base::Result<Decision> DecideAcceptWork(std::string_view stream, const State& state,
                                        const v1::AcceptWork& command,
                                        const rules::Context& context) {
  RETURN_IF_ERROR(RequireDisposer(stream, state, command.id(), context, "AcceptWork", false));
  if (state.stage() == state::STAGE_ACCEPTED) return Decision();
  if (state.stage() != state::STAGE_OPENED) return WrongStage(state, stream, "open");
  v1::WorkAccepted accepted;
  accepted.set_post_id(context.actor.post_id());
  accepted.set_person_id(context.actor.person_id());
  return Decision(stream, std::move(accepted));
}

base::Result<Decision> DecideAssignCrew(std::string_view stream, const State& state,
                                        const v1::AssignCrew& command,
                                        const rules::Context& context) {
  RETURN_IF_ERROR(RequireDisposer(stream, state, command.id(), context, "AssignCrew", false));
  RETURN_IF_ERROR(RequireText(command.crew_post(), "a crew's post"));
  if (!IsOpen(state)) return WrongStage(state, stream, "open or accepted");
  const auto post = context.reference.Post(command.crew_post());
  if (!post)
    return base::NotFound("expected a post of the directory, found '{}'", command.crew_post());
  if (post->kind() != PostKind::POST_KIND_CREW) {
    return base::FailedPrecondition("expected a crew, found post {}, a {}; choose a crew",
                                    post->id(), common::v1::PostKind_Name(post->kind()));
  }
  const auto unit = context.reference.Unit(post->unit_id());
  const bool ours = unit && unit->axis() == common::v1::AXIS_DISPOSAL &&
                    (unit->id() == state.unit_id() || unit->parent_id() == state.unit_id());
  if (!ours) {
    return base::PermissionDenied("expected a crew of {} or of a company under it, found {} of {}",
                                  state.unit_id(), post->id(), post->unit_id());
  }
  if (state.stage() == state::STAGE_ACCEPTED && state.crew_post() == post->id()) return Decision();
  v1::CrewAssigned assigned;
  assigned.set_crew_post(post->id());
  for (const auto& person_id : context.reference.HoldersOf(post->id())) {
    assigned.add_person_ids(person_id);
  }
  return Decision(stream, std::move(assigned));
}

base::Status CheckEvidence(const v1::GiveFeedback& command) {
  if (command.evidence_size() > kEvidenceLast) {
    return base::InvalidArgument(
        "expected at most {} pieces of evidence, found {}; choose the best", kEvidenceLast,
        command.evidence_size());
  }
  bool picture = false;
  for (const auto& evidence : command.evidence()) {
    if (evidence.sha256_hex().size() != 64) {
      return base::InvalidArgument(
          "expected a SHA-256 of 64 hexadecimal digits for each piece of "
          "evidence, found {}; upload it first",
          evidence.sha256_hex().size());
    }
    picture = picture || evidence.kind() == common::v1::EVIDENCE_KIND_PICTURE;
  }
  if (!picture && command.outcome() != intake::v1::OUTCOME_CANNOT) {
    return base::InvalidArgument(
        "expected a picture of the place as it is now, found none; take one");
  }
  return {};
}

base::Status CheckForm(std::string_view stream, const v1::GiveFeedback& command,
                       const rules::Context& context) {
  if (!command.note().empty()) {
    return base::InvalidArgument(
        "expected the note to be sealed before it is decided, found it clear; "
        "send the feedback through the API");
  }
  if (command.has_sealed_note() &&
      command.sealed_note().subject() != fmt::format("case/{}", CaseOf(stream))) {
    return base::InvalidArgument("expected a note sealed under case/{}, found {}", CaseOf(stream),
                                 command.sealed_note().subject());
  }
  if (command.outcome() == intake::v1::OUTCOME_UNSPECIFIED ||
      !intake::v1::Outcome_IsValid(command.outcome())) {
    return base::InvalidArgument(
        "expected an outcome (done, made safe, nothing found, cannot), found "
        "none; state it");
  }
  if (command.outcome() == intake::v1::OUTCOME_CANNOT || !command.cause().empty()) {
    RETURN_IF_ERROR(RequireText(command.cause(), "the cause why it cannot be done"));
  }
  if (command.finished_at_us() < 0 || command.finished_at_us() > base::ToMicros(context.now)) {
    return base::InvalidArgument(
        "expected the time of finishing not to lie ahead, found {}; correct it",
        base::FormatUtc(base::FromMicros(command.finished_at_us())));
  }
  return CheckEvidence(command);
}

base::Result<Decision> DecideGiveFeedback(std::string_view stream, const State& state,
                                          const v1::GiveFeedback& command,
                                          const rules::Context& context) {
  RETURN_IF_ERROR(RequireDisposer(stream, state, command.id(), context, "GiveFeedback", true));
  RETURN_IF_ERROR(CheckForm(stream, command, context));
  if (!IsOpen(state)) return WrongStage(state, stream, "open or accepted");
  v1::FeedbackGiven given;
  given.set_case_id(state.case_id());
  given.set_round(state.round());
  given.set_outcome(command.outcome());
  *given.mutable_evidence() = command.evidence();
  given.set_cause(command.cause());
  const int64_t now_us = base::ToMicros(context.now);
  given.set_finished_at_us(command.finished_at_us() != 0 ? command.finished_at_us() : now_us);
  // Two feedbacks of one round never have the same time: by it they are told apart.
  given.set_feedback_at_us(std::max(now_us, state.last_feedback_us() + 1));
  if (command.has_sealed_note()) *given.mutable_note() = command.sealed_note();
  AddOnce(context.actor.person_id(), given.mutable_person_ids());
  AddOnce(state.accepted_by(), given.mutable_person_ids());
  for (const auto& person_id : state.crew_persons()) AddOnce(person_id, given.mutable_person_ids());
  for (const auto& person_id : context.reference.HoldersOf(state.crew_post())) {
    AddOnce(person_id, given.mutable_person_ids());  // who came to the crew after it was assigned
  }
  AddOnce(context.actor.device_id(), given.mutable_device_ids());
  for (const auto& evidence : command.evidence()) {
    AddOnce(evidence.device_id(), given.mutable_device_ids());
  }
  return Decision(stream, std::move(given));
}

base::Result<Decision> DecideAskReturn(std::string_view stream, const State& state,
                                       const v1::AskReturn& command,
                                       const rules::Context& context) {
  RETURN_IF_ERROR(RequireDisposer(stream, state, command.id(), context, "AskReturn", false));
  RETURN_IF_ERROR(RequireText(command.reason(), "a reason"));
  if (state.stage() == state::STAGE_ACCEPTED) {
    return base::FailedPrecondition(
        "expected work that nobody has accepted, found {}; the work counts "
        "as accepted and must be done",
        stream);
  }
  if (state.stage() != state::STAGE_OPENED) return WrongStage(state, stream, "open");
  const int64_t now_us = base::ToMicros(context.now);
  if (now_us > state.return_window_until_us()) {
    return base::FailedPrecondition(
        "expected a return {}, found it asked at {}; the work counts as accepted and must be done",
        state.return_window_until_us() == 0
            ? "only of work that is not rework"
            : "until " + base::FormatUtc(base::FromMicros(state.return_window_until_us())),
        base::FormatUtc(context.now));
  }
  v1::ReturnAsked asked;
  asked.set_case_id(state.case_id());
  asked.set_round(state.round());
  asked.set_reason(command.reason());
  asked.set_asked_at_us(now_us);
  return Decision(stream, std::move(asked));
}

void ApplyOpened(const v1::WorkOpened& opened, State* state) {
  state->set_stage(state::STAGE_OPENED);
  state->set_case_id(opened.case_id());
  state->set_number(opened.number());
  state->set_unit_id(opened.unit_id());
  state->set_round(opened.round());
  state->set_due_at_us(opened.due_at_us());
  state->set_urgent(opened.urgent());
  state->set_return_window_until_us(opened.return_window_until_us());
  state->set_duty_post(opened.duty_post());
  state->set_duty_step(opened.duty_post().empty() ? 0 : 1);
  state->set_acknowledge_by_us(opened.acknowledge_by_us());
}

void ApplyDutyCalled(const v1::DutyCalled& called, State* state) {
  state->set_duty_post(called.post_id());
  state->set_duty_step(called.step());
  state->set_acknowledge_by_us(called.acknowledge_by_us());
}

}  // namespace

std::string_view CaseOf(std::string_view work) {
  const size_t at = work.rfind("/w");
  return at == std::string_view::npos ? std::string_view() : work.substr(0, at);
}

std::string Target(const v1::Command& command) {
  switch (command.kind_case()) {
    case v1::Command::kAcceptWork:
      return command.accept_work().work();
    case v1::Command::kAssignCrew:
      return command.assign_crew().work();
    case v1::Command::kGiveFeedback:
      return command.give_feedback().work();
    case v1::Command::kAskReturn:
      return command.ask_return().work();
    default:
      return "";
  }
}

base::Result<Decision> Decide(std::string_view stream, const State& state,
                              const v1::Command& command, const rules::Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kAcceptWork:
      return DecideAcceptWork(stream, state, command.accept_work(), context);
    case v1::Command::kAssignCrew:
      return DecideAssignCrew(stream, state, command.assign_crew(), context);
    case v1::Command::kGiveFeedback:
      return DecideGiveFeedback(stream, state, command.give_feedback(), context);
    case v1::Command::kAskReturn:
      return DecideAskReturn(stream, state, command.ask_return(), context);
    case v1::Command::kOpenWork:
      return DecideOpenWork(stream, state, command.open_work(), context);
    case v1::Command::kSettleFeedback:
      return DecideSettleFeedback(stream, state, command.settle_feedback(), context);
    case v1::Command::kSettleReturn:
      return DecideSettleReturn(stream, state, command.settle_return(), context);
    case v1::Command::kWithdrawWork:
      return DecideWithdrawWork(stream, state, command.withdraw_work(), context);
    case v1::Command::kClimbDuty:
      return DecideClimbDuty(stream, state, command.climb_duty(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of handling, found none; set one");
}

void Apply(std::string_view, const v1::Event& event, State* state) {
  switch (event.kind_case()) {
    case v1::Event::kWorkOpened:
      return ApplyOpened(event.work_opened(), state);
    case v1::Event::kWorkAccepted:
      state->set_stage(state::STAGE_ACCEPTED);
      state->set_accepted_by(event.work_accepted().person_id());
      return;
    case v1::Event::kDutyCalled:
      return ApplyDutyCalled(event.duty_called(), state);
    case v1::Event::kCrewAssigned:
      state->set_stage(state::STAGE_ACCEPTED);
      state->set_crew_post(event.crew_assigned().crew_post());
      for (const auto& person_id : event.crew_assigned().person_ids()) {
        AddOnce(person_id, state->mutable_crew_persons());
      }
      return;
    case v1::Event::kFeedbackGiven:
      state->set_stage(state::STAGE_FEEDBACK);
      state->set_last_feedback_us(event.feedback_given().feedback_at_us());
      return;
    case v1::Event::kReturnAsked:
      state->set_stage(state::STAGE_RETURN_ASKED);
      return;
    case v1::Event::kFeedbackSettled:
      state->set_stage(event.feedback_settled().passed() ? state::STAGE_SETTLED
                                                         : state::STAGE_ACCEPTED);
      return;
    case v1::Event::kReturnSettled:
      state->set_stage(event.return_settled().granted() ? state::STAGE_RETURNED
                                                        : state::STAGE_ACCEPTED);
      return;
    case v1::Event::kWorkWithdrawn:
      state->set_stage(state::STAGE_WITHDRAWN);
      return;
    case v1::Event::KIND_NOT_SET:
      break;
  }
  CHECK(false, "an event of handling has a kind");
}

std::optional<base::Time> Due(const State& state) {
  if (state.stage() != state::STAGE_OPENED || state.acknowledge_by_us() == 0) return std::nullopt;
  return base::FromMicros(state.acknowledge_by_us());
}

v1::Command OnDue(std::string_view, const State& state) {
  v1::ClimbDuty climb;
  climb.set_due_at_us(state.acknowledge_by_us());
  return rules::Wrap<v1::Command>(std::move(climb));
}

}  // namespace wanmi::handling
