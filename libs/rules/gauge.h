// Gauge: a number that a service reads off its rows for whoever looks after the city, such as its
// open cases by state.
//
// Definition::gauges gives all of a service's at once, some times a minute. A name is
// `wanmi_<service>_<what>` and stands in docs/metrics.md; no label holds the id of a case, a report
// or a person. What is not given any more counts as 0.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace wanmi::rules {

struct Gauge {
  std::string name;
  std::string help;
  std::map<std::string, std::string> labels;  // the city is added
  int64_t value = 0;
};

}  // namespace wanmi::rules
