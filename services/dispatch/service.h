// The definition of dispatch, for the runtime.
#pragma once

#include "rules/definition.h"

namespace wanmi::dispatch {

rules::Definition Define();

}  // namespace wanmi::dispatch
