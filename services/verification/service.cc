#include "services/verification/service.h"

#include "services/verification/api.h"
#include "services/verification/domain.h"
#include "services/verification/policy.h"
#include "services/verification/views.h"

namespace wanmi::verification {

rules::Definition Define() {
  rules::Rules<state::State, v1::Command, v1::Event> parts;
  parts.name = "verification";
  parts.state_version = 1;
  parts.decide = Decide;
  parts.apply = Apply;
  parts.due = Due;
  parts.on_due = OnDue;
  parts.project = Project;
  parts.listens = {{"intake", rules::Listen(OnIntake)}};
  parts.target = Target;
  parts.prepare = Prepare;
  parts.queries = Queries();
  return rules::Define(std::move(parts));
}

}  // namespace wanmi::verification
