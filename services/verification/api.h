// verification's edge: seals the note of an answer, and the list of queries.
#pragma once

#include <vector>

#include "base/status.h"
#include "rules/definition.h"
#include "rules/preparation.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::verification {

base::Status Prepare(v1::Command* command, rules::Preparation& preparation);
std::vector<rules::Query> Queries();

}  // namespace wanmi::verification
