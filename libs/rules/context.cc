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

base::Status RequireBaseData(const Context& context, std::string_view what) {
  if (ByBootstrap(context)) return {};
  const bool kind = Holds(context, common::v1::POST_KIND_BASE_DATA_CLERK) ||
                    Holds(context, common::v1::POST_KIND_OPERATOR);
  if (!ByReaction(context) && kind && On(context, common::v1::AXIS_NONE)) return {};
  return base::PermissionDenied(
      "{} is for a base data clerk or an operator of a unit on AXIS_NONE; post '{}' of unit '{}' "
      "is "
      "{} on {}",
      what, context.actor.post_id(), context.actor.unit_id(),
      common::v1::PostKind_Name(context.actor.post_kind()),
      common::v1::Axis_Name(context.actor.axis()));
}

std::string Births::Root(std::string_view kind) {
  const int birth = ++births_;
  for (int k = 0;; ++k) {
    std::string id = fmt::format("{}-{}-{}-{}-{}-{}", kind, service_, partition_, seq_, birth, k);
    if (base::PartitionOf(id, partitions_) == partition_) return id;
  }
}

}  // namespace wanmi::rules
