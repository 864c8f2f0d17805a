#include "services/cli/table.h"

#include <algorithm>

#include "base/check.h"

namespace wanmi::cli {
namespace {

// Length in bytes of the character that begins here; a stray byte counts as one.
size_t LengthAt(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::min(length, text.size() - at);
}

// CJK, kana, hangul and full-width forms begin at U+2E80; what is below and above Latin (arrows,
// dashes, dots) is narrow.
size_t WidthAt(std::string_view text, size_t at) {
  const size_t length = LengthAt(text, at);
  if (length < 3) return 1;
  if (length == 4) return 2;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const uint32_t code = ((byte(0) & 0x0fu) << 12) | ((byte(1) & 0x3fu) << 6) | (byte(2) & 0x3fu);
  return code >= 0x2e80 ? 2 : 1;
}

}  // namespace

size_t WidthOf(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size(); at += LengthAt(text, at)) width += WidthAt(text, at);
  return width;
}

std::string Padded(std::string_view text, size_t width) {
  const size_t taken = WidthOf(text);
  return std::string(text) + std::string(taken < width ? width - taken : 0, ' ');
}

std::string Cut(std::string_view text, size_t width) {
  if (WidthOf(text) <= width) return std::string(text);
  size_t at = 0, taken = 0;
  while (at < text.size() && taken + WidthAt(text, at) < width) {
    taken += WidthAt(text, at);
    at += LengthAt(text, at);
  }
  return std::string(text.substr(0, at)) + "…";
}

void Table::Add(std::vector<std::string> row) {
  CHECK(row.size() == heads_.size(), "a row has {} cells, found {}", heads_.size(), row.size());
  rows_.push_back(std::move(row));
}

std::string Table::Text() const {
  std::vector<size_t> widths(heads_.size(), 0);
  const auto measure = [&](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  };
  measure(heads_);
  for (const auto& row : rows_) measure(row);
  std::string text;
  const auto write = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += Padded(row[i], widths[i]) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  write(heads_);
  for (const auto& row : rows_) write(row);
  return text;
}

}  // namespace wanmi::cli
