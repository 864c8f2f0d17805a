// Meter: a service small enough that the runtime, and not its rules, is what a bench measures.
//
// Count gives Counted, which changes the state and three rows, none with a random key: of the
// meter, of its last event, and the sum of its group (the hundredth part of a partition's meters).
#pragma once

#include <string>

#include "rules/definition.h"

namespace wanmi::demo::meter {

rules::Definition Define(const std::string& name);

}  // namespace wanmi::demo::meter
