#include "services/rulebook/api.h"

#include "services/rulebook/views.h"

namespace wanmi::rulebook {

std::vector<rules::Query> Queries() {
  return {rules::Read("ListDocuments", ListDocuments), rules::Read("ListItems", ListItems)};
}

}  // namespace wanmi::rulebook
