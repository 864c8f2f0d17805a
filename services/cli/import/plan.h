// The import of a city: reads its folder and gives the commands that make it, in the order to send
// them.
//
// Nothing is sent here, and nothing is read but files: the same folder gives the same commands. A
// bad row is an error of its file, line and column; nothing of that file is planned then, nor of
// files that refer to it. The order is: regions and unit grids, units, posts, persons; then, by
// people who hold posts from here on, the documents, the responsibility grids and the devices.
// data/cities/weifang/README.md lists the files and their columns. Not safe across threads.
#pragma once

#include <google/protobuf/message.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "geo/point.h"
#include "services/cli/import/report.h"

namespace wanmi::city_import {

struct Command {
  std::string service;  // "directory"
  std::string method;   // "OpenUnit"
  std::unique_ptr<google::protobuf::Message> message;
  // Who sends it; both empty: the bootstrap, while nobody holds a post yet.
  std::string as_person;
  std::string as_post;
  std::string file;  // where it comes from
};

struct District {
  std::string code;
  geo::Point centre;
  uint64_t seed = 0;
};

// What city.json says.
struct City {
  std::string name;
  std::string code;
  bool demo = false;
  int partitions = 0;
  int utc_offset_minutes = 0;
  std::vector<District> districts;
  std::string proposer_post;
  std::string approver_post;
  std::string approving_number;
  std::string divisions, classes, filing_standards;  // paths from the folder
};

struct PlanOptions {
  // Part of the commands' ids: a run that was broken off and is begun again under the same name
  // sends the same ids; a later import takes another name, since a city may go back to what it once
  // was.
  std::string run = "1";
  // The version under which a document is proposed: the last one that is approved, plus one.
  std::function<int64_t(std::string_view kind, std::string_view name)> version =
      [](std::string_view, std::string_view) { return int64_t{1}; };
};

// A file of the folder, by its path from there.
using ReadFile = std::function<base::Result<std::string>(const std::string& path)>;
ReadFile Folder(const std::filesystem::path& folder);

// INVALID_ARGUMENT with the first error, if city.json is bad; the report has them all.
base::Result<City> ReadCity(const ReadFile& read, ImportReport* report);

// What can be planned of the folder: look at report->errors before sending anything. An error only
// if there is no city.json to begin with.
base::Result<std::vector<Command>> Plan(const ReadFile& read, const PlanOptions& options,
                                        ImportReport* report);
base::Result<std::vector<Command>> Plan(const std::filesystem::path& folder, ImportReport* report);

}  // namespace wanmi::city_import
