// A sync or a write of the real binary fails, once: the process ends before it tells anybody, and
// the next one has all that was acknowledged.
//
// A table (.sst) is written when 32 MiB of a database have come together, or at its orderly end.
// The faults come from a library that is loaded before all others, so what is tested is what ships,
// RocksDB's own files and buffers included (docs/adr/0009).
#include <cstdlib>
#include <thread>

#include "tests/e2e/city_fixture.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::e2e {
namespace {

constexpr int kExitInDoubt = 74;
constexpr int kClients = 4;

struct Fault {
  const char* name;
  const char* fault;    // as failing_disk.cc reads it
  bool large = false;   // takes more bytes than a write buffer holds
  bool at_end = false;  // not before the orderly end
};

// Proposes documents of a quarter of a megabyte, until told to stop: what fills write buffers.
void LoadDocuments(demo::Client& client, std::stop_token stop) {
  for (int i = 0; !stop.stop_requested(); ++i) {
    rulebook::v1::Propose propose;
    propose.set_kind("sources");
    propose.set_name(fmt::format("load-{}", i));
    propose.set_version(1);
    propose.set_chunks(1);
    for (int k = 0; k < 120; ++k) {
      auto& item = *propose.add_items();
      item.set_key(fmt::format("s-{}", k));
      item.mutable_source()->set_code(item.key());
      item.mutable_source()->set_name(std::string(2'000, 'n'));
      item.mutable_source()->set_priority(1);
    }
    const auto told = client.Do("/wanmi.rulebook.v1.Rulebook/Propose", kBootstrap, propose);
    EXPECT_TRUE(told.ok()) << told.status().ToString();
  }
}

class FailingDisk : public CityFixture, public testing::WithParamInterface<Fault> {
 protected:
  void TearDown() override {
    ::unsetenv("LD_PRELOAD");
    CityFixture::TearDown();
  }
  std::vector<std::jthread> Load(demo::Client& client, bool large) const {
    std::vector<std::jthread> callers;
    for (int c = 0; c < kClients; ++c) {
      callers.emplace_back(
          [&client, c](std::stop_token stop) { LoadCity(client, c, std::move(stop)); });
    }
    if (large) {
      callers.emplace_back(
          [&client](std::stop_token stop) { LoadDocuments(client, std::move(stop)); });
    }
    return callers;
  }
  static void AwaitCommands(const demo::Client& client, int64_t more) {
    const int64_t before = client.commands();
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (client.commands() < before + more && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  bool HasStruck() const {
    std::ifstream in(folder_ + "/log");
    const std::string log{std::istreambuf_iterator<char>(in), {}};
    return log.find("failing_disk: ") != std::string::npos;
  }
};

TEST_P(FailingDisk, WhatWasAcknowledgedOutlivesIt) {
  demo::Client client(7, 0);
  Start(client);  // the city is made, and each slice has its genesis
  Stop(client);
  ::setenv("WANMI_FAIL", GetParam().fault, 1);
  ::setenv("LD_PRELOAD", WANMI_FAILING_DISK, 1);
  Start(client);
  ::unsetenv("LD_PRELOAD");
  if (GetParam().at_end) {
    {
      const auto callers = Load(client, GetParam().large);
      AwaitCommands(client, 50);
    }
    Stop(client);  // in order: what a store loses at its end is folded again
    Start(client);
  } else {
    const auto callers = Load(client, GetParam().large);
    EXPECT_EQ(process_.WaitForEnd(), kExitInDoubt);
    Start(client);
    AwaitCommands(client, 50);
  }
  EXPECT_TRUE(HasStruck()) << "nothing failed";
  const Audited audited = Audit(client);
  fmt::print("{} commands, {} calls in doubt: {} lost, {} twice\n", client.commands(),
             client.in_doubt(), audited.lost, audited.twice);
  EXPECT_EQ(audited.lost, 0);
  EXPECT_EQ(audited.twice, 0);
  EXPECT_EQ(client.in_doubt() == 0, GetParam().at_end);
  Stop(client);
  EXPECT_EQ(Rebuild(), 0);
}

INSTANTIATE_TEST_SUITE_P(Of, FailingDisk,
                         testing::Values(Fault{"JournalSync", "sync:/journal/:.log:150"},
                                         Fault{"VaultSync", "sync:/vault/:.log:6"},
                                         Fault{"JournalWrite", "write:/journal/:.log:150"},
                                         Fault{"JournalTear", "torn:/journal/:.log:150"},
                                         Fault{"VaultTear", "torn:/vault/:.log:6"},
                                         Fault{"JournalTable", "write:/journal/:.sst:20", true},
                                         Fault{"StoreTable", "torn:/store/:.sst:1", true},
                                         Fault{"StoreAtEnd", "write:/store/:.sst:1", false, true}),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace wanmi::e2e
