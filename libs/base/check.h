// CHECK: what must hold if the program is right. It stays on in release builds.
//
// A failed CHECK throws CheckFailure, the only exception of ours. The runtime catches it around the
// rules, where it refuses the one input at hand; anywhere else it ends the process.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace wanmi::base {

class CheckFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void FailCheck(const char* file, int line, const char* condition,
                            const std::string& message);

}  // namespace wanmi::base

// CHECK(condition) or CHECK(condition, "stream {} has no state", stream).
#define CHECK(condition, ...)                                                                  \
  do {                                                                                         \
    if (!(condition)) [[unlikely]] {                                                           \
      ::wanmi::base::FailCheck(__FILE__, __LINE__, #condition, ::fmt::format("" __VA_ARGS__)); \
    }                                                                                          \
  } while (false)
