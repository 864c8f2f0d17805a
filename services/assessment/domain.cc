#include "services/assessment/domain.h"

#include <algorithm>

namespace wanmi::assessment {
namespace {

using rules::Context;
using Decision = rules::Decision<v1::Event>;

// Every dispatch is a round: the first, one after each granted return, one for each later phase.
// What is left over was done again after a failed check.
int ReworkOf(const intake::v1::Handling& handling) {
  return std::max(0, handling.round() - 1 - handling.phase() - handling.returns());
}

v1::ScoreRow RowOf(std::string_view case_id, const intake::v1::CaseClosed& closed) {
  const auto& handling = closed.handling();
  v1::ScoreRow row;
  row.set_case_id(std::string(case_id));
  row.set_number(closed.number());
  row.set_unit_id(handling.unit_id());
  row.set_accountable_unit(handling.accountable_unit().empty() ? handling.unit_id()
                                                               : handling.accountable_unit());
  row.set_street_code(closed.place().street_code());
  *row.mutable_class_ref() = closed.class_ref();
  row.set_source(closed.source());
  row.set_on_time(handling.on_time());
  row.set_counts(handling.outcome() != intake::v1::OUTCOME_NOTHING_FOUND);
  row.set_rework(ReworkOf(handling));
  row.set_returns(handling.returns());
  row.set_wrong_dispatch(handling.units_tried() > 1);
  row.set_filed_at_us(closed.filed_at_us());
  row.set_dispatched_at_us(handling.dispatched_at_us());
  row.set_feedback_at_us(handling.feedback_at_us());
  row.set_due_at_us(handling.due_at_us());
  row.set_closed_at_us(closed.closed_at_us());
  return row;
}

base::Status Ended(std::string_view stream, const state::State& state, std::string_view what) {
  return base::FailedPrecondition(
      "expected a case that has not ended for {}, found {} in {}; a score "
      "is not made twice",
      what, stream, state::Stage_Name(state.stage()));
}

base::Result<Decision> CountFiled(std::string_view stream, const state::State& state,
                                  const v1::CountFiled& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "counting a case"));
  if (state.stage() != state::STAGE_UNSPECIFIED) return Decision();
  const auto& filed = command.filed();
  v1::CaseCounted counted;
  counted.set_number(filed.number());
  counted.set_street_code(filed.place().street_code());
  counted.set_district_code(filed.place().district_code());
  counted.set_filed_at_us(filed.filed_at_us());
  *counted.mutable_class_ref() = filed.class_ref();
  return Decision(stream, counted);
}

base::Result<Decision> ScoreCase(std::string_view stream, const state::State& state,
                                 const v1::ScoreCase& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "scoring a case"));
  if (state.stage() == state::STAGE_SCORED) return Decision();
  if (state.stage() == state::STAGE_EXEMPTED) return Ended(stream, state, "a score");
  v1::CaseScored scored;
  *scored.mutable_row() = RowOf(stream, command.closed());
  return Decision(stream, scored);
}

base::Result<Decision> ScoreVoid(std::string_view stream, const state::State& state,
                                 const v1::ScoreVoid& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "exempting a case"));
  if (state.stage() == state::STAGE_EXEMPTED) return Decision();
  if (state.stage() == state::STAGE_SCORED) return Ended(stream, state, "an exemption");
  v1::CaseExempted exempted;
  exempted.set_reason(command.reason());
  return Decision(stream, exempted);
}

}  // namespace

std::string Target(const v1::Command&) { return ""; }

base::Result<Decision> Decide(std::string_view stream, const state::State& state,
                              const v1::Command& command, const Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kCountFiled:
      return CountFiled(stream, state, command.count_filed(), context);
    case v1::Command::kScoreCase:
      return ScoreCase(stream, state, command.score_case(), context);
    case v1::Command::kScoreVoid:
      return ScoreVoid(stream, state, command.score_void(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of assessment, found none");
}

void Apply(std::string_view, const v1::Event& event, state::State* state) {
  switch (event.kind_case()) {
    case v1::Event::kCaseCounted:
      state->set_stage(state::STAGE_COUNTED);
      *state->mutable_counted() = event.case_counted();
      break;
    case v1::Event::kCaseScored:
      state->set_stage(state::STAGE_SCORED);
      break;
    case v1::Event::kCaseExempted:
      state->set_stage(state::STAGE_EXEMPTED);
      break;
    case v1::Event::KIND_NOT_SET:
      break;
  }
}

}  // namespace wanmi::assessment
