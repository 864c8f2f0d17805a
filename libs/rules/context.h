// Context: all that a rule may know beyond its state and the command.
//
// Rules ask no clock, no store and no network; the runtime gives them this, valid for one decision.
#pragma once

#include <string_view>

#include "base/rows.h"
#include "base/time.h"
#include "rules/reference.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::rules {

struct Context {
  base::Time now;
  const common::v1::Actor& actor;
  const base::Rows& rows;      // of this service and this partition, as of the previous decision
  const Reference& reference;  // directory and rulebook; remembers which documents were read
  int partition = 0;
  int partitions = 1;
  int level = 1;       // the city's, at `now`
  base::Span lead{0};  // from the publishing of a document to its effect, city time
};

// What a person is, said once for all rules. A machine decision (actor.system) stands on the axis
// of the post that signed its white list.
inline bool On(const Context& context, common::v1::Axis axis) {
  return context.actor.axis() == axis;
}
inline bool Holds(const Context& context, common::v1::PostKind kind) {
  return context.actor.post_kind() == kind;
}
inline bool ByReaction(const Context& context) { return context.actor.has_system(); }

// PERMISSION_DENIED with who was expected and who was found.
base::Status RequireAxis(const Context& context, common::v1::Axis axis, std::string_view what);
base::Status RequireReaction(const Context& context, std::string_view what);

// The actor of `wanmi city create` and of the import. An empty directory has nobody who could act,
// so the host itself acts, under this name, and on its loopback address only. It may send the
// commands of directory, rulebook and grid and no other.
inline constexpr std::string_view kBootstrap = "bootstrap";
inline bool ByBootstrap(const Context& context) {
  return ByReaction(context) && context.actor.system().service() == kBootstrap;
}
// A base data clerk or an operator of a unit on AXIS_NONE, or the bootstrap.
base::Status RequireBaseData(const Context& context, std::string_view what);

}  // namespace wanmi::rules
