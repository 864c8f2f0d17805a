// Audit: load on a city, and every answer that it gave against its journal.
#pragma once

#include <stop_token>

#include "tests/load/client.h"

namespace wanmi::e2e {

// The importer of an empty city: the only one who can act there (libs/server/desk.h).
inline const demo::Who kBootstrap{"base-office", "bootstrap", ""};

// Opens regions and registers people, over and over, until told to stop. The numbers of the
// callers at work are all different, 0 to 9.
void LoadCity(demo::Client& client, int number, std::stop_token stop);

struct Audited {
  int lost = 0;   // what was acknowledged, and is not in the journal where the receipt says
  int twice = 0;  // commands with more than one entry
};
// Reads every entry of every service, checks the chains, and compares the entries with what
// the client was told; prints what is not as it was told.
Audited Audit(demo::Client& client);

}  // namespace wanmi::e2e
