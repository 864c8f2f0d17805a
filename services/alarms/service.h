// alarms for the runtime.
#pragma once

#include "rules/definition.h"

namespace wanmi::alarms {

rules::Definition Define();

}  // namespace wanmi::alarms
