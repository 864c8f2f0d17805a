#include "services/cli/import/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace wanmi::city_import {

std::string Finding::Text() const {
  std::string place = file;
  if (line > 0) place += fmt::format(":{}", line);
  if (!column.empty()) place += ": " + column;
  return fmt::format("{}: expected {}, found {}", place, expected, found);
}

bool ImportReport::Blames(std::string_view file) const {
  return std::any_of(errors.begin(), errors.end(),
                     [&](const Finding& finding) { return finding.file == file; });
}

std::string ImportReport::Text() const {
  std::string text;
  for (const Finding& finding : errors) text += fmt::format("error: {}\n", finding.Text());
  for (const Finding& finding : warnings) text += fmt::format("warning: {}\n", finding.Text());
  return text;
}

}  // namespace wanmi::city_import
