// Move: a city's journal to a file and from one, the city being stopped.
//
// What is moved keeps its identity: tokens, ids of commands and the chain stay good. Stores are
// folded again where it arrives; vault and master key are no part of it and go with the operator.
#pragma once

#include <string>

#include "base/status.h"
#include "journal/transfer.h"
#include "runtime/city.h"
#include "services/city/process.h"
#include "wanmi/config/v1/config.pb.h"

namespace wanmi::city {

// The header of a file of this city's entries.
journal::v1::TransferHeader HeaderOf(const runtime::City& city, const LastRecorded& last);

base::Status ExportJournal(const config::v1::CityConfig& config, const std::string& file,
                           const journal::Progress& progress);

// The folder's city is made if there is none. An import that was cut short goes on; until it is at
// its end the city cannot be started.
base::Status ImportJournal(const config::v1::CityConfig& config, const std::string& file,
                           const journal::Progress& progress);

// INVALID_ARGUMENT if the entries are not for the city of this configuration.
base::Status CheckSameCity(const config::v1::CityConfig& config, const std::string& city,
                           int partitions);

}  // namespace wanmi::city
