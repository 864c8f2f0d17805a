// Entries as lines for people: when, which service, what, by whom, and why a deadline is when it
// is.
//
// Pure: the events are parsed by the prototypes of catalogue.h. What cannot be read is said, not
// left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wanmi/journal/v1/entry.pb.h"

namespace wanmi::cli {

// Who decided: "acceptor-1 of sup (p-0012)", "list auto-close, signed by shift-leader-1", "system",
// and of what it follows: "← intake/3/17". `list` is the signed list that the event names.
std::string ActorText(const journal::v1::Entry& entry, const std::string& list);

// One event of an entry, or one refusal, parking, mark or delivery in it.
struct Happening {
  std::string stream;
  std::string name;                // "CaseFiled", "refused", "parked", …
  std::string fields;              // "number … · class …"
  std::vector<std::string> below;  // the lines of a deadline
  std::string list;                // signed, under which a machine decided; usually empty
};
std::vector<Happening> HappeningsOf(std::string_view service, const journal::v1::Entry& entry);

// Several lines: a head for each happening, its fields below it, wrapped at `width` cells. In
// streams and ids "…" stands for `root`. Empty for an entry that concerns nothing under the root.
std::string TimelineText(std::string_view service, const journal::v1::Entry& entry,
                         std::string_view root, size_t width);

// One line for each happening: "intake/3/17  2026-03-11 08:30:00  <stream>  CaseFiled  by …
// fields".
std::string TailText(std::string_view service, int partition, const journal::v1::Entry& entry);

}  // namespace wanmi::cli
