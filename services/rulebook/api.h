// rulebook's API: its queries. Its commands need no preparation.
#pragma once

#include <vector>

#include "rules/definition.h"

namespace wanmi::rulebook {

std::vector<rules::Query> Queries();

}  // namespace wanmi::rulebook
