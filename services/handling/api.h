// What handling's API does before a command is decided, and its queries.
#pragma once

#include <vector>

#include "rules/definition.h"
#include "wanmi/handling/v1/handling.pb.h"

namespace wanmi::handling {

// Seals the note of a feedback under the case.
base::Status Prepare(v1::Command* command, rules::Preparation& preparation);

std::vector<rules::Query> Queries();

}  // namespace wanmi::handling
