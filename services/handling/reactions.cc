#include "services/handling/reactions.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace wanmi::handling {
namespace {

constexpr size_t kDutyPostsLast = 5;
constexpr double kAcknowledgeMinutes = 5;  // C1, where a city has not set its own

// The clerks of the unit, then its leaders, each by post id.
std::vector<std::string> DutyLine(const rules::Context& context, std::string_view unit_id) {
  std::vector<std::string> line;
  for (const auto kind :
       {common::v1::POST_KIND_DEPARTMENT_CLERK, common::v1::POST_KIND_DEPARTMENT_LEADER}) {
    for (const auto& post : context.reference.PostsOfUnit(unit_id, kind)) {
      if (line.size() < kDutyPostsLast) line.push_back(post.id());
    }
  }
  return line;
}

int64_t AcknowledgeBy(const rules::Context& context) {
  const double minutes =
      std::max(context.reference.Number("acknowledge_minutes", kAcknowledgeMinutes), 0.0);
  return base::ToMicros(context.now) + static_cast<int64_t>(minutes * 6e7);
}

}  // namespace

base::Result<Decision> DecideOpenWork(std::string_view stream, const State& state,
                                      const v1::OpenWork& command, const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "OpenWork"));
  if (state.stage() != state::STAGE_UNSPECIFIED) return Decision();
  v1::WorkOpened opened;
  opened.set_case_id(command.case_id());
  opened.set_number(command.number());
  opened.set_unit_id(command.unit_id());
  opened.set_round(command.round());
  opened.set_phase(command.phase());
  opened.set_phase_name(command.phase_name());
  opened.set_due_at_us(command.due_at_us());
  opened.set_urgent(command.urgent());
  opened.set_rework(command.rework());
  *opened.mutable_class_ref() = command.class_ref();
  *opened.mutable_place() = command.place();
  opened.set_return_window_until_us(command.return_window_until_us());
  if (command.urgent()) {
    const auto line = DutyLine(context, command.unit_id());
    if (!line.empty()) {
      opened.set_duty_post(line.front());
      opened.set_acknowledge_by_us(AcknowledgeBy(context));
    }
  }
  return Decision(stream, std::move(opened));
}

base::Result<Decision> DecideSettleFeedback(std::string_view stream, const State& state,
                                            const v1::SettleFeedback& command,
                                            const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "SettleFeedback"));
  const bool current = state.stage() == state::STAGE_FEEDBACK &&
                       command.feedback_at_us() == state.last_feedback_us();
  if (!current) return Decision();
  v1::FeedbackSettled settled;
  settled.set_passed(command.passed());
  settled.set_reason(command.reason());
  return Decision(stream, std::move(settled));
}

base::Result<Decision> DecideSettleReturn(std::string_view stream, const State& state,
                                          const v1::SettleReturn& command,
                                          const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "SettleReturn"));
  if (state.stage() != state::STAGE_RETURN_ASKED) return Decision();
  v1::ReturnSettled settled;
  settled.set_granted(command.granted());
  settled.set_reason(command.reason());
  return Decision(stream, std::move(settled));
}

base::Result<Decision> DecideWithdrawWork(std::string_view stream, const State& state,
                                          const v1::WithdrawWork& command,
                                          const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "WithdrawWork"));
  switch (state.stage()) {
    case state::STAGE_OPENED:
    case state::STAGE_ACCEPTED:
    case state::STAGE_FEEDBACK:
    case state::STAGE_RETURN_ASKED:
      break;
    default:
      return Decision();
  }
  v1::WorkWithdrawn withdrawn;
  withdrawn.set_reason(command.reason());
  return Decision(stream, std::move(withdrawn));
}

base::Result<Decision> DecideClimbDuty(std::string_view stream, const State& state,
                                       const v1::ClimbDuty& command,
                                       const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "ClimbDuty"));
  const auto due = Due(state);
  const bool missed = due && base::ToMicros(*due) == command.due_at_us() && *due <= context.now;
  if (!missed) return Decision();
  // Whoever is alone in the line is called a second time; the next in line by today's directory.
  const auto line = DutyLine(context, state.unit_id());
  const auto step = static_cast<size_t>(state.duty_step());
  v1::DutyCalled called;
  called.set_post_id(step < line.size() ? line[step] : state.duty_post());
  called.set_step(state.duty_step() + 1);
  called.set_acknowledge_by_us(step + 1 < line.size() ? AcknowledgeBy(context) : 0);
  return Decision(stream, std::move(called));
}

}  // namespace wanmi::handling
