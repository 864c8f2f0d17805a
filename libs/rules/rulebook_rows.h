// The rulebook's rows, which every service reads through Reference. Written by services/rulebook.
#pragma once

#include "base/rows.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::rules::rulebook_rows {

// kind, name, version
inline constexpr base::Family<wanmi::rulebook::v1::Document> kDocuments{16, "document"};
// kind, name, version, item key
inline constexpr base::Family<wanmi::rulebook::v1::Item> kItems{17, "item"};
// kind, name, -effective_at, -version: the first at or after -now is the one that holds
inline constexpr base::Family<wanmi::rulebook::v1::Document> kEffective{18, "effective"};

inline base::Key VersionKey(std::string_view kind, std::string_view name, int64_t version) {
  return base::Key().Text(kind).Text(name).Number(version);
}
inline base::Key EffectiveKey(std::string_view kind, std::string_view name, int64_t effective_at_us,
                              int64_t version) {
  return base::Key().Text(kind).Text(name).Number(-effective_at_us).Number(-version);
}

}  // namespace wanmi::rules::rulebook_rows
