// assessment for the runtime.
#pragma once

#include "rules/definition.h"

namespace wanmi::assessment {

rules::Definition Define();

}  // namespace wanmi::assessment
