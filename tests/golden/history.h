// Recorded histories: histories/<name>/<service>.entries, "partition length bytes\n" for each
// entry. `city_sim --seed N --record FOLDER` writes them. Tests only.
#pragma once

#include <string>
#include <vector>

#include "journal/memory_journal.h"

namespace wanmi::golden {

inline constexpr int kPartitions = 4;

// Folders under tests/golden/histories, sorted.
std::vector<std::string> Histories();
// Lands the entries of a service; a CHECK fails if the file cannot be read.
void Load(const std::string& folder, const std::string& service, journal::MemoryJournal& journal);

}  // namespace wanmi::golden
