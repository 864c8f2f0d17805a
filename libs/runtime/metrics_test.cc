// What the runtime exports is what docs/metrics.md says.
#include "runtime/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "runtime/lag_clock.h"

namespace wanmi::runtime {
namespace {

// docs/metrics.md is the golden list: what is exported stands there, and nothing else of the
// runtime does. Services' own are compared with a running city (tests/ops).
TEST(Metrics, AreThoseOfTheGoldenList) {
  base::Metrics metrics;
  RuntimeMetrics runtime(metrics, "toy");
  runtime.Command("a", "Add", "OK", 0.01);
  runtime.Appended(0.1, 2);
  runtime.Decided("a", 0.1);
  runtime.Inbox("a", 1);
  runtime.Lag("a", "b", 1, 2);
  runtime.Partitions("a", 1, 8);
  runtime.DueLate("a", 1);
  runtime.Epoch("a", 1, 2);
  runtime.Replayed("a", 1);
  runtime.OutboxPending("a", 1);
  runtime.Parked("a", 1);
  runtime.Ready(true);
  runtime.Level(1, 1);
  runtime.Disk(1, false);
  std::set<std::string> exported, documented;
  std::istringstream text(metrics.Text());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# TYPE ")) exported.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  std::ifstream list(WANMI_SOURCE_DIR "/docs/metrics.md");
  for (std::string line; std::getline(list, line);) {
    const bool ours = line.starts_with("| `wanmi_runtime_") || line.starts_with("| `wanmi_outbox_");
    if (ours) documented.insert(line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_EQ(exported, documented);
}

std::string LineOf(const base::Metrics& metrics, const std::string& start) {
  std::istringstream text(metrics.Text());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(start)) return line;
  }
  return "no line " + start;
}

TEST(Metrics, ARowGaugeThatIsNoLongerGivenIsZero) {
  base::Metrics metrics;
  RuntimeMetrics runtime(metrics, "toy");
  runtime.Rows("a", {{"wanmi_a_late", "Late", {{"unit", "u"}}, 2}});
  runtime.Rows("b", {{"wanmi_b_open", "Open", {}, 5}});
  EXPECT_EQ(LineOf(metrics, "wanmi_a_late"), R"(wanmi_a_late{city="toy",unit="u"} 2)");
  runtime.Rows("a", {{"wanmi_a_late", "Late", {{"unit", "v"}}, 1}});
  EXPECT_EQ(LineOf(metrics, R"(wanmi_a_late{city="toy",unit="u"})"),
            R"(wanmi_a_late{city="toy",unit="u"} 0)");
  EXPECT_EQ(LineOf(metrics, R"(wanmi_a_late{city="toy",unit="v"})"),
            R"(wanmi_a_late{city="toy",unit="v"} 1)");
  EXPECT_EQ(LineOf(metrics, "wanmi_b_open"), R"(wanmi_b_open{city="toy"} 5)");
}

TEST(LagClock, TellsHowLongTheOldestWaits) {
  LagClock clock;
  const LagClock::Moment start{};
  const auto look = [&](int64_t taken, int64_t end, int second) {
    return Seconds(clock.Look(taken, end, start + std::chrono::seconds(second)));
  };
  EXPECT_EQ(look(5, 5, 0), 0);
  EXPECT_EQ(look(5, 9, 1), 0) << "seen for the first time";
  EXPECT_EQ(look(5, 20, 4), 3) << "it stands";
  EXPECT_EQ(look(8, 20, 5), 4) << "it moves, and has not got to 9";
  EXPECT_EQ(look(9, 30, 6), 5) << "5 s late, and so is what follows";
  EXPECT_EQ(look(20, 40, 7), 5);
  EXPECT_EQ(look(35, 50, 8), 2) << "it was at 30 in 2 s";
  EXPECT_EQ(look(50, 50, 9), 0);
  EXPECT_EQ(look(50, 51, 10), 0);
}

}  // namespace
}  // namespace wanmi::runtime
