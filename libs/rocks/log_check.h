// Are the logs of a RocksDB whole? To be asked before it is opened.
//
// RocksDB takes a record that seems to reach beyond the end of its log for the torn end of a crash,
// and drops it and all that follows without a word. A flipped bit in the length or the type of a
// record that was synced long ago looks the same to it. This reads the logs itself (write-ahead
// logs and MANIFEST have one format) and tells the two apart: behind a torn end nothing else was
// ever begun, and no single bit makes it whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace wanmi::rocks {

// DATA_LOSS names the file and the byte. A folder without a database is fine.
base::Status CheckLogs(const std::string& folder);

// Of one log's bytes: the place of the damage, or -1.
int64_t DamageIn(std::string_view log);

uint32_t Crc32c(std::string_view bytes);

}  // namespace wanmi::rocks
