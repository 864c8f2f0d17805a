// The configuration and the identity of a city.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/log.h"
#include "services/city/backup.h"
#include "services/city/config.h"
#include "services/city/disk_watch.h"
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

TEST(Config, KeepsRoomFreeUnlessToldNotTo) {
  EXPECT_EQ(ParseConfig(R"({"city":"x","folder":"y"})")->keep_free_bytes(), 512 << 20);
  EXPECT_EQ(ParseConfig(R"({"city":"x","folder":"y","keepFreeBytes":0})")->keep_free_bytes(), 0);
  EXPECT_FALSE(ParseConfig(R"({"city":"x","folder":"y","keepFreeBytes":-1})").ok());
}

TEST(DiskWatch, SaysWhenThereIsNoRoomAndWhenThereIsAgain) {
  base::SetLogLevel(static_cast<base::Level>(9));
  base::ManualClock clock{base::FromMicros(0)};
  std::optional<int64_t> free = 801;
  int looks = 0;
  DiskWatch disk("/city", 800, clock, [&] { return ++looks, free; });
  const auto later = [&] { clock.Advance(std::chrono::milliseconds(200)); };
  EXPECT_TRUE(disk.Room().ok());
  free = 799;
  EXPECT_TRUE(disk.Room().ok());
  EXPECT_EQ(looks, 1) << "it looks five times a second and not more";
  later();
  const auto status = disk.Room();
  EXPECT_EQ(status.code(), base::Code::kResourceExhausted);
  EXPECT_NE(status.message().find("/city has 799 bytes free, 800 are kept"), std::string::npos);
  free = 899;
  later();
  EXPECT_FALSE(disk.Room().ok()) << "it does not flap";
  free.reset();
  later();
  EXPECT_FALSE(disk.Room().ok()) << "not knowing changes nothing";
  free = 900;
  later();
  EXPECT_TRUE(disk.Room().ok());
  EXPECT_FALSE(disk.running_short());
  EXPECT_EQ(disk.free_bytes(), 900);
}

TEST(DiskWatch, KeepsNothingIfToldSo) {
  const base::ManualClock clock{base::FromMicros(0)};
  DiskWatch disk("/city", 0, clock, [] { return 0; });
  EXPECT_TRUE(disk.Room().ok());
  EXPECT_GT(DiskWatch::FreeOf("/tmp").value_or(0), 0);
  EXPECT_FALSE(DiskWatch::FreeOf("/no such folder"));
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

TEST(City, TwoRestoresOfOneBackupAreTwoIncarnations) {
  EXPECT_GT(NextIncarnation(1), 1'000'000) << "a time, and not one more";
  EXPECT_EQ(NextIncarnation(2'000'000'000), 2'000'000'001) << "and never less than it was";
}

TEST(City, IsNotMadeAnewOverAJournal) {
  const std::string folder = testing::TempDir() + "half_" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  const auto config = *ParseConfig(R"({"city":"weifang","folder":")" + folder + R"("})");
  ASSERT_TRUE(LoadOrCreateCity(config).ok());
  ASSERT_TRUE(OpenJournal(config).ok());
  std::filesystem::remove(folder + "/city.json");
  EXPECT_EQ(LoadOrCreateCity(config).status().code(), base::Code::kDataLoss);
  std::filesystem::remove_all(folder);
}

TEST(City, SetsADamagedStoreAside) {
  const std::string folder = testing::TempDir() + "stores_" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  base::SetLogLevel(static_cast<base::Level>(9));
  const auto definition = std::move(AllDefinitions().front());
  const std::string place = fmt::format("{}/directory-v{}", folder, definition.state_version);
  const std::string key = store::PhysicalKey(20, 0, "key");
  store::Changes changes;
  changes[key] = "value";
  ASSERT_TRUE((*OpenStore(folder, definition, nullptr))->Commit(changes).ok());
  EXPECT_EQ((*OpenStore(folder, definition, nullptr))->Get(key), "value");
  std::ofstream(place + "/DAMAGED") << "a block's checksum is wrong\n";
  EXPECT_EQ((*OpenStore(folder, definition, nullptr))->Get(key), std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(place + ".damaged/DAMAGED"));
  std::filesystem::remove(place + "/CURRENT");
  EXPECT_TRUE(OpenStore(folder, definition, nullptr).ok());
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
