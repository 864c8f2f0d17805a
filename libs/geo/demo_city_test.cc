// The demo city is valid, without gaps or overlaps, and the same for the same seed.
#include "geo/demo_city.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>

#include "geo/cell_index.h"
#include "geo/grid_code.h"

namespace wanmi::geo {
namespace {

const Point kCentre{119.16, 36.7};

// The communities of the demo city as the source tree has them.
std::vector<std::string> Communities(std::string_view district) {
  std::ifstream lines(WANMI_SOURCE_DIR "/data/divisions/weifang.csv");
  std::vector<std::string> codes;
  for (std::string line; std::getline(lines, line);) {
    const std::string code = line.substr(0, line.find(','));
    if (code.size() == 12 && code.starts_with(district)) codes.push_back(code);
  }
  return codes;
}

uint64_t Digest(const std::vector<DemoCommunity>& city) {
  uint64_t digest = 0;
  const auto mix = [&](double degrees) {
    digest = Chance(digest ^ static_cast<uint64_t>(std::llround(degrees * 1e7))).Next();
  };
  for (const DemoCommunity& community : city) {
    for (const DemoCell& cell : community.cells) {
      for (const Point& point : cell.polygon.ring)
        mix(point.longitude_deg), mix(point.latitude_deg);
    }
  }
  return digest;
}

TEST(Chance, IsSplitmix64) {
  Chance chance(1234567);  // the published first values for this seed
  EXPECT_EQ(chance.Next(), 6457827717110365317u);
  EXPECT_EQ(chance.Next(), 3203168211198807973u);
}

TEST(DemoCity, OfADistrictIsWhole) {
  const auto codes = Communities("370705");
  ASSERT_EQ(codes.size(), 183u);
  const auto city = *MakeDemoCity(1, kCentre, codes);
  ASSERT_EQ(city.size(), codes.size());
  std::map<AreaGrade, int> grades;
  double area = 0, cell_area = 0;
  for (size_t i = 0; i < city.size(); ++i) {
    EXPECT_EQ(city[i].code, codes[i]);
    ASSERT_TRUE(Validate(city[i].polygon).ok()) << Validate(city[i].polygon).message();
    EXPECT_GE(city[i].cells.size(), 30u);
    EXPECT_LE(city[i].cells.size(), 42u);
    area += AreaSquareMetres(city[i].polygon);
    for (const DemoCell& cell : city[i].cells) {
      ASSERT_TRUE(Validate(cell.polygon).ok()) << Validate(cell.polygon).message();
      EXPECT_EQ(GridCode::Parse(cell.code)->community(), codes[i]);
      EXPECT_NEAR(cell.area_m2, 10'000, 5'000);
      EXPECT_TRUE(Contains(city[i].polygon, CentroidOf(cell.polygon)));
      cell_area += cell.area_m2;
      ++grades[cell.grade];
    }
  }
  EXPECT_NEAR(area / cell_area, 1, 1e-5);
  for (const AreaGrade grade : {AreaGrade::kA, AreaGrade::kB, AreaGrade::kC}) {
    EXPECT_GT(grades[grade], 300) << GradeName(grade);
  }
  EXPECT_LT(grades[AreaGrade::kA], grades[AreaGrade::kB]);
}

TEST(DemoCity, HasNoGapsAndNoOverlaps) {
  // 16 communities fill a square of 4 by 4 blocks, so every point well inside is in exactly one
  // cell; corners too, which belong to four.
  std::vector<std::string> codes = Communities("370703");
  codes.resize(16);
  const auto city = *MakeDemoCity(3, kCentre, codes);
  std::vector<Point> points;
  Chance chance(9);
  const LocalFrame frame(kCentre);
  for (int i = 0; i < 1000; ++i) {
    points.push_back(frame.ToPoint({1600 * (chance.Unit() - 0.5), 2000 * (chance.Unit() - 0.5)}));
  }
  for (const DemoCell& cell : city[5].cells) {
    for (const Point& corner : cell.polygon.ring) {
      const Metres metres = frame.ToMetres(corner);
      if (std::abs(metres.east) < 800 && std::abs(metres.north) < 1000) points.push_back(corner);
    }
  }
  ASSERT_GT(points.size(), 1050u);
  for (const Point& point : points) {
    int cells = 0, communities = 0;
    for (const DemoCommunity& community : city) {
      communities += Contains(community.polygon, point);
      for (const DemoCell& cell : community.cells) cells += Contains(cell.polygon, point);
    }
    EXPECT_EQ(cells, 1);
    EXPECT_EQ(communities, 1);
  }
}

TEST(DemoCity, IsNumberedWestToEastThenNorthToSouth) {
  const auto city = *MakeDemoCity(1, kCentre, {"370705001001"});
  const auto& cells = city[0].cells;
  const size_t columns = cells.size() / 6;
  for (size_t i = 1; i < cells.size(); ++i) {
    const Point before = CentroidOf(cells[i - 1].polygon), here = CentroidOf(cells[i].polygon);
    if (i % columns != 0) {
      EXPECT_GT(here.longitude_deg, before.longitude_deg);
    } else {
      EXPECT_LT(here.latitude_deg, before.latitude_deg);
    }
  }
  EXPECT_EQ(cells.front().code, "370705001001001");
}

TEST(DemoCity, PutsAStreetTogether) {
  // Ten communities that follow each other lie within the diagonal of a few blocks.
  const auto city = *MakeDemoCity(1, kCentre, Communities("370705"));
  for (size_t i = 0; i + 10 <= 50; i += 10) {
    for (size_t j = i; j < i + 10; ++j) {
      EXPECT_LT(DistanceMetres(CentroidOf(city[i].polygon), CentroidOf(city[j].polygon)), 4'000);
    }
  }
}

TEST(DemoCity, IsTheSameForTheSameSeedEverywhere) {
  const auto codes = Communities("370705");
  const uint64_t digest = Digest(*MakeDemoCity(1, kCentre, codes));
  EXPECT_EQ(digest, Digest(*MakeDemoCity(1, kCentre, codes)));
  EXPECT_NE(digest, Digest(*MakeDemoCity(2, kCentre, codes)));
  EXPECT_EQ(digest, 13347501545753284415u);  // recorded: a change here changes every demo city
}

TEST(DemoCity, RefusesCodesThatAreNone) {
  EXPECT_FALSE(MakeDemoCity(1, kCentre, {"370705001"}).ok());
  EXPECT_FALSE(MakeDemoCity(1, kCentre, {"370705001001", "370705001001"}).ok());
  EXPECT_FALSE(MakeDemoCity(1, {0, 89}, {}).ok());
  EXPECT_TRUE(MakeDemoCity(1, kCentre, {})->empty());
}

}  // namespace
}  // namespace wanmi::geo
