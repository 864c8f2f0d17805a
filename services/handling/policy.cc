#include "services/handling/policy.h"

#include <string>
#include <utility>

namespace wanmi::handling {
namespace {

v1::OpenWork Open(std::string_view case_id, const dispatch::v1::CaseDispatched& dispatched) {
  v1::OpenWork open;
  open.set_case_id(std::string(case_id));
  open.set_number(dispatched.number());
  open.set_unit_id(dispatched.unit_id());
  open.set_round(dispatched.round());
  open.set_phase(dispatched.phase());
  open.set_phase_name(dispatched.phase_name());
  open.set_due_at_us(dispatched.due_at_us());
  open.set_urgent(dispatched.urgent());
  open.set_rework(dispatched.rework());
  *open.mutable_class_ref() = dispatched.class_ref();
  *open.mutable_place() = dispatched.place();
  open.set_return_window_until_us(dispatched.return_window_until_us());
  return open;
}

v1::SettleFeedback Settle(bool passed, const std::string& reason, int64_t feedback_at_us) {
  v1::SettleFeedback settle;
  settle.set_passed(passed);
  settle.set_reason(reason);
  settle.set_feedback_at_us(feedback_at_us);
  return settle;
}

v1::SettleReturn Settle(bool granted, const std::string& reason) {
  v1::SettleReturn settle;
  settle.set_granted(granted);
  settle.set_reason(reason);
  return settle;
}

}  // namespace

rules::Reactions<v1::Command> OnDispatch(const rules::Fact<dispatch::v1::Event>& fact,
                                         const base::Rows&, rules::Births&) {
  rules::Reactions<v1::Command> reactions;
  const auto work = [&](int round) { return fmt::format("{}/w{}", fact.stream, round); };
  const auto& event = fact.event;
  if (event.has_case_dispatched()) {
    const auto& dispatched = event.case_dispatched();
    reactions.Add(work(dispatched.round()), Open(fact.stream, dispatched));
  } else if (event.has_feedback_passed()) {
    const auto& record = event.feedback_passed().handling();
    reactions.Add(work(record.round()), Settle(true, "", record.feedback_at_us()));
  } else if (event.has_feedback_sent_back()) {
    const auto& back = event.feedback_sent_back();
    reactions.Add(work(back.round()), Settle(false, back.reason(), back.feedback_at_us()));
  } else if (event.has_return_granted()) {
    reactions.Add(work(event.return_granted().round()), Settle(true, ""));
  } else if (event.has_return_refused()) {
    const auto& refused = event.return_refused();
    reactions.Add(work(refused.round()), Settle(false, refused.reason()));
  } else if (event.has_assignment_ended() && event.assignment_ended().round() > 0) {
    v1::WithdrawWork withdraw;
    withdraw.set_reason(event.assignment_ended().outcome());
    reactions.Add(work(event.assignment_ended().round()), std::move(withdraw));
  }
  return reactions;
}

}  // namespace wanmi::handling
