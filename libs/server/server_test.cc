// The desk over the wire: pages of a list.
#include "server/server_test.h"

#include "wanmi/journal/v1/page.pb.h"

namespace wanmi::server {
namespace {

using directory::v1::ListUnits;
using directory::v1::UnitPage;
using wanmi::journal::v1::PageToken;

class PagesTest : public ServerTest {
 protected:
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
