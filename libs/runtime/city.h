// City: what a city is to the runtime. Made once by `wanmi city create`, the same for every
// process.
#pragma once

#include <string>

namespace wanmi::runtime {

struct City {
  std::string name;        // "weifang"
  std::string journal_id;  // made once; opens, tokens, cursors and stores are checked against it
  int partitions = 8;      // P, fixed for ever
  int incarnation = 1;
  int level = 1;
};

}  // namespace wanmi::runtime
