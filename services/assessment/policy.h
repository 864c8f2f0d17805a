// assessment's reactions: a case was filed, closed or voided.
#pragma once

#include "base/rows.h"
#include "rules/decision.h"
#include "rules/definition.h"
#include "rules/fact.h"
#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::assessment {

rules::Reactions<v1::Command> OnIntake(const rules::Fact<intake::v1::Event>& fact,
                                       const base::Rows& rows, rules::Births& births);

}  // namespace wanmi::assessment
