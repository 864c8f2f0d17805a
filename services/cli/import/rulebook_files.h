// The files that become documents of the rulebook. Internal to the import.
#pragma once

#include <string>
#include <vector>

#include "services/cli/import/directory_files.h"
#include "services/cli/import/grid_files.h"
#include "services/cli/import/input.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::city_import {

struct DocumentFile {
  std::string kind, name, file;
  std::vector<rulebook::v1::Item> items;
};

// The documents of the good files.
std::vector<DocumentFile> ReadRulebookFiles(const Input& input, const City& city,
                                            const DirectoryFiles& directory, const GridFiles& grid);

}  // namespace wanmi::city_import
