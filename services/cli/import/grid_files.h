// The divisions, the unit grids made for them, responsibility.csv and devices.csv. Internal to the
// import.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/cli/import/directory_files.h"
#include "services/cli/import/input.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::city_import {

struct GridFiles {
  std::optional<std::vector<grid::v1::Region>> regions;  // parents first
  std::vector<grid::v1::DivideCommunity> divisions;  // one a community; empty if regions are bad
  std::optional<std::vector<grid::v1::BindInspector>> bindings;
  std::optional<std::vector<alarms::v1::RegisterDevice>> devices;
};

GridFiles ReadGridFiles(const Input& input, const City& city, const DirectoryFiles& directory);

}  // namespace wanmi::city_import
