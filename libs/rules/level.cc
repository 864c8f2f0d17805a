#include "rules/level.h"

namespace wanmi::rules {

int LevelAt(Documents& documents, base::Time at) {
  const int64_t version = documents.VersionAt(kLevelKind, kLevelName, at);
  if (version == 0) return 1;
  const auto& items = documents.Of(kLevelKind, kLevelName, version);
  const auto found = items.find(kLevelKind);
  return found == items.end() ? 1 : found->second.level().level();
}

}  // namespace wanmi::rules
