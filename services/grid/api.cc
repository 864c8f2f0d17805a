#include "services/grid/api.h"

#include "services/grid/views.h"

namespace wanmi::grid {

std::vector<rules::Query> Queries() {
  return {rules::Read("Locate", Locate), rules::Read("GetCell", GetCell),
          rules::Read("ListCells", ListCells), rules::Read("ListRegions", ListRegions)};
}

}  // namespace wanmi::grid
