// Form: checks of a command's fields that need nothing but the field. INVALID_ARGUMENT, with the
// field's name, what was expected and what was found.
#pragma once

#include <string_view>

#include "base/status.h"

namespace wanmi::rules {

inline constexpr size_t kIdBytesMax = 64;

// A text that must be there: 1 to bytes_max bytes, without control characters.
base::Status RequireText(std::string_view field, std::string_view text, size_t bytes_max);
// As above, but may be empty.
base::Status LimitText(std::string_view field, std::string_view text, size_t bytes_max);
// An id that can be the part of a stream's name: 1 to 64 letters, digits, '-', '_' and '.'.
base::Status RequireId(std::string_view field, std::string_view id);

}  // namespace wanmi::rules
