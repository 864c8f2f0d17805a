// What dispatch tells the world: the unit, that a deadline has passed.
#pragma once

#include <vector>

#include "rules/definition.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"

namespace wanmi::dispatch {

std::vector<rules::Notice> Notify(const rules::Fact<v1::Event>& fact);

}  // namespace wanmi::dispatch
