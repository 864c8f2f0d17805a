// Config of wanmi-city: read, checked, and every default with its reason.
#pragma once

#include <string>

#include "base/status.h"
#include "wanmi/config/v1/config.pb.h"

namespace wanmi::city {

// INVALID_ARGUMENT names the key, what was expected and what was found.
base::Result<config::v1::CityConfig> ReadConfig(const std::string& file);
base::Result<config::v1::CityConfig> ParseConfig(const std::string& json);

}  // namespace wanmi::city
