#include "geo/demo_city.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "geo/grid_code.h"

namespace wanmi::geo {
namespace {

constexpr double kStepM = 100;
constexpr double kJitterM = 12;  // sides of 76–124 m: every quad stays simple
constexpr int kRows = 6;         // of unit grids in a community
constexpr int kLeastColumns = 5;
constexpr int kColumnChoices = 3;
constexpr size_t kBandBlocks = 4;  // a street of ten communities is then about 4 × 3 blocks
constexpr double kDegreeParts = 1e7;
constexpr double kCoreShare = 0.35,
                 kInnerShare = 0.7;  // of the radius of a round city of this area

// Blocks of the city, counted from its south-west, in the order in which communities take them:
// bands of four rows, west to east and back; in a band column by column, up and down.
struct Block {
  size_t column, row;
};

Block BlockOf(size_t index, size_t columns) {
  const size_t band = index / (columns * kBandBlocks);
  const size_t in_band = index % (columns * kBandBlocks);
  const size_t column = in_band / kBandBlocks, row = in_band % kBandBlocks;
  return {band % 2 == 0 ? column : columns - 1 - column,
          band * kBandBlocks + (column % 2 == 0 ? row : kBandBlocks - 1 - row)};
}

class Layout {
 public:
  Layout(uint64_t seed, const Point& centre, size_t communities)
      : seed_(seed),
        frame_(centre),
        columns_(static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(communities))))) {
    Chance chance(seed);
    column_starts_.push_back(0);
    for (size_t i = 0; i < columns_; ++i) {
      column_starts_.push_back(column_starts_.back() + kLeastColumns +
                               static_cast<int>(chance.Below(kColumnChoices)));
    }
    size_t rows = 0, cells = 0;
    for (size_t i = 0; i < communities; ++i) {
      const Block block = BlockOf(i, columns_);
      rows = std::max(rows, block.row + 1);
      cells += static_cast<size_t>(Width(block) * kRows);
    }
    middle_ = {column_starts_.back() * kStepM / 2, static_cast<double>(rows) * kRows * kStepM / 2};
    radius_m_ = kStepM * std::sqrt(static_cast<double>(cells) / std::numbers::pi);
  }

  base::Result<DemoCommunity> Make(const std::string& code, size_t index) const {
    const Block block = BlockOf(index, columns_);
    const int west = column_starts_[block.column], east = column_starts_[block.column + 1];
    const int south = static_cast<int>(block.row) * kRows, north = south + kRows;
    DemoCommunity community{code, Outline(west, south, east, north), {}};
    int sequence = 0;
    for (int y = north - 1; y >= south; --y) {
      for (int x = west; x < east; ++x) {
        ASSIGN_OR_RETURN(const GridCode cell, GridCode::Make(code, ++sequence));
        Polygon quad = Outline(x, y, x + 1, y + 1);
        const double area = AreaSquareMetres(quad);
        community.cells.push_back({cell.str(), std::move(quad), area, GradeAt(x, y)});
      }
    }
    return community;
  }

 private:
  int Width(const Block& block) const {
    return column_starts_[block.column + 1] - column_starts_[block.column];
  }

  // Depends on its place only, so that all who share a corner get the same one.
  Point Corner(int x, int y) const {
    Chance chance(
        seed_ ^ (static_cast<uint64_t>(static_cast<uint32_t>(x)) << 32 | static_cast<uint32_t>(y)));
    chance.Next();  // neighbouring states differ in few bits
    const double east = kJitterM * (2 * chance.Unit() - 1);
    const double north = kJitterM * (2 * chance.Unit() - 1);
    const Point exact =
        frame_.ToPoint({x * kStepM - middle_.east + east, y * kStepM - middle_.north + north});
    return {std::round(exact.longitude_deg * kDegreeParts) / kDegreeParts,
            std::round(exact.latitude_deg * kDegreeParts) / kDegreeParts};
  }

  // All corners on the border, so that a community's outline is that of its cells together.
  Polygon Outline(int west, int south, int east, int north) const {
    Polygon polygon;
    for (int x = west; x < east; ++x) polygon.ring.push_back(Corner(x, south));
    for (int y = south; y < north; ++y) polygon.ring.push_back(Corner(east, y));
    for (int x = east; x > west; --x) polygon.ring.push_back(Corner(x, north));
    for (int y = north; y > south; --y) polygon.ring.push_back(Corner(west, y));
    return polygon;
  }

  AreaGrade GradeAt(int x, int y) const {
    const double distance_m =
        std::hypot((x + 0.5) * kStepM - middle_.east, (y + 0.5) * kStepM - middle_.north);
    if (distance_m < kCoreShare * radius_m_) return AreaGrade::kA;
    return distance_m < kInnerShare * radius_m_ ? AreaGrade::kB : AreaGrade::kC;
  }

  const uint64_t seed_;
  const LocalFrame frame_;
  const size_t columns_;            // of blocks
  std::vector<int> column_starts_;  // in cells, one more than columns
  Metres middle_;                   // of the lattice, from its south-west corner
  double radius_m_ = 0;
};

}  // namespace

uint64_t Chance::Next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Chance::Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

std::string_view GradeName(AreaGrade grade) {
  switch (grade) {
    case AreaGrade::kA:
      return "A";
    case AreaGrade::kB:
      return "B";
    case AreaGrade::kC:
      return "C";
  }
  CHECK(false, "area grade {} has no name", static_cast<int>(grade));
  return {};
}

base::Result<std::vector<DemoCommunity>> MakeDemoCity(uint64_t seed, const Point& centre,
                                                      const std::vector<std::string>& communities) {
  RETURN_IF_ERROR(Validate(centre));
  if (std::abs(centre.latitude_deg) > 80) {
    return base::InvalidArgument(
        "expected a demo city within ±80° of latitude, found its centre at {}",
        centre.latitude_deg);
  }
  std::unordered_set<std::string_view> seen;
  for (const std::string& code : communities) {
    RETURN_IF_ERROR(ValidateCommunity(code));
    if (!seen.insert(code).second) {
      return base::InvalidArgument("expected each community once, found {} twice", code);
    }
  }
  const Layout layout(seed, centre, communities.size());
  std::vector<DemoCommunity> city;
  city.reserve(communities.size());
  for (size_t i = 0; i < communities.size(); ++i) {
    ASSIGN_OR_RETURN(DemoCommunity community, layout.Make(communities[i], i));
    city.push_back(std::move(community));
  }
  return city;
}

}  // namespace wanmi::geo
