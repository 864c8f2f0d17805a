// What handling tells the world: the unit, of new work; the post on duty,
// of urgent work.
#pragma once

#include <vector>

#include "rules/definition.h"
#include "wanmi/handling/v1/handling.pb.h"

namespace wanmi::handling {

std::vector<rules::Notice> Notify(const rules::Fact<v1::Event>& fact);

}  // namespace wanmi::handling
