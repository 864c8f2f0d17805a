// PutLevel: what rulebook's rows hold once it has published a level. For tests of the runtime,
// which has no rulebook.
#pragma once

#include "rules/level.h"
#include "rules/rulebook_rows.h"

namespace wanmi::runtime {

// As version `level` of the document, so that a later one overtakes it.
inline void PutLevel(base::RowWriter& rows, int level, base::Time effective_at) {
  namespace tables = rules::rulebook_rows;
  rulebook::v1::Document document;
  document.set_version(level);
  document.set_effective_at_us(base::ToMicros(effective_at));
  tables::kEffective.Put(
      rows,
      tables::EffectiveKey(rules::kLevelKind, rules::kLevelName, document.effective_at_us(), level),
      document);
  rulebook::v1::Item item;
  item.set_key(std::string(rules::kLevelKind));
  item.mutable_level()->set_level(level);
  tables::kItems.Put(
      rows, tables::VersionKey(rules::kLevelKind, rules::kLevelName, level).Tail(item.key()), item);
}

}  // namespace wanmi::runtime
