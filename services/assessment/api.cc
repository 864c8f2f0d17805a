#include "services/assessment/api.h"

#include "services/assessment/views.h"

namespace wanmi::assessment {

std::vector<rules::Query> Queries() {
  return {rules::Read("GetScore", GetScore), rules::Read("ListScores", ListScores),
          rules::Read("Summarise", Summarise)};
}

}  // namespace wanmi::assessment
