// Table: what became of the days, from the city's own lists and sums. For a terminal.
#pragma once

#include "base/status.h"
#include "tests/load/audit.h"
#include "tests/load/stage.h"

namespace wanmi::demo {

base::Status PrintTable(Stage& stage, const Audit& audit);

}  // namespace wanmi::demo
