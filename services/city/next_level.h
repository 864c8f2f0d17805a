// The next version, played by this one where an upgrade is tried (`--level 2`): once the city is at
// level 2, every decision of dispatch that gives events gives one more, of a kind that is marked
// with that level. Nothing is folded from it and nobody reacts to it; but who does not read level 2
// does not know it, in dispatch or listening to it.
#pragma once

#include "rules/definition.h"

namespace wanmi::city {

rules::Definition OfNextLevel(rules::Definition definition);

}  // namespace wanmi::city
