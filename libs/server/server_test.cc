// The desk over the wire: a service called directory that lists ten units and remembers nothing.
#include "server/server.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/memory_journal.h"
#include "rules/directory_rows.h"
#include "testkit/sample_city.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/journal/v1/page.pb.h"

namespace wanmi::server {
namespace {

using directory::v1::ListUnits;
using directory::v1::UnitPage;
using wanmi::journal::v1::PageToken;
constexpr int kUnits = 10;

base::Result<UnitPage> ReadUnits(const ListUnits& request, const rules::Views&) {
  base::MapRows rows;
  for (int i = 0; i < kUnits; ++i) {
    directory::v1::Unit unit;
    unit.set_id(fmt::format("u{}", i));
    rules::directory_rows::kUnits.Put(rows, unit.id(), unit);
  }
  UnitPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(),
                   rules::ReadPage(rows, rules::directory_rows::kUnits, {}, request.page(),
                                   [&](std::string_view, directory::v1::Unit&& unit) {
                                     *page.add_units() = std::move(unit);
                                   }));
  return page;
}

base::Result<rules::Decision<directory::v1::Event>> DecideNothing(std::string_view,
                                                                  const directory::v1::Unit&,
                                                                  const directory::v1::Command&,
                                                                  const rules::Context&) {
  return rules::Decision<directory::v1::Event>();
}

class PagesTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    testkit::WriteSampleDirectory(people_);
    rules::Rules<directory::v1::Unit, directory::v1::Command, directory::v1::Event> rules;
    rules.name = "directory";
    rules.reference = true;
    rules.decide = DecideNothing;
    rules.apply = [](std::string_view, const directory::v1::Event&, directory::v1::Unit*) {};
    rules.project = [](const rules::Fact<directory::v1::Event>&, const directory::v1::Unit&,
                       base::RowWriter&) {};
    rules.target = [](const directory::v1::Command&) { return std::string("unit/x"); };
    rules.queries = {rules::Read("ListUnits", ReadUnits)};
    runtime::HostOptions options;
    options.open_store = [](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
    };
    options.directory = &people_;
    std::vector<rules::Definition> definitions;
    definitions.push_back(rules::Define(std::move(rules)));
    host_ = std::make_unique<runtime::Host>(runtime::City{"toy", "journal-1", 4, 2},
                                            std::move(definitions), journal_, clock_,
                                            std::move(options));
    ASSERT_TRUE(host_->Open().ok());
    vault_ = vault::MemoryVault(std::make_unique<vault::MapKeyStore>(), 1);
    auto server = Server::Start(*host_, *vault_, nullptr, {.await = std::chrono::milliseconds(20)});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(*server);
    channel_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                   grpc::InsecureChannelCredentials());
  }

  base::Result<UnitPage> List(const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("wanmi-person", testkit::SamplePersonOf("leader"));
    context.AddMetadata("wanmi-post", "leader");
    ListUnits request;
    request.mutable_page()->set_size(4);
    request.mutable_page()->set_token(token);
    UnitPage page;
    RETURN_IF_ERROR(
        Call(*channel_, "/wanmi.directory.v1.Directory/ListUnits", context, request, &page));
    return page;
  }
  base::Code CodeOf(const std::string& token) { return List(token).status().code(); }
  // The token of the first page, read.
  PageToken First() {
    PageToken token;
    EXPECT_TRUE(token.ParseFromString(List("")->next()));
    return token;
  }

  base::MapRows people_;
  base::ManualClock clock_{testkit::kSampleNow};
  journal::MemoryJournal journal_;
  std::unique_ptr<runtime::Host> host_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(PagesTest, APageTokenHoldsWhatThePageHasSeenAndGoesOn) {
  const PageToken token = First();
  EXPECT_EQ(token.seen().city(), "toy");
  EXPECT_EQ(token.seen().incarnation(), 2);
  ASSERT_EQ(token.seen().positions_size(), 1);
  EXPECT_EQ(token.seen().positions(0).service(), "directory");
  EXPECT_EQ(token.seen().positions(0).seq(), 1) << "the genesis";
  std::vector<std::string> units;
  std::string next;
  int pages = 0;
  do {
    const auto page = List(next);
    ASSERT_TRUE(page.ok()) << page.status().ToString();
    for (const auto& unit : page->units()) units.push_back(unit.id());
    next = page->next();
  } while (!next.empty() && ++pages < 9);
  EXPECT_EQ(units.size(), static_cast<size_t>(kUnits));
  EXPECT_EQ(pages, 2);
}

TEST_F(PagesTest, ATokenFromBeforeARestoreOrOfAnotherCityIsRefused) {
  PageToken token = First();
  token.mutable_seen()->set_incarnation(1);
  EXPECT_EQ(CodeOf(token.SerializeAsString()), base::Code::kFailedPrecondition);
  token = First();
  token.mutable_seen()->set_city("another");
  EXPECT_EQ(CodeOf(token.SerializeAsString()), base::Code::kFailedPrecondition);
}

TEST_F(PagesTest, WhatIsNoPageTokenIsRefused) {
  PageToken bare = First(), long_one = First();
  EXPECT_EQ(CodeOf("\xff\xff"), base::Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(bare.next()), base::Code::kInvalidArgument) << "the query's own, without seen";
  bare.clear_next();
  EXPECT_EQ(CodeOf(bare.SerializeAsString()), base::Code::kInvalidArgument);
  PageToken other_list = First();
  other_list.set_next("x");
  EXPECT_EQ(CodeOf(other_list.SerializeAsString()), base::Code::kInvalidArgument);
  long_one.set_next(std::string(4'096, 'x'));
  EXPECT_EQ(CodeOf(long_one.SerializeAsString()), base::Code::kInvalidArgument);
}

// A page that has seen more than this host has is not served from here.
TEST_F(PagesTest, ThePositionsAreWaitedFor) {
  PageToken token = First();
  token.mutable_seen()->mutable_positions(0)->set_seq(2);
  EXPECT_EQ(CodeOf(token.SerializeAsString()), base::Code::kUnavailable);
}

}  // namespace
}  // namespace wanmi::server
