// The configuration and the identity of a city.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "services/city/config.h"
#include "services/city/process.h"

namespace wanmi::city {
namespace {

TEST(Config, HasDefaultsAndNamesAMisspeltKey) {
  const auto config = ParseConfig(R"({"city":"weifang","folder":"/tmp/x"})");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->partitions(), 8);
  EXPECT_EQ(config->listen(), "127.0.0.1:7400");
  EXPECT_EQ(config->clock().rate(), 1);
  const auto wrong = ParseConfig(R"({"city":"weifang","folder":"/tmp/x","partition":8})");
  EXPECT_EQ(wrong.status().code(), base::Code::kInvalidArgument);
  EXPECT_NE(wrong.status().message().find("partition"), std::string::npos);
  EXPECT_FALSE(ParseConfig(R"({"city":"../x","folder":"/tmp/x"})").ok());
  EXPECT_FALSE(ParseConfig(R"({"city":"x"})").ok());
  EXPECT_FALSE(ParseConfig(R"({"city":"x","folder":"y","partitions":300})").ok());
  EXPECT_FALSE(ParseConfig(R"({"city":"x","folder":"y","clock":{"rate":-1}})").ok());
}

TEST(City, IsMadeOnceAndKept) {
  const std::string folder = testing::TempDir() + "city_" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  auto config = *ParseConfig(R"({"city":"weifang","folder":")" + folder + R"("})");
  const auto made = *LoadOrCreateCity(config);
  EXPECT_EQ(made.journal_id.size(), 32u);
  EXPECT_EQ(LoadOrCreateCity(config)->journal_id, made.journal_id);
  config.set_partitions(16);
  EXPECT_EQ(LoadOrCreateCity(config).status().code(), base::Code::kFailedPrecondition);
  std::filesystem::remove_all(folder);
}

TEST(Services, AreAllDefinedAndKnowEachOther) {
  std::set<std::string> names;
  const auto all = AllDefinitions();
  for (const auto& definition : all) names.insert(definition.name);
  EXPECT_EQ(names.size(), 9u);
  for (const auto& definition : all) {
    for (const auto& [upstream, listener] : definition.listens)
      EXPECT_TRUE(names.count(upstream)) << upstream;
  }
}

// docs/listens.md is the table of who listens to whom.
TEST(Services, ListenAsTheTableSays) {
  std::set<std::string> defined, documented;
  for (const auto& definition : AllDefinitions()) {
    for (const auto& [upstream, listener] : definition.listens)
      defined.insert(definition.name + " " + upstream);
  }
  std::ifstream table(WANMI_SOURCE_DIR "/docs/listens.md");
  for (std::string line; std::getline(table, line);) {
    std::istringstream cells(line);
    std::string bar, service, upstream;
    if (!(cells >> bar >> service >> bar >> upstream) || bar != "|") continue;
    if (service == "service" || service.starts_with("-")) continue;
    std::erase(service, '`');
    std::erase(upstream, '`');
    documented.insert(service + " " + upstream);
  }
  EXPECT_EQ(defined, documented);
}

}  // namespace
}  // namespace wanmi::city
