#include "rules/context.h"

#include <fmt/format.h>

#include "base/partition.h"
#include "rules/definition.h"

namespace wanmi::rules {

base::Status RequireAxis(const Context& context, common::v1::Axis axis, std::string_view what) {
  if (On(context, axis)) return {};
  return base::PermissionDenied("{} is for the axis {}; post {} of unit {} stands on {}", what,
                                common::v1::Axis_Name(axis), context.actor.post_id(),
                                context.actor.unit_id(),
                                common::v1::Axis_Name(context.actor.axis()));
}

base::Status RequireReaction(const Context& context, std::string_view what) {
  if (ByReaction(context)) return {};
  return base::PermissionDenied("{} is made by Wanmi itself and cannot be asked for", what);
}

std::string Births::Root(std::string_view kind) {
  const int birth = ++births_;
  for (int k = 0;; ++k) {
    std::string id = fmt::format("{}-{}-{}-{}-{}-{}", kind, service_, partition_, seq_, birth, k);
    if (base::PartitionOf(id, partitions_) == partition_) return id;
  }
}

}  // namespace wanmi::rules
