#include "services/assessment/policy.h"

namespace wanmi::assessment {

rules::Reactions<v1::Command> OnIntake(const rules::Fact<intake::v1::Event>& fact,
                                       const base::Rows&, rules::Births&) {
  rules::Reactions<v1::Command> reactions;
  switch (fact.event.kind_case()) {
    case intake::v1::Event::kCaseFiled: {
      v1::CountFiled count;
      *count.mutable_filed() = fact.event.case_filed();
      reactions.Add(fact.stream, count);
      break;
    }
    case intake::v1::Event::kCaseClosed: {
      v1::ScoreCase score;
      *score.mutable_closed() = fact.event.case_closed();
      reactions.Add(fact.stream, score);
      break;
    }
    case intake::v1::Event::kCaseVoided: {
      v1::ScoreVoid exempt;
      exempt.set_reason(fact.event.case_voided().reason());
      reactions.Add(fact.stream, exempt);
      break;
    }
    default:
      break;  // what happens on the way is in the closed case's handling
  }
  return reactions;
}

}  // namespace wanmi::assessment
