// Scanner: the rules about how Wanmi's sources are written, each with a sentence what to do.
//
// The rules are those of docs/HACKING.md and docs/ARCHITECTURE.md §4: which part may include which,
// what a service consists of, how long things may get, and which words and calls are not used.
// Pure functions over texts and names; tidy_test.cc gives them the tree.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/tidy/source.h"

namespace wanmi::tidy {

struct Finding {
  std::string path;
  int line;  // 0: the file as a whole
  std::string what;

  std::string ToString() const;  // "libs/base/time.cc:7: expected …"
};
using Findings = std::vector<Finding>;

// Paths are from the root of the tree: "services/intake/domain.cc".
Findings Check(const Source& source);
// `files` are the names in the folder of one service that has the common shape.
Findings CheckFileSet(const std::string& service, const std::set<std::string>& files);

// The single rules, for their tests.
Findings CheckIncludes(const Source& source);
Findings CheckSizes(const Source& source);
Findings CheckWords(const Source& source);
Findings CheckCalls(const Source& source);
Findings CheckComments(const Source& source);

// Services that have the common shape; the others (the edge, the link upward, the binaries) do not.
const std::set<std::string>& ShapedServices();

}  // namespace wanmi::tidy
