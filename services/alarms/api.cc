#include "services/alarms/api.h"

#include "services/alarms/views.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::alarms {

base::Status Prepare(v1::Command* command, rules::Preparation& preparation) {
  if (!command->has_register_device()) return {};
  common::v1::Place& place = *command->mutable_register_device()->mutable_place();
  if (!place.has_point()) {
    return base::InvalidArgument("expected the point of the device, found none");
  }
  // Only what a client may say is asked about; the rest is the grid's to fill in.
  grid::v1::Locate locate;
  *locate.mutable_place()->mutable_point() = place.point();
  locate.mutable_place()->set_crs(place.crs());
  locate.mutable_place()->set_accuracy_m(place.accuracy_m());
  locate.mutable_place()->set_address(place.address());
  common::v1::Place located;
  RETURN_IF_ERROR(
      preparation.Ask("grid", "Locate", locate, &located).With("while locating the device"));
  place = located;
  return {};
}

std::vector<rules::Query> Queries() {
  return {rules::Read("GetDevice", GetDevice), rules::Read("ListAlarms", ListAlarms)};
}

}  // namespace wanmi::alarms
