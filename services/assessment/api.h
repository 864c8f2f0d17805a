// assessment's edge: the list of queries. No client has a command here.
#pragma once

#include <vector>

#include "rules/definition.h"

namespace wanmi::assessment {

std::vector<rules::Query> Queries();

}  // namespace wanmi::assessment
