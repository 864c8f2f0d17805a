#include "services/dispatch/assignment.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "calendar/clock.h"
#include "services/dispatch/ledger.h"

namespace wanmi::dispatch {
namespace {

constexpr size_t kReasonBytesLast = 2000;
constexpr double kReturnWindowHours = 2;  // C5, where a city has not set its own

}  // namespace

base::Status RequireText(std::string_view text, std::string_view what) {
  if (text.empty()) return base::InvalidArgument("expected {}, found none; state it", what);
  if (text.size() > kReasonBytesLast) {
    return base::InvalidArgument("expected {} of at most {} bytes, found {}; shorten it", what,
                                 kReasonBytesLast, text.size());
  }
  return {};
}

base::Status RequireTaken(const State& state, std::string_view stream) {
  if (state.stage() != state::STAGE_UNSPECIFIED) return {};
  return base::NotFound("expected a case that dispatch has taken, found none with the id '{}'",
                        stream);
}

bool MayDispose(const rules::Context& context, std::string_view unit_id) {
  const auto unit = context.reference.Unit(unit_id);
  return unit && unit->axis() == common::v1::AXIS_DISPOSAL;
}

std::optional<common::v1::Actor> SignerOf(const rules::Context& context,
                                          std::string_view white_list, std::string_view what,
                                          const State& state) {
  if (!context.reference.WhiteList(white_list, what, state.class_ref(), state.source())) return {};
  auto signer = context.reference.ResolveWhiteList("dispatch", white_list);
  if (!signer.ok() || signer->axis() != common::v1::AXIS_COMMAND) return {};
  return std::move(*signer);
}

base::Result<v1::CaseDispatched> MakeDispatch(const State& state, Order order,
                                              const rules::Context& context) {
  const auto unit = context.reference.Unit(order.unit_id);
  const calendar::Calendar calendar =
      context.reference.Calendar(unit && !unit->calendar().empty() ? unit->calendar() : "city");
  v1::CaseDispatched dispatched;
  dispatched.set_unit_id(order.unit_id);
  dispatched.set_group_id(context.reference.GroupOf(order.unit_id));
  dispatched.set_accountable_unit(order.accountable_unit);
  dispatched.set_round(state.round() + 1);
  dispatched.set_phase(order.phase);
  dispatched.set_dispatched_at_us(base::ToMicros(context.now));
  dispatched.set_rework(order.rework);
  dispatched.set_check(std::move(order.check));
  dispatched.set_reason(std::move(order.reason));
  dispatched.set_urgent(state.urgent());
  *dispatched.mutable_class_ref() = state.class_ref();
  *dispatched.mutable_place() = state.place();
  dispatched.set_number(state.number());
  if (order.phase < state.limits_size()) {
    const auto& limit = state.limits(order.phase);
    dispatched.set_phase_name(limit.name());
    RETURN_IF_ERROR(StartClock(limit, order.left_s, calendar, context.now, &dispatched));
  }
  if (!order.rework) {
    const double hours =
        context.reference.Number("return_window_working_hours", kReturnWindowHours);
    const auto window =
        std::chrono::microseconds(static_cast<int64_t>(std::max(hours, 0.0) * 3.6e9));
    const calendar::Due until = calendar::Deadline(calendar, {window, false}, context.now);
    dispatched.set_return_window_until_us(base::ToMicros(until.due_at));
  }
  return dispatched;
}

v1::FeedbackPassed MakePassed(const State& state, const rules::Context& context) {
  v1::FeedbackPassed passed;
  auto& handling = *passed.mutable_handling();
  const auto& feedback = state.feedback();
  handling.set_unit_id(state.unit_id());
  handling.set_group_id(context.reference.GroupOf(state.unit_id()));
  handling.set_accountable_unit(state.accountable_unit());
  *handling.mutable_person_ids() = feedback.person_ids();
  *handling.mutable_device_ids() = feedback.device_ids();
  handling.set_round(state.round());
  handling.set_phase(state.phase());
  // Nothing is there to be repaired where nothing was found; else the phases come one by one.
  handling.set_last_phase(feedback.outcome() == intake::v1::OUTCOME_NOTHING_FOUND ||
                          state.phase() + 1 >= state.limits_size());
  handling.set_outcome(feedback.outcome());
  handling.set_dispatched_at_us(state.ledger().running_since_us());
  handling.set_feedback_at_us(feedback.feedback_at_us());
  handling.set_due_at_us(state.ledger().due_at_us());
  handling.set_on_time(feedback.on_time());
  handling.set_returns(state.returns());
  handling.set_units_tried(state.units_tried_size());
  *handling.mutable_evidence() = feedback.evidence();
  return passed;
}

// n of "<case>/k<n>", 0 if it is no check of this case.
int CheckNumber(std::string_view stream, std::string_view check) {
  const std::string prefix = fmt::format("{}/k", stream);
  if (!check.starts_with(prefix)) return 0;
  int number = 0;
  const char* end = check.data() + check.size();
  const auto parsed = std::from_chars(check.data() + prefix.size(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end ? number : 0;
}

}  // namespace wanmi::dispatch
