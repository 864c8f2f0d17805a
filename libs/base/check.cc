#include "base/check.h"

#include <string_view>

namespace wanmi::base {

void FailCheck(const char* file, int line, const char* condition, const std::string& message) {
  std::string_view name(file);
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos)
    name.remove_prefix(slash + 1);
  throw CheckFailure(fmt::format("CHECK({}) failed at {}:{}{}{}", condition, name, line,
                                 message.empty() ? "" : ": ", message));
}

}  // namespace wanmi::base
