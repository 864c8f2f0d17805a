// Positions: how far each slice is taken, and when such a vector can stand for a city.
//
// It is *closed* if no entry up to it names, as a cursor or as its cause, an entry beyond it. What
// is cut off at closed positions is a state that the city could have been in; at others it knows
// things that never happened. Functions, safe from any thread.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "journal/journal.h"

namespace wanmi::journal {

using Positions = std::map<Slice, int64_t>;  // a slice that it lacks is at 0

// Every upstream position that an entry names.
void ForEachNamed(const v1::Entry& entry,
                  const std::function<void(const Slice& slice, int64_t seq)>& named);

// The largest closed positions that are nowhere beyond `most`. Entries up to `settled` are not
// looked at: they were all there before any of `most` was, and so name nothing that it lacks.
base::Result<Positions> TrimUntilClosed(const Journal& journal, const Positions& settled,
                                        Positions most);

// Closed positions of a journal that others append to meanwhile, not before those when this is
// called. A slice that others rely on without naming it (a reference journal) stands last.
base::Result<Positions> ClosedNow(Journal& journal, const std::vector<Slice>& slices);

// Where others append too: reads each slice to the end that it has now.
base::Status CatchUpAll(Journal& journal, const std::vector<Slice>& slices);

}  // namespace wanmi::journal
