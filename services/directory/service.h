// directory as the runtime knows it.
#pragma once

#include "rules/definition.h"

namespace wanmi::directory {

rules::Definition Define();

}  // namespace wanmi::directory
