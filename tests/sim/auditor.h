// Auditor: compares what clients were told, what the journal holds, what came out of the
// outlet, what the vault still opens, and what the views show.
#pragma once

#include <string>
#include <vector>

#include "world.h"

namespace wanmi::sim {

// What is wrong, one sentence each; empty if nothing is.
std::vector<std::string> Audit(World& world);

// A digest of everything that the journal holds: equal seeds give equal digests.
std::string JournalDigest(const World& world);

}  // namespace wanmi::sim
