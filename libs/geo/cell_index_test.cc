// The index answers as a scan over all cells would.
#include "geo/cell_index.h"

#include <gtest/gtest.h>

#include <chrono>

#include "geo/demo_city.h"

namespace wanmi::geo {
namespace {

const Point kCentre{119.16, 36.7};

Point At(double east, double north) { return LocalFrame(kCentre).ToPoint({east, north}); }

Polygon Square(double west, double south, double side) {
  return {{At(west, south), At(west + side, south), At(west + side, south + side),
           At(west, south + side)}};
}

std::vector<DemoCommunity> City(int communities) {
  std::vector<std::string> codes;
  for (int i = 0; i < communities; ++i) codes.push_back(fmt::format("370705{:03}{:03}", i / 10, i));
  return *MakeDemoCity(7, kCentre, codes);
}

TEST(CellIndex, LocatesAndFindsNear) {
  CellIndex index;
  EXPECT_FALSE(index.Locate(kCentre));
  EXPECT_FALSE(index.Nearest(kCentre, kEvidenceToleranceM));
  index.Add("b", Square(0, 0, 100));
  index.Add("a", Square(300, 0, 100));
  EXPECT_EQ(index.Locate(At(50, 50)), "b");
  EXPECT_FALSE(index.Locate(At(150, 50)));
  EXPECT_EQ(index.Nearest(At(50, 50), 0)->metres, 0);
  const auto near = index.Nearest(At(149, 50), kEvidenceToleranceM);
  ASSERT_TRUE(near);
  EXPECT_EQ(near->id, "b");
  EXPECT_NEAR(near->metres, 49, 0.01);
  EXPECT_FALSE(index.Nearest(At(151, 50), kEvidenceToleranceM));
  EXPECT_EQ(index.Nearest(At(260, 50), 1000)->id, "a");
  EXPECT_EQ(index.Nearest(At(50'000, 0), 100'000)->id, "a");
  EXPECT_FALSE(index.Locate({500, 500}));
  EXPECT_FALSE(index.Nearest({500, 500}, 1e9));
}

TEST(CellIndex, ReplacesAndRemoves) {
  CellIndex index;
  index.Add("a", Square(0, 0, 100));
  index.Add("a", Square(1000, 0, 100));
  EXPECT_EQ(index.size(), 1u);
  EXPECT_FALSE(index.Locate(At(50, 50)));
  EXPECT_EQ(index.Locate(At(1050, 50)), "a");
  EXPECT_NE(index.Find("a"), nullptr);
  EXPECT_TRUE(index.Remove("a"));
  EXPECT_FALSE(index.Remove("a"));
  EXPECT_FALSE(index.Locate(At(1050, 50)));
  EXPECT_EQ(index.Find("a"), nullptr);
  index.Add("c", Square(0, 0, 100));  // takes the freed slot
  EXPECT_EQ(index.Locate(At(50, 50)), "c");
}

TEST(CellIndex, GivesTheSmallestIdWhereCellsOverlap) {
  CellIndex there, back;
  there.Add("a", Square(0, 0, 100)), there.Add("b", Square(50, 50, 100));
  back.Add("b", Square(50, 50, 100)), back.Add("a", Square(0, 0, 100));
  EXPECT_EQ(there.Locate(At(75, 75)), "a");
  EXPECT_EQ(back.Locate(At(75, 75)), "a");
}

TEST(CellIndex, TakesAWholeDistrictToo) {
  CellIndex index;
  index.Add("district", Square(-10'000, -10'000, 20'000));
  index.Add("far", Square(50'000, 0, 100));
  EXPECT_EQ(index.Locate(At(9'000, -9'000)), "district");
  EXPECT_EQ(index.Nearest(At(10'030, 0), 50)->id, "district");
  EXPECT_TRUE(index.Remove("district"));
  EXPECT_FALSE(index.Locate(At(0, 0)));
}

TEST(CellIndex, AgreesWithAScanOfAllCells) {
  const std::vector<DemoCommunity> city = City(30);
  CellIndex index;
  for (const DemoCommunity& community : city) {
    for (const DemoCell& cell : community.cells) index.Add(cell.code, cell.polygon);
  }
  Chance chance(1);
  int near_found = 0;
  for (int i = 0; i < 300; ++i) {
    const Point point = At(4'500 * (chance.Unit() - 0.5), 4'500 * (chance.Unit() - 0.5));
    std::optional<std::string_view> inside;
    double least = 1e9;
    for (const DemoCommunity& community : city) {
      for (const DemoCell& cell : community.cells) {
        if (Contains(cell.polygon, point)) inside = cell.code;
        least = std::min(least, DistanceToEdgeMetres(cell.polygon, point));
      }
    }
    EXPECT_EQ(index.Locate(point), inside);
    const auto near = index.Nearest(point, 200);
    ASSERT_EQ(near.has_value(), inside || least <= 200);
    if (!near || inside) continue;
    EXPECT_EQ(near->metres, least);
    ++near_found;
  }
  EXPECT_GT(near_found, 5);
}

TEST(CellIndex, IsCheapWithAHundredThousandCells) {
  CellIndex index;
  constexpr int kSide = 317;
  for (int x = 0; x < kSide; ++x) {
    for (int y = 0; y < kSide; ++y) {
      index.Add(fmt::format("{:03}-{:03}", x, y), Square(x * 100.0, y * 100.0, 100));
    }
  }
  ASSERT_GT(index.size(), 100'000u);
  const auto started = std::chrono::steady_clock::now();
  Chance chance(2);
  for (int i = 0; i < 10'000; ++i) {
    const double east = 100 * kSide * chance.Unit(), north = 100 * kSide * chance.Unit();
    const auto found = index.Locate(At(east, north));
    ASSERT_TRUE(found);
  }
  // About 5 ms; a scan over all cells would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
}

}  // namespace
}  // namespace wanmi::geo
