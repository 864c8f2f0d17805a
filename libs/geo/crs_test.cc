// Points, frames and the ways between coordinate systems.
#include "geo/crs.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace wanmi::geo {
namespace {

Point AnyPointInChina() {
  return {*rc::gen::inRange(74'000'000, 134'000'000) * 1e-6,
          *rc::gen::inRange(18'000'000, 53'000'000) * 1e-6};
}

TEST(Point, DistanceIsInMetres) {
  EXPECT_NEAR(DistanceMetres({119, 36}, {119, 37}), 111'195, 1);
  EXPECT_NEAR(DistanceMetres({119, 60}, {120, 60}), 55'597, 5);
  EXPECT_EQ(DistanceMetres({119, 36}, {119, 36}), 0);
}

TEST(Point, IsRefusedWhereThereIsNone) {
  EXPECT_TRUE(Validate(Point{119.16, 36.7}).ok());
  EXPECT_NE(Validate(Point{36.7, 119.16}).message().find("swapped"), std::string::npos);
  EXPECT_FALSE(Validate(Point{std::nan(""), 36}).ok());
  EXPECT_FALSE(Validate(Point{119, std::numeric_limits<double>::infinity()}).ok());
}

TEST(LocalFrame, AgreesWithDistancesAndComesBack) {
  EXPECT_TRUE(rc::check("frame", [] {
    const Point origin = AnyPointInChina();
    const LocalFrame frame(origin);
    const Metres metres{*rc::gen::inRange(-5000, 5000) * 1.0, *rc::gen::inRange(-5000, 5000) * 1.0};
    const Point point = frame.ToPoint(metres);
    const double flat = std::hypot(metres.east, metres.north);
    RC_ASSERT(std::abs(DistanceMetres(origin, point) - flat) <= 0.002 * flat + 1e-6);
    RC_ASSERT(std::abs(frame.ToMetres(point).east - metres.east) < 1e-6);
    RC_ASSERT(std::abs(frame.ToMetres(point).north - metres.north) < 1e-6);
  }));
}

// Values that other implementations of the published formulas give for the same place.
TEST(Crs, AgreesWithTheWorld) {
  const Point gcj = FromWgs84({116.404, 39.915}, Crs::kGcj02);
  EXPECT_NEAR(gcj.longitude_deg, 116.41024449916938, 1e-9);
  EXPECT_NEAR(gcj.latitude_deg, 39.91640428150164, 1e-9);
  const Point wgs = ToWgs84({116.404, 39.915}, Crs::kGcj02);
  const Point bd = FromWgs84(wgs, Crs::kBd09);
  EXPECT_NEAR(bd.longitude_deg, 116.41036949371029, 1e-9);
  EXPECT_NEAR(bd.latitude_deg, 39.92133699351021, 1e-9);
}

TEST(Crs, GoesThereAndBack) {
  EXPECT_TRUE(rc::check("there and back", [] {
    const Point point = AnyPointInChina();
    for (const Crs crs : {Crs::kWgs84, Crs::kGcj02, Crs::kBd09}) {
      const Point back = ToWgs84(FromWgs84(point, crs), crs);
      RC_ASSERT(std::abs(back.longitude_deg - point.longitude_deg) < 1e-9);
      RC_ASSERT(std::abs(back.latitude_deg - point.latitude_deg) < 1e-9);
    }
  }));
}

TEST(Crs, ShiftsOnlyInsideChina) {
  const Point paris{2.35, 48.85};
  EXPECT_EQ(FromWgs84(paris, Crs::kGcj02), paris);
  EXPECT_EQ(ToWgs84(paris, Crs::kGcj02), paris);
  const Point weifang{119.16, 36.7};
  const double shift_m = DistanceMetres(weifang, FromWgs84(weifang, Crs::kGcj02));
  EXPECT_GT(shift_m, 100);
  EXPECT_LT(shift_m, 1000);
}

TEST(Crs, NamesAreReadAndThoseKnownAreTold) {
  EXPECT_EQ(*ParseCrs("wgs84"), Crs::kWgs84);
  EXPECT_EQ(*ParseCrs("CGCS2000"), Crs::kWgs84);
  EXPECT_EQ(*ParseCrs("epsg:4490"), Crs::kWgs84);
  EXPECT_EQ(*ParseCrs("bd_09"), Crs::kBd09);
  for (const Crs crs : {Crs::kWgs84, Crs::kGcj02, Crs::kBd09}) {
    EXPECT_EQ(*ParseCrs(CrsName(crs)), crs);
  }
  const base::Status unknown = ParseCrs("Beijing 1954").status();
  EXPECT_EQ(unknown.code(), base::Code::kInvalidArgument);
  for (const char* known : {"WGS-84", "CGCS2000", "GCJ-02", "BD-09"}) {
    EXPECT_NE(unknown.message().find(known), std::string::npos) << known;
  }
}

}  // namespace
}  // namespace wanmi::geo
