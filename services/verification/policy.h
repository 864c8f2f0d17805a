// verification's reactions: what intake asks to have looked at, and what it no longer needs.
#pragma once

#include "base/rows.h"
#include "rules/decision.h"
#include "rules/definition.h"
#include "rules/fact.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::verification {

rules::Reactions<v1::Command> OnIntake(const rules::Fact<intake::v1::Event>& fact,
                                       const base::Rows& rows, rules::Births& births);

}  // namespace wanmi::verification
