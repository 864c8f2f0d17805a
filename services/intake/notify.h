// notify: what a reporter is told. To whom is a report id: who that is, the outlet finds behind the
// seal. Pure, safe from any thread.
#pragma once

#include <vector>

#include "rules/definition.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::intake {

std::vector<rules::Notice> Notify(const rules::Fact<v1::Event>& fact);

}  // namespace wanmi::intake
