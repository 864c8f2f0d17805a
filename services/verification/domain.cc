#include "services/verification/domain.h"

#include <algorithm>
#include <vector>

#include "calendar/clock.h"
#include "services/verification/evidence.h"

namespace wanmi::verification {
namespace {

using rules::Context;
using Decision = rules::Decision<v1::Event>;
using common::v1::PostKind;
using directory::v1::Post;

constexpr char kCalendar[] = "inspection";
constexpr int64_t kMinuteUs = 60'000'000;
constexpr int64_t kSameDeviceUs = 60 * kMinuteUs;  // C18: within the hour

// ---- who has an interest in the handling (PostCheck only) ----

bool UnitHasInterest(const v1::CheckOpened& check, std::string_view unit_id,
                     const Context& context) {
  if (check.kind() != v1::CHECK_KIND_POST || check.unit_id().empty()) return false;
  const std::string group =
      check.group_id().empty() ? context.reference.GroupOf(check.unit_id()) : check.group_id();
  return unit_id == check.unit_id() || context.reference.GroupOf(unit_id) == group;
}

bool PersonHasInterest(const v1::CheckOpened& check, std::string_view person_id) {
  if (check.kind() != v1::CHECK_KIND_POST || person_id.empty()) return false;
  const auto& persons = check.person_ids();
  return std::find(persons.begin(), persons.end(), person_id) != persons.end();
}

// Of a post not yet taken up: also if one of its holders worked on the case.
bool PostHasInterest(const v1::CheckOpened& check, const Post& post, const Context& context) {
  if (check.kind() != v1::CHECK_KIND_POST) return false;
  if (UnitHasInterest(check, post.unit_id(), context)) return true;
  return std::any_of(check.person_ids().begin(), check.person_ids().end(),
                     [&](const std::string& person_id) {
                       return context.reference.ResolveActor(person_id, post.id()).ok();
                     });
}

// Used in the handling, at a moment within the hour of the feedback.
bool DeviceHasInterest(const v1::CheckOpened& check, std::string_view device_id, int64_t at_us) {
  if (check.kind() != v1::CHECK_KIND_POST || device_id.empty()) return false;
  const auto& devices = check.device_ids();
  return std::find(devices.begin(), devices.end(), device_id) != devices.end() &&
         at_us >= check.feedback_at_us() - kSameDeviceUs &&
         at_us <= check.feedback_at_us() + kSameDeviceUs;
}

// ---- whose turn it is ----

// The inspector bound to the place, if the directory has the post on the supervision axis.
std::optional<Post> InspectorOf(const common::v1::Place& place, const Context& context) {
  for (const auto& responsibility : place.responsibilities()) {
    if (responsibility.layer() != "inspection") continue;
    auto post = context.reference.Post(responsibility.post_id());
    if (!post) continue;
    const auto unit = context.reference.Unit(post->unit_id());
    if (unit && unit->axis() == common::v1::AXIS_SUPERVISION) return post;
  }
  return std::nullopt;
}

// The desk: an acceptor or shift leader of the inspectors' unit, whoever is on shift first; else
// the post that the city names for places without one.
std::optional<Post> DeskOf(const v1::CheckOpened& check, std::string_view unit_id,
                           const Context& context) {
  std::optional<Post> absent;
  for (const PostKind kind : {common::v1::POST_KIND_ACCEPTOR, common::v1::POST_KIND_SHIFT_LEADER}) {
    for (auto& post : context.reference.PostsOfUnit(unit_id, kind)) {
      if (PostHasInterest(check, post, context)) continue;
      if (context.reference.OnShift(post.id())) return post;
      if (!absent) absent = std::move(post);
    }
  }
  if (absent) return absent;
  auto named = context.reference.Post(context.reference.Text("check_desk_post", ""));
  if (named && !PostHasInterest(check, *named, context)) return named;
  return std::nullopt;
}

// Who can take this step, if anybody.
std::optional<Post> TakerOf(int step, const v1::CheckOpened& check, const Context& context) {
  const auto inspector = InspectorOf(check.place(), context);
  const std::string unit_id = inspector ? inspector->unit_id() : "";
  if (step == kStepDesk) return DeskOf(check, unit_id, context);
  if (!inspector) return std::nullopt;
  const auto free = [&](const Post& post) { return !PostHasInterest(check, post, context); };
  const auto on_shift = [&](const Post& post) { return context.reference.OnShift(post.id()); };
  if (step == 1) {
    return free(*inspector) && on_shift(*inspector) ? inspector : std::nullopt;
  }
  const PostKind kind =
      step == 2 ? common::v1::POST_KIND_INSPECTOR : common::v1::POST_KIND_TEAM_LEADER;
  for (const auto& post : context.reference.PostsOfUnit(unit_id, kind)) {
    if (step == 2 && (post.id() == inspector->id() || !on_shift(post))) continue;
    if (free(post)) return post;
  }
  return std::nullopt;
}

v1::CheckAssigned TurnOf(int step, const std::optional<Post>& post, const Context& context) {
  const calendar::Calendar staffed = context.reference.Calendar(kCalendar);
  const double minutes = std::clamp(
      context.reference.Number("check_limit_minutes", kLimitDefaultMinutes), 1.0, 10'000.0);
  const calendar::Budget budget{base::Span(static_cast<int64_t>(minutes * kMinuteUs))};
  v1::CheckAssigned turn;
  if (post) {
    turn.set_post_id(post->id());
    turn.set_unit_id(post->unit_id());
  }
  turn.set_step(step);
  turn.set_assigned_at_us(base::ToMicros(context.now));
  turn.set_due_at_us(base::ToMicros(calendar::Deadline(staffed, budget, context.now).due_at));
  turn.set_calendar(staffed.name);
  turn.set_calendar_version(staffed.version);
  return turn;
}

// Gives the check to the next one in line. A PreCheck that nobody is left for expires; a PostCheck
// waits at the desk, were it empty.
void Assign(std::string_view stream, const v1::CheckOpened& check, int after_step,
            const Context& context, Decision& decision) {
  for (int step = after_step + 1; step <= kStepDesk; ++step) {
    const auto taker = TakerOf(step, check, context);
    const bool waits = step == kStepDesk && check.kind() == v1::CHECK_KIND_POST;
    if (taker || waits) return decision.Emit(stream, TurnOf(step, taker, context));
  }
  v1::CheckExpired expired;
  expired.set_kind(check.kind());
  expired.set_about(check.about());
  decision.Emit(stream, expired);
}

// ---- who may answer ----

base::Status CheckAnswerer(const state::State& state, const Context& context) {
  const auto& actor = context.actor;
  RETURN_IF_ERROR(rules::RequireAxis(context, common::v1::AXIS_SUPERVISION, "answering a check"));
  if (rules::ByReaction(context)) {
    return base::PermissionDenied(
        "a check is answered by a person who looked, not by a white list");
  }
  const bool inspector = rules::Holds(context, common::v1::POST_KIND_INSPECTOR) ||
                         rules::Holds(context, common::v1::POST_KIND_TEAM_LEADER);
  const bool desk = rules::Holds(context, common::v1::POST_KIND_ACCEPTOR) ||
                    rules::Holds(context, common::v1::POST_KIND_SHIFT_LEADER);
  if (!inspector && !(desk && state.turn().step() == kStepDesk)) {
    return base::PermissionDenied(
        "expected an inspector or a team leader (an acceptor or a shift leader once it is the "
        "desk's turn), found post {} of kind {} at step {}",
        actor.post_id(), common::v1::PostKind_Name(actor.post_kind()), state.turn().step());
  }
  if (!state.turn().unit_id().empty() && state.turn().unit_id() != actor.unit_id()) {
    return base::PermissionDenied(
        "expected a post of unit {}, whose check it is, found post {} of unit {}",
        state.turn().unit_id(), actor.post_id(), actor.unit_id());
  }
  return {};
}

base::Status CheckInterest(const v1::CheckOpened& check, const v1::AnswerCheck& answer,
                           const Context& context) {
  const auto& actor = context.actor;
  if (PersonHasInterest(check, actor.person_id())) {
    return base::PermissionDenied(
        "who worked on the case cannot check it: {} did; somebody else "
        "must look",
        actor.person_id());
  }
  if (UnitHasInterest(check, actor.unit_id(), context)) {
    return base::PermissionDenied(
        "unit {} has an interest in the handling by {} (the same unit, company or group); somebody "
        "else must look",
        actor.unit_id(), check.unit_id());
  }
  const bool own_device = DeviceHasInterest(check, actor.device_id(), base::ToMicros(context.now));
  const bool other_device = std::any_of(
      answer.evidence().begin(), answer.evidence().end(), [&](const common::v1::Evidence& piece) {
        return DeviceHasInterest(check, piece.device_id(), piece.taken_at_us());
      });
  if (own_device || other_device) {
    return base::PermissionDenied(
        "a device that was used in the handling within the hour of its "
        "feedback cannot be used to check it; use another one");
  }
  return {};
}

// ---- commands ----

base::Status CheckForm(const v1::AnswerCheck& answer) {
  if (answer.id().empty() || answer.check().empty()) {
    return base::InvalidArgument("expected the command's id and a check, found '{}' and '{}'",
                                 answer.id(), answer.check());
  }
  if (!answer.note().empty()) {
    return base::Internal("a note must be sealed before it is decided");
  }
  if (answer.evidence_size() > kEvidenceMax) {
    return base::InvalidArgument("expected at most {} pieces of evidence, found {}", kEvidenceMax,
                                 answer.evidence_size());
  }
  return {};
}

template <class Answered>
Answered AnswerOf(const state::State& state, const v1::AnswerCheck& answer, const Weighed& weighed,
                  const Context& context) {
  Answered answered;
  answered.set_kind(state.opened().kind());
  answered.set_about(state.opened().about());
  answered.set_post_id(context.actor.post_id());
  answered.set_assigned_post(state.turn().post_id());
  *answered.mutable_evidence() = answer.evidence();
  answered.mutable_metres_off()->Add(weighed.metres_off.begin(), weighed.metres_off.end());
  answered.set_without_fix(!weighed.fresh_with_fix);
  if (answer.has_sealed_note()) *answered.mutable_note() = answer.sealed_note();
  const int64_t now_us = base::ToMicros(context.now);
  answered.set_answered_at_us(now_us);
  answered.set_on_time(now_us <= state.turn().due_at_us());
  return answered;
}

base::Result<Decision> AnswerCheck(std::string_view stream, const state::State& state,
                                   const v1::AnswerCheck& answer, const Context& context) {
  RETURN_IF_ERROR(rules::RequireAxis(context, common::v1::AXIS_SUPERVISION, "answering a check"));
  RETURN_IF_ERROR(CheckForm(answer));
  if (state.stage() == state::STAGE_UNSPECIFIED) {
    return base::NotFound("expected a check, found none called '{}'", answer.check());
  }
  RETURN_IF_ERROR(CheckAnswerer(state, context));
  if (state.stage() != state::STAGE_OPEN) {
    return base::FailedPrecondition(
        "expected an open check, found {} ended as {}; there is nothing "
        "to answer",
        stream, state::Stage_Name(state.stage()));
  }
  RETURN_IF_ERROR(CheckInterest(state.opened(), answer, context));
  ASSIGN_OR_RETURN(const Weighed weighed, Weigh(state.opened(), answer, context));
  RETURN_IF_ERROR(CheckConsent(weighed, answer, context));
  if (answer.passed()) {
    return Decision(stream, AnswerOf<v1::CheckPassed>(state, answer, weighed, context));
  }
  return Decision(stream, AnswerOf<v1::CheckFailed>(state, answer, weighed, context));
}

base::Result<Decision> OpenCheck(std::string_view stream, const state::State& state,
                                 const v1::OpenCheck& open, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "opening a check"));
  if (state.stage() != state::STAGE_UNSPECIFIED) return Decision();
  v1::CheckOpened opened;
  opened.set_kind(open.kind());
  opened.set_about(open.about());
  *opened.mutable_class_ref() = open.class_ref();
  *opened.mutable_place() = open.place();
  opened.set_closing_condition(open.closing_condition());
  opened.set_unit_id(open.unit_id());
  opened.set_group_id(open.group_id());
  *opened.mutable_person_ids() = open.person_ids();
  *opened.mutable_device_ids() = open.device_ids();
  opened.set_feedback_at_us(open.feedback_at_us());
  opened.set_opened_at_us(base::ToMicros(context.now));
  Decision decision(stream, opened);
  Assign(stream, opened, 0, context, decision);
  return decision;
}

base::Result<Decision> WithdrawCheck(std::string_view stream, const state::State& state,
                                     const v1::WithdrawCheck& withdraw, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "withdrawing a check"));
  if (state.stage() != state::STAGE_OPEN) return Decision();
  v1::CheckWithdrawn withdrawn;
  withdrawn.set_reason(withdraw.reason());
  withdrawn.set_kind(state.opened().kind());
  withdrawn.set_about(state.opened().about());
  return Decision(stream, withdrawn);
}

base::Result<Decision> ExpireCheck(std::string_view stream, const state::State& state,
                                   const v1::ExpireCheck& expire, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "ending a turn"));
  const auto due = Due(state);
  if (!due || base::ToMicros(*due) != expire.due_at_us()) return Decision();  // an earlier turn's
  if (context.now < *due) {
    return base::FailedPrecondition("the turn of post {} ends at {}, not yet",
                                    state.turn().post_id(), base::FormatUtc(*due));
  }
  Decision decision;
  Assign(stream, state.opened(), state.turn().step(), context, decision);
  return decision;
}

}  // namespace

std::string Target(const v1::Command& command) { return command.answer_check().check(); }

base::Result<Decision> Decide(std::string_view stream, const state::State& state,
                              const v1::Command& command, const Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kAnswerCheck:
      return AnswerCheck(stream, state, command.answer_check(), context);
    case v1::Command::kOpenCheck:
      return OpenCheck(stream, state, command.open_check(), context);
    case v1::Command::kWithdrawCheck:
      return WithdrawCheck(stream, state, command.withdraw_check(), context);
    case v1::Command::kExpireCheck:
      return ExpireCheck(stream, state, command.expire_check(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of verification, found none");
}

void Apply(std::string_view, const v1::Event& event, state::State* state) {
  const auto answer = [&](state::Stage stage, const auto& answered) {
    state->set_stage(stage);
    state->set_answered_by(answered.post_id());
    state->set_answered_at_us(answered.answered_at_us());
  };
  switch (event.kind_case()) {
    case v1::Event::kCheckOpened:
      state->set_stage(state::STAGE_OPEN);
      *state->mutable_opened() = event.check_opened();
      break;
    case v1::Event::kCheckAssigned:
      *state->mutable_turn() = event.check_assigned();
      break;
    case v1::Event::kCheckPassed:
      answer(state::STAGE_PASSED, event.check_passed());
      break;
    case v1::Event::kCheckFailed:
      answer(state::STAGE_FAILED, event.check_failed());
      break;
    case v1::Event::kCheckExpired:
      state->set_stage(state::STAGE_EXPIRED);
      break;
    case v1::Event::kCheckWithdrawn:
      state->set_stage(state::STAGE_WITHDRAWN);
      break;
    case v1::Event::KIND_NOT_SET:
      break;
  }
}

std::optional<base::Time> Due(const state::State& state) {
  if (state.stage() != state::STAGE_OPEN || !state.has_turn()) return std::nullopt;
  const bool for_good =
      state.opened().kind() == v1::CHECK_KIND_POST && state.turn().step() == kStepDesk;
  if (for_good) return std::nullopt;
  return base::FromMicros(state.turn().due_at_us());
}

v1::Command OnDue(std::string_view, const state::State& state) {
  v1::ExpireCheck expire;
  expire.set_due_at_us(state.turn().due_at_us());
  return rules::Wrap<v1::Command>(expire);
}

}  // namespace wanmi::verification
