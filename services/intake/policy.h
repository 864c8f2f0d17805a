// policy: what intake does about what others have decided, and about its own events in other
// streams. Which stream is meant follows from the event alone. Pure, safe from any thread.
#pragma once

#include "rules/definition.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::intake {

// The code, in the table of sources, under which alarms come in.
inline constexpr std::string_view kAlarmSource = "sensor";

rules::Reactions<v1::Command> OnSelf(const rules::Fact<v1::Event>& fact, const base::Rows& rows,
                                     rules::Births& births);
rules::Reactions<v1::Command> OnVerification(const rules::Fact<verification::v1::Event>& fact,
                                             const base::Rows& rows, rules::Births& births);
rules::Reactions<v1::Command> OnDispatch(const rules::Fact<dispatch::v1::Event>& fact,
                                         const base::Rows& rows, rules::Births& births);
rules::Reactions<v1::Command> OnAlarms(const rules::Fact<alarms::v1::Event>& fact,
                                       const base::Rows& rows, rules::Births& births);

}  // namespace wanmi::intake
