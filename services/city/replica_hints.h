// Hints that processes of one service give each other: where a reader of a topic may begin, for one
// whose disk is empty. Only a cache: whoever gets none reads from the start.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/host.h"
#include "server/peers.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::city {

// `birth` names the topics: see BirthOf(). Safe from any thread.
operations::v1::HintsView HintsOf(const runtime::Host& host,
                                  const std::optional<std::string>& birth);

// What one other process of the service says, within 2 s; none if there is none, or if it reads
// other topics.
std::vector<runtime::Hint> HintsFromPeers(server::Peers& peers, const std::string& service,
                                          const std::string& birth);

}  // namespace wanmi::city
