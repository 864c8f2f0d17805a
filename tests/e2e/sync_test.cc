// A sync of the real binary fails, and what was not synced is gone: the process ends before it
// tells anybody, and the next one has all that was acknowledged.
#include <cstdlib>
#include <thread>

#include "tests/e2e/city_fixture.h"

namespace wanmi::e2e {
namespace {

constexpr int kExitInDoubt = 74;
constexpr int kClients = 4;

class SyncTest : public CityFixture, public testing::WithParamInterface<const char*> {
 protected:
  void TearDown() override {
    ::unsetenv("LD_PRELOAD");
    CityFixture::TearDown();
  }
};

TEST_P(SyncTest, WhatWasAcknowledgedOutlivesAFailedSync) {
  demo::Client client(7, 0);
  Start(client);  // the city is made, and each slice has its genesis
  Stop(client);
  ::setenv("WANMI_FAIL_SYNC_OF", GetParam(), 1);
  ::setenv("WANMI_FAIL_SYNC_AT", GetParam() == std::string("/journal/") ? "150" : "6", 1);
  ::setenv("LD_PRELOAD", WANMI_FAILING_SYNC, 1);
  Start(client);
  ::unsetenv("LD_PRELOAD");
  {
    std::vector<std::jthread> callers;
    for (int c = 0; c < kClients; ++c) {
      callers.emplace_back(
          [&client, c](std::stop_token stop) { LoadCity(client, c, std::move(stop)); });
    }
    EXPECT_EQ(process_.WaitForEnd(), kExitInDoubt);
    const int64_t commands = client.commands();
    Start(client);
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (client.commands() < commands + 50 && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const Audited audited = Audit(client);
  fmt::print("{} commands, {} calls in doubt: {} lost, {} twice\n", client.commands(),
             client.in_doubt(), audited.lost, audited.twice);
  EXPECT_EQ(audited.lost, 0);
  EXPECT_EQ(audited.twice, 0);
  EXPECT_GT(client.in_doubt(), 0);
  Stop(client);
  EXPECT_EQ(Rebuild(), 0);
}

INSTANTIATE_TEST_SUITE_P(Of, SyncTest, testing::Values("/journal/", "/vault/"),
                         [](const auto& suite) { return std::string(suite.param).substr(1, 5); });

}  // namespace
}  // namespace wanmi::e2e
