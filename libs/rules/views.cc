#include "rules/views.h"

namespace wanmi::rules {

// token = 2 bytes of family number · the key to go on from
base::Result<std::string> PageStart(const common::v1::PageRequest& page, uint16_t family,
                                    std::string_view prefix) {
  const std::string& token = page.token();
  if (token.empty()) return std::string();
  const bool right_family = token.size() >= 2 && static_cast<uint8_t>(token[0]) == (family >> 8) &&
                            static_cast<uint8_t>(token[1]) == (family & 0xff);
  if (!right_family || !std::string_view(token).substr(2).starts_with(prefix)) {
    return base::InvalidArgument(
        "expected a page token of this list with the same filter; start again without one");
  }
  return token.substr(2);
}

base::Result<int> PageSize(const common::v1::PageRequest& page) {
  if (page.size() < 0 || page.size() > kPageSizeMax) {
    return base::InvalidArgument("expected a page size of 1 to {}, found {}", kPageSizeMax,
                                 page.size());
  }
  return page.size() == 0 ? kPageSizeDefault : page.size();
}

std::string PageToken(uint16_t family, std::string_view next_key) {
  std::string token;
  token.push_back(static_cast<char>(family >> 8));
  token.push_back(static_cast<char>(family & 0xff));
  return token.append(next_key);
}

int64_t CountRows(const base::Rows& rows, uint16_t family, std::string_view prefix) {
  int64_t count = 0;
  rows.Scan(family, prefix, {}, [&count](std::string_view, std::string_view) {
    ++count;
    return true;
  });
  return count;
}

}  // namespace wanmi::rules
