// What handling does about the command centre's decisions. The stream is the round's work order.
#pragma once

#include "rules/definition.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"

namespace wanmi::handling {

rules::Reactions<v1::Command> OnDispatch(const rules::Fact<dispatch::v1::Event>& fact,
                                         const base::Rows&, rules::Births&);

}  // namespace wanmi::handling
