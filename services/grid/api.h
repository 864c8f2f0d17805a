// grid's API: its queries. Its commands need no preparation.
#pragma once

#include <vector>

#include "rules/definition.h"

namespace wanmi::grid {

std::vector<rules::Query> Queries();

}  // namespace wanmi::grid
