#include "services/dispatch/notify.h"

namespace wanmi::dispatch {

std::vector<rules::Notice> Notify(const rules::Fact<v1::Event>& fact) {
  if (!fact.event.has_deadline_passed()) return {};
  return {{"unit", fact.event.deadline_passed().unit_id(), "deadline_passed"}};
}

}  // namespace wanmi::dispatch
