// Unit grid codes.
#include "geo/grid_code.h"

#include <gtest/gtest.h>

namespace wanmi::geo {
namespace {

TEST(GridCode, HasFourParts) {
  const GridCode code = *GridCode::Parse("370705001004017");
  EXPECT_EQ(code.district(), "370705");
  EXPECT_EQ(code.street(), "370705001");
  EXPECT_EQ(code.community(), "370705001004");
  EXPECT_EQ(code.sequence(), 17);
  EXPECT_EQ(*GridCode::Make("370705001004", 17), code);
  EXPECT_LT(code, *GridCode::Make("370705001004", 18));
}

TEST(GridCode, ErrorsSayWhatIsWrong) {
  const auto error = [](std::string_view text) { return GridCode::Parse(text).status().message(); };
  EXPECT_NE(error("3707050010040").find("found 13 characters"), std::string::npos);
  EXPECT_NE(error("37070500100401x").find("place 15"), std::string::npos);
  EXPECT_NE(error("370705001004000").find("found 000"), std::string::npos);
  EXPECT_FALSE(GridCode::Parse("").ok());
  EXPECT_FALSE(GridCode::Parse("３7070500100401").ok());
}

TEST(GridCode, EndsAt999) {
  EXPECT_EQ(GridCode::Make("370705001004", 999)->str(), "370705001004999");
  EXPECT_EQ(GridCode::Make("370705001004", 1000).status().code(), base::Code::kResourceExhausted);
  EXPECT_EQ(GridCode::Make("370705001004", 0).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(GridCode::Make("37070500100", 1).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace wanmi::geo
