// Table: what became of the days, from the city's own lists and sums. For a terminal.
#pragma once

#include "base/status.h"
#include "tests/load/audit.h"
#include "tests/load/stage.h"

namespace wanmi::demo {

// Reports and cases that wait for a check or for a case's answer, not for a person.
int64_t CountUnderWay(Stage& stage);

base::Status PrintTable(Stage& stage, const Audit& audit);

}  // namespace wanmi::demo
