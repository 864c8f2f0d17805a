#include "services/dispatch/api.h"

#include "services/dispatch/views.h"

namespace wanmi::dispatch {

std::vector<rules::Query> Queries() {
  return {rules::Read("GetAssignment", ReadAssignment),
          rules::Read("ListAssignments", ReadAssignments)};
}

}  // namespace wanmi::dispatch
