// Toy services: small enough that a test can say what every promise of the runtime means.
//
// account: Add (0 is refused as INVALID_ARGUMENT, 666 fails a CHECK; 201 has a tag with a text, of
//   level 2; 202 has one if the city is so far; 203 has a blue tag, of level 3; 204 has
//   a second event, of a kind of level 2, if the city is so far), SetAlarm.
// mirror: hears account's Added: the same amount is added to the stream of the same name; 13 is
//   refused; until `mirror_is_mended` 665 fails a CHECK and 404 is UNAVAILABLE; 7 is told on to the
//   stream "other" by On<Self>; odd amounts below 5 cause nothing; 80 to 89 are added under the
//   white list of that number, and 82 is told on once more, as 84, in the same entry.
#pragma once

#include "rules/definition.h"
#include "runtime/toy/toy.pb.h"

namespace wanmi::runtime::toy {

inline bool mirror_is_mended = false;

inline constexpr base::Family<Row> kTotals{16, "total"};

rules::Definition Account();
rules::Definition Mirror();

}  // namespace wanmi::runtime::toy
