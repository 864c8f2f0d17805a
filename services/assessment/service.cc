#include "services/assessment/service.h"

#include "services/assessment/api.h"
#include "services/assessment/domain.h"
#include "services/assessment/policy.h"
#include "services/assessment/views.h"

namespace wanmi::assessment {

rules::Definition Define() {
  rules::Rules<state::State, v1::Command, v1::Event> parts;
  parts.name = "assessment";
  parts.state_version = 1;
  parts.decide = Decide;
  parts.apply = Apply;
  parts.project = Project;
  parts.listens = {{"intake", rules::Listen(OnIntake)}};
  parts.target = Target;
  parts.queries = Queries();
  return rules::Define(std::move(parts));
}

}  // namespace wanmi::assessment
