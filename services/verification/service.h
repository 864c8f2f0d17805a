// verification for the runtime.
#pragma once

#include "rules/definition.h"

namespace wanmi::verification {

rules::Definition Define();

}  // namespace wanmi::verification
