// ImportReport: what is wrong with the files of a city, place by place.
//
// An *error* keeps its whole file from being imported; a *warning* keeps nothing. Not safe across
// threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wanmi::city_import {

struct Finding {
  std::string file;
  int line = 0;        // from 1; 0 = the file as a whole
  std::string column;  // its name; empty = the whole row
  std::string expected;
  std::string found;

  std::string Text() const;  // "posts.csv:12: kind: expected …, found …"
};

struct ImportReport {
  std::vector<Finding> errors;
  std::vector<Finding> warnings;

  bool Blames(std::string_view file) const;  // whether an error is of this file
  std::string Text() const;                  // one line each, errors first
};

}  // namespace wanmi::city_import
