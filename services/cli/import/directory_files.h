// units.csv, posts.csv, persons.csv: who is who. Internal to the import.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/cli/import/input.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::city_import {

struct Person {
  std::string id, label, post;
  bool on_shift = false;
};

// Each is absent if its file is bad.
struct DirectoryFiles {
  std::optional<std::vector<directory::v1::Unit>> units;  // parents first
  std::optional<std::vector<directory::v1::Post>> posts;
  std::optional<std::vector<Person>> persons;

  const directory::v1::Unit* Unit(std::string_view id) const;
  const directory::v1::Post* Post(std::string_view id) const;
  const Person* HolderOf(std::string_view post) const;
  std::map<std::string, size_t, std::less<>> unit_at, post_at;  // places in the lists
};

DirectoryFiles ReadDirectoryFiles(const Input& input);

}  // namespace wanmi::city_import
