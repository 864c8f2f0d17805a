// The level of a city of one process: who may raise it, and who may no longer open it afterwards.
#include <fstream>
#include <iterator>

#include "tests/e2e/city_fixture.h"

namespace wanmi::e2e {
namespace {

class LevelTest : public CityFixture {
 protected:
  base::Status StartReading(int level) {
    auto command = Command();
    command.insert(command.end(), {"--level", std::to_string(level)});
    return process_.Start(command, folder_ + "/log", true);
  }
  std::string Wanmi(std::vector<std::string> words, int code = 0) {
    std::vector<std::string> command{WANMI_BINARY, "--address", process_.grpc()};
    command.insert(command.end(), words.begin(), words.end());
    return Said(command, code);
  }
  std::string Raise(int level, int code = 0) {
    return Wanmi(
        {"--person", "p-0003", "--post", "base-clerk", "level", "raise", std::to_string(level),
         "--approver-person", "p-0001", "--approver-post", "gov-clerk", "--number", "DEMO-2"},
        code);
  }
  static bool Says(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
  }
};

TEST_F(LevelTest, ItIsRaisedOnceTheProcessReadsItAndThenThereIsNoWayBack) {
  ASSERT_TRUE(StartReading(1).ok());
  Wanmi({"import", WANMI_SOURCE_DIR "/data/cities/weifang"});
  EXPECT_TRUE(Says(Wanmi({"level"}), "the city is at level 1"));
  const std::string refused = Raise(2, 1);
  EXPECT_TRUE(Says(refused, process_.grpc() + " (reads 1)")) << refused;
  ASSERT_TRUE(process_.Stop().ok());

  ASSERT_TRUE(StartReading(2).ok());
  EXPECT_TRUE(Says(Raise(3, 1), "(reads 2)"));
  EXPECT_TRUE(Says(Raise(2), "level 2 holds from"));
  EXPECT_TRUE(Says(Wanmi({"level"}), "the city is at level 2"));
  EXPECT_TRUE(Says(Raise(2, 1), "expected level 3, since 2 is published"));
  ASSERT_TRUE(process_.Stop().ok());

  const auto old = StartReading(1);
  EXPECT_FALSE(old.ok());
  EXPECT_TRUE(Says(old.message(), "reads level 1, the city is at level 2")) << old.ToString();
  EXPECT_TRUE(StartReading(2).ok());
}

TEST_F(LevelTest, AnIdentityThatGivesAnotherLevelIsRefused) {
  ASSERT_TRUE(StartReading(1).ok());
  ASSERT_TRUE(process_.Stop().ok());
  const std::string file = folder_ + "/city/city.json";
  std::ifstream in(file);
  std::string identity{std::istreambuf_iterator<char>(in), {}};
  EXPECT_FALSE(Says(identity, "level")) << identity;
  identity.insert(identity.find('{') + 1, "\"level\": 1,");
  std::ofstream(file) << identity;
  EXPECT_TRUE(StartReading(1).ok()) << "of a city from before";
  ASSERT_TRUE(process_.Stop().ok());
  identity.replace(identity.find("\"level\": 1"), 10, "\"level\": 2");
  std::ofstream(file) << identity;
  const auto started = StartReading(1);
  EXPECT_FALSE(started.ok());
  EXPECT_TRUE(Says(started.message(), "wanmi level raise")) << started.ToString();
}

}  // namespace
}  // namespace wanmi::e2e
