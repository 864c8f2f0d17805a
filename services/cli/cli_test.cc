// The pieces of the command line that can be wrong without a city.
#include <gtest/gtest.h>

#include "services/cli/commands.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::cli {
namespace {

TEST(Uuid, IsOfVersionSevenAndSortsByTime) {
  const std::string a = NewUuid(), b = NewUuid();
  EXPECT_EQ(a.size(), 36u);
  EXPECT_EQ(a[14], '7');
  EXPECT_NE(std::string("89ab").find(a[19]), std::string::npos);
  EXPECT_NE(a, b);
  EXPECT_LE(a.substr(0, 13), b.substr(0, 13));
}

TEST(SetField, GoesIntoMessagesAndNamesWhatThereIs) {
  intake::v1::Report report;
  ASSERT_TRUE(SetField(&report, "source=12345").ok());
  ASSERT_TRUE(SetField(&report, "class_ref.code=event/01-10").ok());
  ASSERT_TRUE(SetField(&report, "place.point.longitude_deg=119.13").ok());
  ASSERT_TRUE(SetField(&report, "evidence.kind=EVIDENCE_KIND_PICTURE").ok());
  ASSERT_TRUE(SetField(&report, "words.text=said \"so\" = yes").ok());
  EXPECT_EQ(report.source(), "12345");
  EXPECT_EQ(report.class_ref().code(), "event/01-10");
  EXPECT_EQ(report.place().point().longitude_deg(), 119.13);
  EXPECT_EQ(report.evidence(0).kind(), common::v1::EVIDENCE_KIND_PICTURE);
  EXPECT_EQ(report.words().text(), "said \"so\" = yes");
  const auto wrong = SetField(&report, "colour=red");
  EXPECT_EQ(wrong.code(), base::Code::kInvalidArgument);
  EXPECT_NE(wrong.message().find("class_ref"), std::string::npos);
  EXPECT_FALSE(SetField(&report, "occurred_at_us=soon").ok());
  EXPECT_FALSE(SetField(&report, "source").ok());
}

TEST(Table, CountsChineseAsTwoColumns) {
  EXPECT_EQ(Table({{"名", "b"}, {"abcd", "c"}}), "名    b\nabcd  c\n");
}

TEST(LocalTime, IsChinas) { EXPECT_EQ(LocalTime(1'773'190'800'000'000), "2026-03-11 09:00:00"); }

TEST(FindMethod, NamesWhatThereIs) {
  EXPECT_TRUE(FindMethod("FileCase").ok());
  EXPECT_NE(FindMethod("Fly").status().message().find("FileCase"), std::string::npos);
}

}  // namespace
}  // namespace wanmi::cli
