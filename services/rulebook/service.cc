#include "services/rulebook/service.h"

#include "services/rulebook/api.h"
#include "services/rulebook/domain.h"
#include "services/rulebook/views.h"

namespace wanmi::rulebook {

rules::Definition Define() {
  return rules::Define(rules::Rules<state::State, v1::Command, v1::Event>{
      .name = "rulebook",
      .reference = true,
      .decide = Decide,
      .apply = Apply,
      .project = Project,
      .target = Target,
      .queries = Queries(),
  });
}

}  // namespace wanmi::rulebook
