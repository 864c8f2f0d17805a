#include "rules/documents.h"

#include "rules/rulebook_rows.h"

namespace wanmi::rules {
namespace {
constexpr size_t kVersionsMax = 64;
}

int64_t Documents::VersionAt(std::string_view kind, std::string_view name, base::Time now) {
  auto key = std::make_pair(std::string(kind), std::string(name));
  auto found = effective_.find(key);
  if (found == effective_.end()) {
    std::vector<Effective> all;
    rulebook_rows::kEffective.Scan(rulebook_, base::Key().Text(kind).Text(name),
                                   [&](std::string_view row, rulebook::v1::Document&& document) {
                                     base::KeyReader reader(row);
                                     reader.Text(), reader.Text();
                                     all.push_back({-reader.Number(), document.version()});
                                     return true;
                                   });
    found = effective_.emplace(std::move(key), std::move(all)).first;
  }
  for (const Effective& effective : found->second) {
    if (effective.from_us <= base::ToMicros(now)) return effective.version;
  }
  return 0;
}

const Documents::Items& Documents::Of(std::string_view kind, std::string_view name,
                                      int64_t version) {
  auto key = std::make_tuple(std::string(kind), std::string(name), version);
  if (const auto found = versions_.find(key); found != versions_.end()) return found->second;
  if (versions_.size() >= kVersionsMax) versions_.clear();
  Items items;
  const base::Key prefix = rulebook_rows::VersionKey(kind, name, version);
  rulebook_rows::kItems.Scan(rulebook_, prefix, [&](std::string_view row, auto&& item) {
    items.emplace(row.substr(prefix.str().size()), std::move(item));
    return true;
  });
  return versions_.emplace(std::move(key), std::move(items)).first->second;
}

}  // namespace wanmi::rules
