// Tables of a city's folder: CSV as RFC 4180 has it, UTF-8 with or without a mark, a header line of
// column names in any order. Parsed by libcsv, strictly; what libcsv does not know (lines, columns)
// is kept here. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/cli/import/report.h"

namespace wanmi::city_import {

struct Table {
  struct Line {
    int line = 0;  // where the row begins
    std::vector<std::string> fields;
  };
  std::string file;
  std::map<std::string, size_t, std::less<>> columns;  // name to place in the row
  std::vector<Line> lines;
};

// The table, or nothing with the errors in the report: not UTF-8, bad quoting, other columns than
// these, a row of another length.
std::optional<Table> ParseTable(std::string_view file, std::string_view bytes,
                                std::initializer_list<std::string_view> columns,
                                ImportReport* report);

// One row, column by column. A bad value is reported and something harmless is given instead, so
// that one reading of a file finds all that is wrong with it.
class Row {
 public:
  Row(const Table& table, const Table::Line& line, ImportReport* report)
      : table_(table), line_(line), report_(report) {}

  const std::string& May(std::string_view column) const;  // as it stands, perhaps empty
  std::string Must(std::string_view column) const;        // an error if empty
  bool Flag(std::string_view column) const;               // yes or no
  int64_t Integer(std::string_view column, int64_t least, int64_t last) const;
  double Number(std::string_view column) const;
  std::vector<std::string> Words(std::string_view column) const;  // parted by blanks
  template <class Value>
  Value OneOf(std::string_view column,
              std::initializer_list<std::pair<std::string_view, Value>> choices) const {
    std::string names;
    for (const auto& [name, value] : choices) {
      if (name == May(column)) return value;
      names.append(names.empty() ? "" : ", ").append(name);
    }
    Bad(column, "one of " + names);
    return choices.begin()->second;
  }
  // Reports this column of this row.
  void Bad(std::string_view column, std::string expected) const;
  void Bad(std::string_view column, std::string expected, std::string found) const;
  void Warn(std::string_view column, std::string expected) const;

 private:
  Finding At(std::string_view column, std::string expected, std::string found) const;

  const Table& table_;
  const Table::Line& line_;
  ImportReport* const report_;
};

}  // namespace wanmi::city_import
