// calendars.csv and the files of holidays that it names. Internal to the import.
#pragma once

#include <vector>

#include "services/cli/import/rulebook_files.h"

namespace wanmi::city_import {

// Adds a document for each calendar, if calendars.csv and all the files it names are good. The
// calendars that units go by must be among them, and "city" and "inspection", which rules ask for.
void ReadCalendars(const Input& input, const City& city, const DirectoryFiles& directory,
                   std::vector<DocumentFile>* documents);

}  // namespace wanmi::city_import
