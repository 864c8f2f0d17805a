// api: what happens to a client's request before it is decided (the form is checked, fields that
// only the server fills are emptied, the grid is asked for the place, personal words are sealed),
// and which queries there are. Decides nothing.
#pragma once

#include <string>
#include <vector>

#include "rules/definition.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::intake {

// UNAVAILABLE if the grid is down, NOT_FOUND if the place is outside the city.
base::Status Prepare(v1::Command* command, rules::Preparation& preparation);

// The number that a receipt shows: of a report or a case; "" for other events.
std::string NumberOf(const v1::Event& event);

std::vector<rules::Query> Queries();

}  // namespace wanmi::intake
