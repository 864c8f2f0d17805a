// ServerTest: a server of one service called directory, whose lanes the test steps itself. It lists
// ten units, and takes OpenUnit for one more: an event that nobody looks at.
#pragma once

#include <gtest/gtest.h>

#include <atomic>

#include "base/log.h"
#include "journal/memory_journal.h"
#include "rules/directory_rows.h"
#include "server/server.h"
#include "testkit/sample_city.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::server {

inline constexpr int kUnits = 10;

inline base::Result<directory::v1::UnitPage> ReadUnits(const directory::v1::ListUnits& request,
                                                       const rules::Views&) {
  base::MapRows rows;
  for (int i = 0; i < kUnits; ++i) {
    directory::v1::Unit unit;
    unit.set_id(fmt::format("u{}", i));
    rules::directory_rows::kUnits.Put(rows, unit.id(), unit);
  }
  directory::v1::UnitPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(),
                   rules::ReadPage(rows, rules::directory_rows::kUnits, {}, request.page(),
                                   [&](std::string_view, directory::v1::Unit&& unit) {
                                     *page.add_units() = std::move(unit);
                                   }));
  return page;
}

inline base::Result<rules::Decision<directory::v1::Event>> DecideOpen(
    std::string_view stream, const directory::v1::Unit&, const directory::v1::Command& command,
    const rules::Context&) {
  directory::v1::UnitOpened opened;
  *opened.mutable_unit() = command.open_unit().unit();
  return rules::Decision<directory::v1::Event>(stream, std::move(opened));
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    testkit::WriteSampleDirectory(people_);
    rules::Rules<directory::v1::Unit, directory::v1::Command, directory::v1::Event> rules;
    rules.name = "directory";
    rules.reference = true;
    rules.decide = DecideOpen;
    rules.apply = [](std::string_view, const directory::v1::Event&, directory::v1::Unit*) {};
    rules.project = [](const rules::Fact<directory::v1::Event>&, const directory::v1::Unit&,
                       base::RowWriter&) {};
    rules.target = [](const directory::v1::Command& command) {
      CHECK(command.open_unit().unit().id() != "broken", "this unit breaks a rule");
      return "unit/" + command.open_unit().unit().id();
    };
    rules.queries = {rules::Read("ListUnits", ReadUnits)};
    runtime::HostOptions options;
    options.open_store = [](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
    };
    options.directory = &people_;
    options.inbox_max = 2;
    options.room = [this] {
      return is_full_ ? base::ResourceExhausted("the disk is full") : base::Status();
    };
    std::vector<rules::Definition> definitions;
    definitions.push_back(rules::Define(std::move(rules)));
    host_ = std::make_unique<runtime::Host>(runtime::City{"toy", "journal-1", 4, 2},
                                            std::move(definitions), journal_, clock_,
                                            std::move(options));
    ASSERT_TRUE(host_->Open().ok());
    vault_ = vault::MemoryVault(std::make_unique<vault::MapKeyStore>(), 1);
    auto server = Server::Start(*host_, *vault_, nullptr, {.await = await_});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(*server);
    channel_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                   grpc::InsecureChannelCredentials());
  }

  base::MapRows people_;
  base::ManualClock clock_{testkit::kSampleNow};
  journal::MemoryJournal journal_;
  std::unique_ptr<runtime::Host> host_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::atomic<bool> is_full_ = false;  // the disk
  std::chrono::milliseconds await_{20};
};

}  // namespace wanmi::server
