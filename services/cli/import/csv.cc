#include "services/cli/import/csv.h"

#include <csv.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

#include "base/check.h"

namespace wanmi::city_import {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The first byte that is not of well-formed UTF-8, or npos.
size_t FirstNotUtf8(std::string_view bytes) {
  const auto at = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0u; };
  for (size_t i = 0; i < bytes.size();) {
    const uint32_t lead = at(i);
    const size_t length = lead < 0x80       ? 1
                          : lead >> 5 == 6  ? 2
                          : lead >> 4 == 14 ? 3
                          : lead >> 3 == 30 ? 4
                                            : 0;
    if (length == 0 || lead == 0) return i;
    uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (size_t k = 1; k < length; ++k) {
      if (at(i + k) >> 6 != 2) return i;
      code = code << 6 | (at(i + k) & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < kLeast[length] || code > 0x10ffff || surrogate) return i;
    i += length;
  }
  return std::string_view::npos;
}

struct Rows {
  std::vector<Table::Line> lines;
  Table::Line row;
  bool ended = false;
};

void TakeField(void* field, size_t size, void* rows) {
  static_cast<Rows*>(rows)->row.fields.emplace_back(static_cast<const char*>(field), size);
}

void TakeRow(int, void* rows) {
  auto* to = static_cast<Rows*>(rows);
  to->lines.push_back(std::move(to->row));
  to->row = {};
  to->ended = true;
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Feeds libcsv a line at a time, so that a row knows the line on which it begins.
std::optional<std::vector<Table::Line>> ParseRows(std::string_view file, std::string_view bytes,
                                                  ImportReport* report) {
  csv_parser parser;
  CHECK(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0, "libcsv starts");
  const std::unique_ptr<csv_parser, void (*)(csv_parser*)> freed(&parser, csv_free);
  Rows rows;
  rows.ended = true;
  int line = 0;
  const auto fail = [&](std::string found) {
    report->errors.push_back({std::string(file), line, "",
                              "fields parted by commas, and quotes only around a "
                              "whole field and doubled inside",
                              std::move(found)});
  };
  while (!bytes.empty()) {
    const std::string_view text = bytes.substr(0, std::min(bytes.find('\n'), bytes.size() - 1) + 1);
    bytes.remove_prefix(text.size());
    ++line;
    if (rows.ended && IsBlank(text)) continue;
    if (rows.ended) rows.row.line = line;
    rows.ended = false;
    if (csv_parse(&parser, text.data(), text.size(), TakeField, TakeRow, &rows) != text.size()) {
      fail(csv_strerror(csv_error(&parser)));
      return std::nullopt;
    }
  }
  if (csv_fini(&parser, TakeField, TakeRow, &rows) != 0) {
    line = rows.row.line;
    fail("a quote that is not closed");
    return std::nullopt;
  }
  return std::move(rows.lines);
}

bool TakeHeader(const Table::Line& header, std::initializer_list<std::string_view> columns,
                Table* table, ImportReport* report) {
  const size_t before = report->errors.size();
  for (size_t i = 0; i < header.fields.size(); ++i) {
    const std::string& name = header.fields[i];
    const bool known = std::find(columns.begin(), columns.end(), name) != columns.end();
    if (!known || !table->columns.emplace(name, i).second) {
      report->errors.push_back(
          {table->file, header.line, name, "each known column once", "'" + name + "'"});
    }
  }
  for (const std::string_view name : columns) {
    if (table->columns.contains(name)) continue;
    report->errors.push_back(
        {table->file, header.line, std::string(name), "this column", "none of that name"});
  }
  return report->errors.size() == before;
}

template <class Number>
bool Parse(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<Table> ParseTable(std::string_view file, std::string_view bytes,
                                std::initializer_list<std::string_view> columns,
                                ImportReport* report) {
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (const size_t bad = FirstNotUtf8(bytes); bad != std::string_view::npos) {
    const auto line =
        1 + std::count(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(bad), '\n');
    report->errors.push_back({std::string(file), static_cast<int>(line), "", "text in UTF-8",
                              "other bytes; save the file as UTF-8"});
    return std::nullopt;
  }
  auto rows = ParseRows(file, bytes, report);
  if (!rows) return std::nullopt;
  if (rows->empty()) {
    report->errors.push_back({std::string(file), 1, "", "a line of column names", "an empty file"});
    return std::nullopt;
  }
  Table table;
  table.file = file;
  const Table::Line header = std::move(rows->front());
  rows->erase(rows->begin());
  bool good = TakeHeader(header, columns, &table, report);
  for (const Table::Line& line : *rows) {
    if (line.fields.size() == header.fields.size()) continue;
    report->errors.push_back({table.file, line.line, "",
                              fmt::format("{} fields", header.fields.size()),
                              std::to_string(line.fields.size())});
    good = false;
  }
  table.lines = std::move(*rows);
  if (!good) return std::nullopt;
  return table;
}

const std::string& Row::May(std::string_view column) const {
  const auto found = table_.columns.find(column);
  CHECK(found != table_.columns.end(), "{} has a column {}", table_.file, column);
  return line_.fields[found->second];
}

std::string Row::Must(std::string_view column) const {
  const std::string& text = May(column);
  if (text.empty()) Bad(column, "a value");
  return text;
}

bool Row::Flag(std::string_view column) const {
  return OneOf<bool>(column, {{"no", false}, {"yes", true}});
}

int64_t Row::Integer(std::string_view column, int64_t least, int64_t last) const {
  int64_t number = 0;
  if (Parse(May(column), &number) && number >= least && number <= last) return number;
  Bad(column, fmt::format("a whole number from {} to {}", least, last));
  return least;
}

double Row::Number(std::string_view column) const {
  double number = 0;
  if (Parse(May(column), &number) && std::isfinite(number)) return number;
  Bad(column, "a number such as 2 or 0.5");
  return 0;
}

std::vector<std::string> Row::Words(std::string_view column) const {
  std::vector<std::string> words;
  std::string_view rest = May(column);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

Finding Row::At(std::string_view column, std::string expected, std::string found) const {
  return {table_.file, line_.line, std::string(column), std::move(expected), std::move(found)};
}

void Row::Bad(std::string_view column, std::string expected) const {
  Bad(column, std::move(expected),
      May(column).empty() ? "nothing" : fmt::format("'{}'", May(column)));
}

void Row::Bad(std::string_view column, std::string expected, std::string found) const {
  report_->errors.push_back(At(column, std::move(expected), std::move(found)));
}

void Row::Warn(std::string_view column, std::string expected) const {
  report_->warnings.push_back(At(column, std::move(expected), fmt::format("'{}'", May(column))));
}

}  // namespace wanmi::city_import
