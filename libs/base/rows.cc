#include "base/rows.h"

namespace wanmi::base {

std::optional<std::string> MapRows::Get(uint16_t family, std::string_view key) const {
  const auto found = rows_.find({family, std::string(key)});
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

void MapRows::Scan(uint16_t family, std::string_view prefix, std::string_view from,
                   const Visitor& visit) const {
  auto at = rows_.lower_bound({family, std::string(std::max(prefix, from))});
  for (; at != rows_.end() && at->first.first == family; ++at) {
    if (!std::string_view(at->first.second).starts_with(prefix)) return;
    if (!visit(at->first.second, at->second)) return;
  }
}

void MapRows::Put(uint16_t family, std::string_view key, std::string value) {
  rows_[{family, std::string(key)}] = std::move(value);
}

void MapRows::Delete(uint16_t family, std::string_view key) {
  rows_.erase({family, std::string(key)});
}

Key& Key::Text(std::string_view text) {
  CHECK(text.find('\0') == std::string_view::npos, "a text in a key holds no NUL");
  bytes_.append(text).push_back('\0');
  return *this;
}

Key& Key::Number(int64_t number) {
  const auto flipped = static_cast<uint64_t>(number) ^ (uint64_t{1} << 63);
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes_.push_back(static_cast<char>((flipped >> shift) & 0xff));
  }
  return *this;
}

std::string_view KeyReader::Text() {
  const auto end = rest_.find('\0');
  CHECK(end != std::string_view::npos, "a text in a key ends with NUL");
  const auto text = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return text;
}

int64_t KeyReader::Number() {
  CHECK(rest_.size() >= 8, "a number in a key has eight bytes, found {}", rest_.size());
  uint64_t flipped = 0;
  for (int i = 0; i < 8; ++i) flipped = (flipped << 8) | static_cast<uint8_t>(rest_[i]);
  rest_.remove_prefix(8);
  return static_cast<int64_t>(flipped ^ (uint64_t{1} << 63));
}

}  // namespace wanmi::base
