// The queries of dispatch. Its commands need no preparation: they hold no personal words and no
// place.
#pragma once

#include <vector>

#include "rules/definition.h"

namespace wanmi::dispatch {

std::vector<rules::Query> Queries();

}  // namespace wanmi::dispatch
