// Stalled: a partition that stood still at one entry of its history while all others went on as
// far as they could without it. What its upstreams then hold for it may reach it in any order that
// keeps each topic's; whatever the order, it must end alike.
//
// The partition is a real one. It replays its own entries up to the moment, then takes one waiting
// entry after the other. What others wrote because of its own later entries is left out: an entry
// is *out of reach* if its cause is, or an earlier entry of its topic about the same root, or if it
// speaks to the partition of a stream that was not made yet. The clock stands.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "rules/definition.h"
#include "rules/documents.h"
#include "runtime/city.h"
#include "testkit/random.h"

namespace wanmi::interleaving {

using Entry = wanmi::journal::v1::Entry;

struct Recorded {
  Entry entry;
  std::string bytes;  // as stored: the chain is over them
};
struct History {
  std::map<journal::Slice, std::vector<Recorded>> entries;  // by seq - 1
  int partitions = 0;
};
History ReadHistory(const journal::Journal& journal, const std::vector<std::string>& services,
                    int partitions);

// What the rules look up, the same throughout.
struct Reference {
  const base::Rows& directory;
  const base::Rows& rulebook;
  rules::Documents& documents;  // of the rulebook
};

struct Ends {
  // Of all that the service's author made: states and rows as bytes, by name.
  std::map<std::string, std::string> state;
  // By root, the causes in the order in which they gave events.
  std::map<std::string, std::string> order;
};

class Stalled {
 public:
  // `seq` is the last of its own entries that the partition wrote, at least 1.
  Stalled(const History& history, const rules::Definition& definition, int partition, int64_t seq,
          const Reference& reference);

  // Upstream slices with something that waits and is within reach.
  size_t waiting() const { return waiting_.size(); }
  // Takes everything, one entry at a time; `drains` empties one slice after the other in a drawn
  // order, otherwise the slice is drawn for every entry.
  Ends Take(testkit::Random& random, bool drains) const;

 private:
  struct World;
  bool Step(World& world) const;  // false if there was nothing to do

  const rules::Definition& definition_;
  const journal::Slice slice_;
  const int64_t seq_;
  const Reference& reference_;
  runtime::City city_;
  base::Time now_;
  std::map<journal::Slice, std::vector<std::string>> topics_;  // silent where out of reach
  std::map<journal::Slice, int64_t> taken_;    // what it had taken of each upstream by then
  std::map<journal::Slice, int64_t> waiting_;  // the last entry within reach, where there is one
};

// Takes what waits in several orders. Counts the roots whose events came in different orders.
struct Difference {
  std::string name;        // as in Ends::state
  std::string one, other;  // empty = it is not there
};
struct Verdict {
  std::vector<Difference> differences;
  int crossings = 0;
};
Verdict TryOrders(const Stalled& stalled, int orders, testkit::Random& random);

}  // namespace wanmi::interleaving
