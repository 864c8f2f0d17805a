#include "services/dispatch/service.h"

#include "services/dispatch/api.h"
#include "services/dispatch/domain.h"
#include "services/dispatch/notify.h"
#include "services/dispatch/policy.h"
#include "services/dispatch/views.h"

namespace wanmi::dispatch {

rules::Definition Define() {
  rules::Rules<State, v1::Command, v1::Event> parts;
  parts.name = "dispatch";
  parts.decide = Decide;
  parts.apply = Apply;
  parts.due = Due;
  parts.on_due = OnDue;
  parts.project = Project;
  parts.listens = {{"intake", rules::Listen(OnIntake)},
                   {"handling", rules::Listen(OnHandling)},
                   {"verification", rules::Listen(OnVerification)}};
  parts.notify = Notify;
  parts.target = Target;
  parts.queries = Queries();
  parts.gauges = Gauges;
  return rules::Define(std::move(parts));
}

}  // namespace wanmi::dispatch
