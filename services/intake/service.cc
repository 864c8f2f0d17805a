#include "services/intake/service.h"

#include "services/intake/api.h"
#include "services/intake/domain.h"
#include "services/intake/notify.h"
#include "services/intake/policy.h"
#include "services/intake/views.h"

namespace wanmi::intake {

rules::Definition Define() {
  return rules::Define(rules::Rules<state::State, v1::Command, v1::Event>{
      .name = "intake",
      .state_version = kStateVersion,
      .decide = Decide,
      .apply = Apply,
      .project = Project,
      .listens = {{"intake", rules::Listen(OnSelf)},
                  {"verification", rules::Listen(OnVerification)},
                  {"dispatch", rules::Listen(OnDispatch)},
                  {"alarms", rules::Listen(OnAlarms)}},
      .notify = Notify,
      .number = NumberOf,
      .target = Target,
      .prepare = Prepare,
      .queries = Queries(),
      .gauges = Gauges,
  });
}

}  // namespace wanmi::intake
