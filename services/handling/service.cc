#include "services/handling/service.h"

#include "services/handling/api.h"
#include "services/handling/domain.h"
#include "services/handling/notify.h"
#include "services/handling/policy.h"
#include "services/handling/views.h"

namespace wanmi::handling {

rules::Definition Define() {
  rules::Rules<State, v1::Command, v1::Event> parts;
  parts.name = "handling";
  parts.decide = Decide;
  parts.apply = Apply;
  parts.due = Due;
  parts.on_due = OnDue;
  parts.project = Project;
  parts.listens = {{"dispatch", rules::Listen(OnDispatch)}};
  parts.notify = Notify;
  parts.target = Target;
  parts.prepare = Prepare;
  parts.queries = Queries();
  return rules::Define(std::move(parts));
}

}  // namespace wanmi::handling
