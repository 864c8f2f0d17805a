// directory's API: what is done to a client's request before it is decided, and the queries.
#pragma once

#include <vector>

#include "base/status.h"
#include "rules/definition.h"
#include "rules/preparation.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::directory {

// Seals the name of a person under "person/<id>".
base::Status Prepare(v1::Command* command, rules::Preparation& preparation);
std::vector<rules::Query> Queries();

}  // namespace wanmi::directory
