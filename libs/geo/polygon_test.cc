// Outlines: what is one, how large it is, what lies in it.
#include "geo/polygon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace wanmi::geo {
namespace {

const Point kCentre{119.16, 36.7};

Polygon InMetres(const std::vector<Metres>& corners) {
  Polygon polygon;
  for (const Metres& corner : corners) {
    polygon.ring.push_back(LocalFrame(kCentre).ToPoint(corner));
  }
  return polygon;
}

Point At(double east, double north) { return LocalFrame(kCentre).ToPoint({east, north}); }

TEST(Polygon, IsMeasuredInMetres) {
  Polygon square = InMetres({{0, 0}, {100, 0}, {100, 100}, {0, 100}});
  EXPECT_NEAR(AreaSquareMetres(square), 10'000, 1);
  EXPECT_NEAR(DistanceToEdgeMetres(square, At(50, 40)), 40, 0.01);
  EXPECT_NEAR(DistanceToEdgeMetres(square, At(130, 140)), 50, 0.01);
  EXPECT_NEAR(DistanceMetres(CentroidOf(square), At(50, 50)), 0, 0.01);
  std::reverse(square.ring.begin(), square.ring.end());
  EXPECT_TRUE(Validate(square).ok());
  EXPECT_NEAR(AreaSquareMetres(square), 10'000, 1);
}

TEST(Polygon, ContainsByItsOutlineAndNotByItsBox) {
  const Polygon bent = InMetres({{0, 0}, {100, 0}, {100, 100}, {60, 100}, {60, 40}, {0, 40}});
  EXPECT_TRUE(Contains(bent, At(30, 20)));
  EXPECT_TRUE(Contains(bent, At(80, 80)));
  EXPECT_FALSE(Contains(bent, At(30, 80)));
  EXPECT_FALSE(Contains(bent, At(-1, 20)));
}

TEST(Polygon, ContainsAPointLevelWithACorner) {
  const Polygon diamond{{{119, 36}, {120, 37}, {119, 38}, {118, 37}}};
  EXPECT_TRUE(Contains(diamond, {119, 37}));
  EXPECT_FALSE(Contains(diamond, {117, 37}));
  EXPECT_FALSE(Contains(diamond, {118, 38}));
  EXPECT_FALSE(Contains(diamond, {118, 36}));
}

TEST(Polygon, ThatIsNoneIsRefusedWithItsReason) {
  const auto reason = [](const Polygon& polygon) { return Validate(polygon).message(); };
  EXPECT_NE(reason(InMetres({{0, 0}, {100, 100}, {100, 0}, {0, 100}})).find("cross"),
            std::string::npos);
  EXPECT_NE(reason(InMetres({{0, 0}, {100, 0}})).find("at least 3"), std::string::npos);
  EXPECT_NE(reason({}).find("found 0"), std::string::npos);
  EXPECT_FALSE(Validate(InMetres({{0, 0}, {50, 0}, {100, 0}})).ok());
  EXPECT_FALSE(Validate(InMetres({{0, 0}, {0, 0}, {0, 0}, {0, 0}})).ok());
  EXPECT_NE(reason(InMetres({{0, 0}, {200, 0}, {100, 0}, {100, 100}})).find("spike"),
            std::string::npos);
  Polygon nowhere = InMetres({{0, 0}, {100, 0}, {100, 100}});
  nowhere.ring[1].latitude_deg = std::nan("");
  EXPECT_FALSE(Validate(nowhere).ok());
}

TEST(Polygon, OfAnExchangeFormatMustBeClosed) {
  std::vector<Point> ring = InMetres({{0, 0}, {100, 0}, {100, 100}}).ring;
  EXPECT_FALSE(FromClosedRing(ring).ok());
  ring.push_back(ring.front());
  EXPECT_EQ(FromClosedRing(ring)->ring.size(), 3u);
  ring.back().longitude_deg += 1e-6;
  EXPECT_NE(FromClosedRing(ring).status().message().find("close it"), std::string::npos);
}

}  // namespace
}  // namespace wanmi::geo
