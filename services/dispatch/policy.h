// What dispatch does about what others have decided. The stream is the upstream event's own case.
#pragma once

#include "rules/definition.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::dispatch {

using Reactions = rules::Reactions<v1::Command>;

Reactions OnIntake(const rules::Fact<intake::v1::Event>& fact, const base::Rows&, rules::Births&);
Reactions OnHandling(const rules::Fact<handling::v1::Event>& fact, const base::Rows&,
                     rules::Births&);
Reactions OnVerification(const rules::Fact<verification::v1::Event>& fact, const base::Rows&,
                         rules::Births&);

}  // namespace wanmi::dispatch
