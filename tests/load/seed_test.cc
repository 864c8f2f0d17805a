// A seeded folder is a city like any other: its chains hold, and it goes on with new loops.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/load/bench_city.h"
#include "tests/load/caller.h"

namespace wanmi::demo {
namespace {

class SeedTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Seed(int cases) {
    const auto code = demo::Run(
        {std::string(WANMI_BINARIES) + "/wanmi-seed", "--cases", std::to_string(cases), "--days",
         "2", "--folder", folder_, "--city", WANMI_SOURCE_DIR "/data/cities/weifang"},
        TestLog());
    ASSERT_TRUE(code.ok()) << code.status().ToString();
    ASSERT_EQ(*code, 0) << "see " << TestLog();
  }
  static std::string TestLog() {
    return testing::TempDir() + "seed_" + std::to_string(::getpid()) + ".log";
  }
  CityOptions OnTheSeeded() const {
    return {WANMI_BINARIES, folder_ + "/run", WANMI_SOURCE_DIR "/data/cities/weifang", folder_};
  }

  const std::string folder_ = testing::TempDir() + "seed_" + std::to_string(::getpid());
};

void PlayOne(BenchCity& city, Player& player, Caller& caller) {
  player.Begin(0, std::chrono::steady_clock::now());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (player.in_flight() > 0 && std::chrono::steady_clock::now() < until) {
    Caller::Answered answered;
    const auto next = player.SendDue(std::chrono::steady_clock::now());
    if (caller.Next(std::min(next, until), &answered))
      player.Answered(answered.number, answered.status, answered.at);
  }
  EXPECT_TRUE(player.broken().ok()) << player.broken().ToString() << " at " << city.address();
}

TEST_F(SeedTest, GoesOnWhereItEndedHoldsItsChainsAndClosesAnother) {
  Seed(100);
  Seed(200);  // again: what is there counts
  const auto city = BenchCity::Start(OnTheSeeded(), 1);
  ASSERT_TRUE(city.ok()) << city.status().ToString();
  EXPECT_EQ((*city)->stored(), 200);

  const auto script = LoopScript::Make((*city)->roster(), 1, "loop", "superior");
  ASSERT_TRUE(script.ok()) << script.status().ToString();
  Caller caller((*city)->address(), std::chrono::seconds(5), 1);
  Player player(
      *script, LoopScript::kCalls, [&] { return (*city)->client().NowUs(); },
      [&](int64_t number, const LoopCall& call) {
        caller.Send(number, call.path, *call.who, call.bytes);
      });
  PlayOne(**city, player, caller);
  EXPECT_EQ(player.closed(), 1);

  const Who who = (*city)->roster().Of((*city)->roster().Posts("operator").front());
  for (const std::string command : {"verify", "rebuild"}) {
    const auto held =
        demo::Run({std::string(WANMI_BINARIES) + "/wanmi", "--address", (*city)->address(),
                   "--person", who.person, "--post", who.post, command},
                  TestLog());
    ASSERT_TRUE(held.ok()) << held.status().ToString();
    EXPECT_EQ(*held, 0) << command << ": see " << TestLog();
  }
}

}  // namespace
}  // namespace wanmi::demo
