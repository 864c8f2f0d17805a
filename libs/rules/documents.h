// Documents: the rulebook's documents in memory, parsed once for all decisions of a host.
//
// What a published version says never changes, so it is kept; which versions there are is asked of
// the rows again after Refresh(). Used by one thread. Holds at most 64 versions.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/rows.h"
#include "base/time.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::rules {

class Documents {
 public:
  using Items = std::map<std::string, rulebook::v1::Item, std::less<>>;  // by item key

  explicit Documents(const base::Rows& rulebook) : rulebook_(rulebook) {}
  // The version that holds at `now`, 0 if none does.
  int64_t VersionAt(std::string_view kind, std::string_view name, base::Time now);
  // What a published version holds; valid until the next call for another version.
  const Items& Of(std::string_view kind, std::string_view name, int64_t version);
  // Something may have been published.
  void Refresh() { effective_.clear(); }

 private:
  struct Effective {
    int64_t from_us;
    int64_t version;
  };
  const base::Rows& rulebook_;
  std::map<std::pair<std::string, std::string>, std::vector<Effective>> effective_;  // latest first
  std::map<std::tuple<std::string, std::string, int64_t>, Items> versions_;
};

}  // namespace wanmi::rules
