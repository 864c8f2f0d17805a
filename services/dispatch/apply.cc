// Apply: one function per event. It has no clock and no calendar: events carry what it needs.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "services/dispatch/assignment.h"

namespace wanmi::dispatch {
namespace {

void ApplyTaken(const v1::CaseTaken& taken, State* state) {
  state->set_stage(taken.proposed_unit().empty() ? state::STAGE_UNMATCHED : state::STAGE_PROPOSED);
  state->set_number(taken.number());
  *state->mutable_class_ref() = taken.class_ref();
  *state->mutable_place() = taken.place();
  *state->mutable_limits() = taken.limits();
  state->set_urgent(taken.urgent());
  state->set_source(taken.source());
  state->set_problem_source(taken.problem_source());
  state->set_proposed_unit(taken.proposed_unit());
  state->set_proposed_accountable(taken.proposed_accountable());
  state->set_rule_id(taken.rule_id());
  state->set_filed_at_us(taken.filed_at_us());
}

void ApplyDispatched(std::string_view stream, const v1::CaseDispatched& dispatched, State* state) {
  state->set_stage(state::STAGE_DISPOSAL);
  state->set_unit_id(dispatched.unit_id());
  state->set_accountable_unit(dispatched.accountable_unit());
  state->set_round(dispatched.round());
  if (dispatched.phase() != state->phase()) state->clear_returned();
  state->set_phase(dispatched.phase());
  auto& ledger = *state->mutable_ledger();
  ledger.Clear();
  ledger.set_budget_s(dispatched.budget_s());
  ledger.set_running_since_us(dispatched.dispatched_at_us());
  ledger.set_due_at_us(dispatched.due_at_us());
  ledger.set_continuous(dispatched.continuous());
  ledger.set_calendar(dispatched.calendar());
  ledger.set_calendar_version(dispatched.calendar_version());
  state->set_return_window_until_us(dispatched.return_window_until_us());
  state->clear_feedback();
  state->clear_last_feedback_us();
  if (dispatched.rework()) state->set_last_check(CheckNumber(stream, dispatched.check()));
  const auto& tried = state->units_tried();
  if (std::find(tried.begin(), tried.end(), dispatched.unit_id()) == tried.end()) {
    state->add_units_tried(dispatched.unit_id());
  }
}

void ApplyFeedbackTaken(const v1::FeedbackTaken& taken, State* state) {
  state->set_stage(state::STAGE_FEEDBACK);
  state->mutable_ledger()->set_consumed_s(taken.consumed_s());
  state->mutable_ledger()->set_standing_since_us(taken.feedback_at_us());
  state->set_last_feedback_us(taken.feedback_at_us());
  auto& feedback = *state->mutable_feedback();
  feedback.set_work(taken.work());
  feedback.set_outcome(taken.outcome());
  feedback.set_feedback_at_us(taken.feedback_at_us());
  feedback.set_on_time(taken.on_time());
  *feedback.mutable_person_ids() = taken.person_ids();
  *feedback.mutable_device_ids() = taken.device_ids();
  *feedback.mutable_evidence() = taken.evidence();
}

// The clock goes on as if nothing had been given.
void ApplySentBack(State* state) {
  state->set_stage(state::STAGE_DISPOSAL);
  state->clear_feedback();
  state->mutable_ledger()->clear_consumed_s();
  state->mutable_ledger()->clear_standing_since_us();
}

// It cost the unit nothing: it keeps what it had when the round began.
void ApplyReturnGranted(const v1::ReturnGranted& granted, State* state) {
  auto& returned = *state->mutable_returned();
  auto at = std::find_if(returned.begin(), returned.end(),
                         [&](const auto& r) { return r.unit_id() == granted.unit_id(); });
  auto& kept = at != returned.end() ? *at : *state->add_returned();
  kept.set_unit_id(granted.unit_id());
  kept.set_left_s(state->ledger().budget_s());
  if (state->proposed_unit() == granted.unit_id()) {
    state->clear_proposed_unit();
    state->clear_proposed_accountable();
  }
  state->set_stage(state->proposed_unit().empty() ? state::STAGE_UNMATCHED : state::STAGE_PROPOSED);
  state->set_returns(state->returns() + 1);
  state->clear_unit_id();
  state->clear_accountable_unit();
  state->clear_ledger();
  state->clear_return_window_until_us();
}

// Whatever came before, the same remains: what crossed the end leaves no trace in the state.
void ApplyEnded(const v1::AssignmentEnded& ended, State* state) {
  State last;
  last.set_stage(state::STAGE_ENDED);
  last.set_number(state->number());
  last.set_outcome(ended.outcome());
  *state = std::move(last);
}

}  // namespace

void Apply(std::string_view stream, const v1::Event& event, State* state) {
  switch (event.kind_case()) {
    case v1::Event::kCaseTaken:
      return ApplyTaken(event.case_taken(), state);
    case v1::Event::kCaseDispatched:
      return ApplyDispatched(stream, event.case_dispatched(), state);
    case v1::Event::kFeedbackTaken:
      return ApplyFeedbackTaken(event.feedback_taken(), state);
    case v1::Event::kFeedbackPassed:
      state->set_stage(state::STAGE_CHECKING);
      state->clear_feedback();
      return;
    case v1::Event::kFeedbackSentBack:
      return ApplySentBack(state);
    case v1::Event::kReturnTaken:
      state->set_stage(state::STAGE_RETURN_ASKED);
      state->set_return_round(event.return_taken().round());
      return;
    case v1::Event::kReturnGranted:
      return ApplyReturnGranted(event.return_granted(), state);
    case v1::Event::kReturnRefused:
      state->set_stage(state::STAGE_DISPOSAL);
      return;
    case v1::Event::kDeadlinePassed:
      state->mutable_ledger()->set_noticed_us(event.deadline_passed().deadline_us());
      return;
    case v1::Event::kAssignmentEnded:
      return ApplyEnded(event.assignment_ended(), state);
    case v1::Event::kNextLevelProbed:
      return;
    case v1::Event::KIND_NOT_SET:
      break;
  }
  CHECK(false, "an event of dispatch has a kind");
}

}  // namespace wanmi::dispatch
