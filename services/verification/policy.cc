#include "services/verification/policy.h"

#include <string>
#include <string_view>

namespace wanmi::verification {
namespace {

using Reactions = rules::Reactions<v1::Command>;

v1::OpenCheck PreCheckOf(std::string_view report, const intake::v1::PreCheckAsked& asked) {
  v1::OpenCheck open;
  open.set_kind(v1::CHECK_KIND_PRE);
  open.set_about(std::string(report));
  *open.mutable_class_ref() = asked.class_ref();
  *open.mutable_place() = asked.place();
  return open;
}

v1::OpenCheck PostCheckOf(std::string_view case_id, const intake::v1::PostCheckAsked& asked) {
  v1::OpenCheck open;
  open.set_kind(v1::CHECK_KIND_POST);
  open.set_about(std::string(case_id));
  *open.mutable_class_ref() = asked.class_ref();
  *open.mutable_place() = asked.place();
  open.set_closing_condition(asked.closing_condition());
  open.set_unit_id(asked.handling().unit_id());
  open.set_group_id(asked.handling().group_id());
  *open.mutable_person_ids() = asked.handling().person_ids();
  *open.mutable_device_ids() = asked.handling().device_ids();
  open.set_feedback_at_us(asked.handling().feedback_at_us());
  return open;
}

void Withdraw(const std::string& check, std::string_view reason, Reactions& reactions) {
  if (check.empty()) return;
  v1::WithdrawCheck withdraw;
  withdraw.set_reason(std::string(reason));
  reactions.Add(check, withdraw);
}

}  // namespace

Reactions OnIntake(const rules::Fact<intake::v1::Event>& fact, const base::Rows&, rules::Births&) {
  Reactions reactions;
  const auto& event = fact.event;
  switch (event.kind_case()) {
    case intake::v1::Event::kPreCheckAsked:
      reactions.Add(event.pre_check_asked().check(),
                    PreCheckOf(fact.stream, event.pre_check_asked()));
      break;
    case intake::v1::Event::kPostCheckAsked:
      reactions.Add(event.post_check_asked().check(),
                    PostCheckOf(fact.stream, event.post_check_asked()));
      break;
    case intake::v1::Event::kCaseVoided:
      Withdraw(event.case_voided().open_check(), "the case was voided", reactions);
      Withdraw(event.case_voided().pre_check(), "the case was voided", reactions);
      break;
    default:
      break;  // a case closes after its last check, so nothing is left open by that
  }
  return reactions;
}

}  // namespace wanmi::verification
