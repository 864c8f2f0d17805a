#include "services/handling/notify.h"

namespace wanmi::handling {

std::vector<rules::Notice> Notify(const rules::Fact<v1::Event>& fact) {
  std::vector<rules::Notice> notices;
  if (fact.event.has_work_opened()) {
    const auto& opened = fact.event.work_opened();
    notices.push_back(
        {"unit", opened.unit_id(), opened.rework() ? "rework_opened" : "work_opened"});
    if (!opened.duty_post().empty()) notices.push_back({"post", opened.duty_post(), "urgent_call"});
  } else if (fact.event.has_duty_called()) {
    notices.push_back({"post", fact.event.duty_called().post_id(), "urgent_call"});
  }
  return notices;
}

}  // namespace wanmi::handling
