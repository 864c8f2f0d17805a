// CityFixture: a real `wanmi-city` in a folder of its own, for tests that kill it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/load/client.h"
#include "tests/load/process.h"

namespace wanmi::e2e {

// The importer of an empty city: the only one who can act there (libs/server/desk.h).
inline const demo::Who kBootstrap{"base-office", "bootstrap", ""};

class CityFixture : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "e2e_" + std::to_string(::getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/config.json")
        << R"({"city":"weifang","folder":")" << folder_ << R"(/city","listen":"127.0.0.1:0"})";
  }
  void TearDown() override {
    process_.Kill();
    process_.WaitForEnd();
    std::filesystem::remove_all(folder_);
  }

  std::vector<std::string> Command() const {
    return {WANMI_CITY_BINARY, "--config", folder_ + "/config.json"};
  }
  void Start(demo::Client& client) {
    const auto started = process_.Start(Command(), folder_ + "/log", true);
    ASSERT_TRUE(started.ok()) << started.ToString();
    const auto connected = client.Connect(process_.grpc(), 1);
    ASSERT_TRUE(connected.ok()) << connected.ToString();
  }
  void KillNow() {
    process_.Kill();
    process_.WaitForEnd();
  }
  // Folds the journal into new stores beside and compares every view.
  int Rebuild() {
    auto command = Command();
    command.insert(command.end(), {"--rebuild", folder_ + "/rebuilt"});
    const auto code = demo::Run(command, folder_ + "/rebuild.log");
    EXPECT_TRUE(code.ok()) << code.status().ToString();
    return code.value_or(-1);
  }

  std::string folder_;
  demo::Process process_;
};

}  // namespace wanmi::e2e
