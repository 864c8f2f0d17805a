// What the runtime exports is what docs/metrics.md says.
#include "runtime/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace wanmi::runtime {
namespace {

// docs/metrics.md is the golden list: what is exported stands there, and nothing else does.
TEST(Metrics, AreThoseOfTheGoldenList) {
  base::Metrics metrics;
  RuntimeMetrics runtime(metrics, "toy");
  runtime.Command("a", "Add", "OK");
  runtime.Appended(0.1, 2);
  runtime.Decided("a", 0.1);
  runtime.Inbox("a", 1);
  runtime.Lag("a", "b", 1);
  runtime.DueLate("a", 1);
  runtime.Epoch("a", 1, 2);
  runtime.Replayed("a", 1);
  runtime.OutboxPending("a", 1);
  runtime.Parked("a", 1);
  runtime.Ready(true);
  runtime.Disk(1, false);
  std::set<std::string> exported, documented;
  std::istringstream text(metrics.Text());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# TYPE ")) exported.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  std::ifstream list(WANMI_SOURCE_DIR "/docs/metrics.md");
  for (std::string line; std::getline(list, line);) {
    if (line.starts_with("| `wanmi_")) documented.insert(line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_EQ(exported, documented);
}

}  // namespace
}  // namespace wanmi::runtime
