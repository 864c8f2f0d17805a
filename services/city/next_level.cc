#include "services/city/next_level.h"

#include "wanmi/dispatch/v1/dispatch.pb.h"

namespace wanmi::city {

rules::Definition OfNextLevel(rules::Definition definition) {
  if (definition.name != "dispatch") return definition;
  definition.decide = [decide = std::move(definition.decide)](
                          std::string_view stream, const rules::Message& state,
                          const rules::Message& command,
                          const rules::Context& context) -> base::Result<rules::Decided> {
    ASSIGN_OR_RETURN(auto decided, decide(stream, state, command, context));
    if (context.level < 2 || decided.emissions.empty()) return decided;
    decided.emissions.push_back({std::string(stream), std::make_unique<dispatch::v1::Event>(
                                                          rules::Wrap<dispatch::v1::Event>(
                                                              dispatch::v1::NextLevelProbed()))});
    return decided;
  };
  return definition;
}

}  // namespace wanmi::city
