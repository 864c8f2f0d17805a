// base: the small values that everything else stands on.
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "base/partition.h"
#include "base/rows.h"
#include "base/status.h"
#include "base/time.h"

namespace wanmi::base {
namespace {

TEST(Status, SaysWhatWasBeingDone) {
  const Status status = NotFound("expected a grid with code {}, found none", "370705001001001");
  EXPECT_EQ(status.With("while locating").message(),
            "while locating: expected a grid with code 370705001001001, found none");
  EXPECT_EQ(status.With("x").code(), Code::kNotFound);
  EXPECT_TRUE(Status().With("x").ok());
}

TEST(Result, CarriesAValueOrAStatus) {
  const auto half = [](int n) -> Result<int> {
    if (n % 2 != 0) return InvalidArgument("expected an even number, found {}", n);
    return n / 2;
  };
  const auto quarter = [&](int n) -> Result<int> {
    ASSIGN_OR_RETURN(const int h, half(n));
    return half(h);
  };
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).status().code(), Code::kInvalidArgument);
}

TEST(Check, ThrowsWithTheReason) {
  try {
    CHECK(1 == 2, "seen {}", 3);
    FAIL();
  } catch (const CheckFailure& failure) {
    EXPECT_NE(std::string(failure.what()).find("seen 3"), std::string::npos);
  }
}

TEST(Key, SortsAsItsPartsDo) {
  EXPECT_LT(Key().Number(-1).str(), Key().Number(0).str());
  EXPECT_LT(Key().Number(255).str(), Key().Number(256).str());
  EXPECT_LT(Key().Text("a").Text("b").str(), Key().Text("ab").str());
  const Key key = Key().Text("case").Number(-7).Tail("rest");
  KeyReader reader(key);
  EXPECT_EQ(reader.Text(), "case");
  EXPECT_EQ(reader.Number(), -7);
  EXPECT_EQ(reader.Tail(), "rest");
}

TEST(MapRows, ScansAPrefixFromAKey) {
  MapRows rows;
  for (const char* key : {"a1", "a2", "a3", "b1"}) rows.Put(20, key, key);
  rows.Put(21, "a2", "other family");
  std::string seen;
  rows.Scan(20, "a", "a2", [&](std::string_view key, std::string_view) {
    seen.append(key);
    return true;
  });
  EXPECT_EQ(seen, "a2a3");
}

// Values of Kafka's own Utils.murmur2 (DefaultPartitioner), so that other producers agree.
TEST(Partition, IsKafkasMurmur2) {
  EXPECT_EQ(static_cast<int32_t>(Murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(PartitionOf("report-1/c1/w2", 8), PartitionOf("report-1", 8));
}

TEST(Time, CivilDateIsOfTheZone) {
  const Time late_utc = FromMicros(1'795'363'200'000'000);  // 2026-11-22T16:00:00Z
  EXPECT_EQ(FormatUtc(late_utc), "2026-11-22T16:00:00.000000Z");
  EXPECT_EQ(CivilDate(late_utc, std::chrono::hours(8)), "20261123");
}

TEST(Metrics, AreTheSameForTheSameNameAndLabels) {
  Metrics metrics;
  metrics.MakeCounter("wanmi_test_things_total", "Things", {{"kind", "a"}}).Add(2);
  metrics.MakeCounter("wanmi_test_things_total", "Things", {{"kind", "a"}}).Add();
  EXPECT_NE(metrics.Text().find("wanmi_test_things_total{kind=\"a\"} 3"), std::string::npos);
}

}  // namespace
}  // namespace wanmi::base
