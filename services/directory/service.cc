#include "services/directory/service.h"

#include "services/directory/api.h"
#include "services/directory/domain.h"
#include "services/directory/views.h"

namespace wanmi::directory {

rules::Definition Define() {
  return rules::Define(rules::Rules<state::State, v1::Command, v1::Event>{
      .name = "directory",
      .reference = true,
      .decide = Decide,
      .apply = Apply,
      .project = Project,
      .target = Target,
      .prepare = Prepare,
      .queries = Queries(),
  });
}

}  // namespace wanmi::directory
