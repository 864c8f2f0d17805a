// alarms' edge: locates a device where it is registered, and the list of queries.
#pragma once

#include <vector>

#include "base/status.h"
#include "rules/definition.h"
#include "rules/preparation.h"
#include "wanmi/alarms/v1/alarms.pb.h"

namespace wanmi::alarms {

base::Status Prepare(v1::Command* command, rules::Preparation& preparation);
std::vector<rules::Query> Queries();

}  // namespace wanmi::alarms
