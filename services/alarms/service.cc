#include "services/alarms/service.h"

#include "services/alarms/api.h"
#include "services/alarms/domain.h"
#include "services/alarms/views.h"

namespace wanmi::alarms {

rules::Definition Define() {
  rules::Rules<state::State, v1::Command, v1::Event> parts;
  parts.name = "alarms";
  parts.state_version = 1;
  parts.decide = Decide;
  parts.apply = Apply;
  parts.project = Project;
  parts.target = Target;
  parts.prepare = Prepare;
  parts.queries = Queries();
  return rules::Define(std::move(parts));
}

}  // namespace wanmi::alarms
