// The intake service: its parts, named for the runtime. No logic.
#pragma once

#include "rules/definition.h"

namespace wanmi::intake {

rules::Definition Define();

}  // namespace wanmi::intake
