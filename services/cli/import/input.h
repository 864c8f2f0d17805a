// Input: reads one table row by row into messages, or nothing of it. Internal to the import.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cli/import/csv.h"
#include "services/cli/import/plan.h"

namespace wanmi::city_import {

struct Input {
  const ReadFile& read;
  ImportReport* report;

  std::optional<Table> Open(const std::string& file,
                            std::initializer_list<std::string_view> columns) const;
  // A file cannot be checked without another one: an error unless that one is good.
  bool Needs(const std::string& file, const std::string& other, bool other_is_good) const;

  // take(Row) -> Value for each row; nothing if any of them is bad.
  template <class Value, class Take>
  std::optional<std::vector<Value>> Rows(const std::string& file,
                                         std::initializer_list<std::string_view> columns,
                                         Take take) const {
    const auto table = Open(file, columns);
    if (!table) return std::nullopt;
    const size_t errors_before = report->errors.size();
    std::vector<Value> values;
    values.reserve(table->lines.size());
    for (const auto& line : table->lines) values.push_back(take(Row(*table, line, report)));
    if (report->errors.size() != errors_before) return std::nullopt;
    return values;
  }
};

}  // namespace wanmi::city_import
