// The definition of handling, for the runtime.
#pragma once

#include "rules/definition.h"

namespace wanmi::handling {

rules::Definition Define();

}  // namespace wanmi::handling
