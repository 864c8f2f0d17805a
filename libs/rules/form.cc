#include "rules/form.h"

#include <algorithm>

namespace wanmi::rules {
namespace {

bool IsControl(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

bool IsIdByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
}

}  // namespace

base::Status RequireText(std::string_view field, std::string_view text, size_t bytes_max) {
  if (text.empty()) return base::InvalidArgument("expected {}, found none; state it", field);
  return LimitText(field, text, bytes_max);
}

base::Status LimitText(std::string_view field, std::string_view text, size_t bytes_max) {
  if (text.size() > bytes_max) {
    return base::InvalidArgument("expected {} of at most {} bytes, found {}; shorten it", field,
                                 bytes_max, text.size());
  }
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    return base::InvalidArgument("expected {} without control characters; remove them", field);
  }
  return {};
}

base::Status RequireId(std::string_view field, std::string_view id) {
  RETURN_IF_ERROR(RequireText(field, id, kIdBytesMax));
  if (!std::all_of(id.begin(), id.end(), IsIdByte)) {
    return base::InvalidArgument("expected {} of letters, digits, '-', '_' and '.', found '{}'",
                                 field, id);
  }
  return {};
}

}  // namespace wanmi::rules
