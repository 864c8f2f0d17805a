// grid as the runtime knows it.
#pragma once

#include "rules/definition.h"

namespace wanmi::grid {

rules::Definition Define();

}  // namespace wanmi::grid
