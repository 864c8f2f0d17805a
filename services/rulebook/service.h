// rulebook as the runtime knows it.
#pragma once

#include "rules/definition.h"

namespace wanmi::rulebook {

rules::Definition Define();

}  // namespace wanmi::rulebook
