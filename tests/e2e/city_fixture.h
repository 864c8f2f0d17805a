// CityFixture: a real `wanmi-city` in a folder of its own, for tests that kill it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/e2e/audit.h"
#include "tests/load/client.h"
#include "tests/load/process.h"

namespace wanmi::e2e {

class CityFixture : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "e2e_" + std::to_string(::getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Configure(folder_ + "/city", "");
  }
  void TearDown() override {
    process_.Kill();
    process_.WaitForEnd();
    if (HasFailure()) {
      fmt::print("the folder is kept: {}\n", folder_);
    } else {
      std::filesystem::remove_all(folder_);
    }
  }

  // `more` is further JSON, such as `"partitions":4`.
  void Configure(const std::string& city_folder, const std::string& more) const {
    std::ofstream(folder_ + "/config.json")
        << R"({"city":"weifang","listen":"127.0.0.1:0","folder":")" << city_folder << '"'
        << (more.empty() ? "" : ",") << more << "}";
  }
  std::vector<std::string> Command() const {
    return {binary_, "--config", folder_ + "/config.json"};
  }
  void Start(demo::Client& client) {
    const auto started = process_.Start(Command(), folder_ + "/log", true);
    ASSERT_TRUE(started.ok()) << started.ToString();
    const auto connected = client.Connect(process_.grpc(), 1);
    ASSERT_TRUE(connected.ok()) << connected.ToString();
  }
  void Stop(demo::Client& client) {
    client.Disconnect();
    const auto stopped = process_.Stop();
    EXPECT_TRUE(stopped.ok()) << stopped.ToString();
  }
  void KillNow() {
    process_.Kill();
    process_.WaitForEnd();
  }
  // What a program says; its exit code must be this.
  std::string Said(const std::vector<std::string>& command, int code) {
    const std::string log = folder_ + "/said-" + std::to_string(++said_);
    const auto found = demo::Run(command, log);
    std::ifstream in(log);
    const std::string said{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(found.ok() && *found == code) << command[0] << " said:\n" << said;
    return said;
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
  std::string binary_ = WANMI_CITY_BINARY;
  demo::Process process_;
  int said_ = 0;
};

}  // namespace wanmi::e2e
