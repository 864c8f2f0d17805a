#include "services/grid/service.h"

#include "services/grid/api.h"
#include "services/grid/domain.h"
#include "services/grid/place_index.h"
#include "services/grid/views.h"

namespace wanmi::grid {

rules::Definition Define() {
  return rules::Define(rules::Rules<state::State, v1::Command, v1::Event>{
      .name = "grid",
      .decide = Decide,
      .apply = Apply,
      .project = Project,
      .target = Target,
      .queries = Queries(),
      .memory_view = [] { return std::make_unique<PlaceIndex>(); },
  });
}

}  // namespace wanmi::grid
