// A made-up city for demonstrations, tests and load: outlines of communities and their unit grids.
//
// The real codes of a city's communities can be had, their outlines cannot; so this lays the
// communities out on a lattice of about 100 m whose corners are jittered, each a block of 30, 36 or
// 42 unit grids. Neighbours share corners exactly: no gaps, no overlaps. Communities that follow
// each other in the list lie side by side, so a list grouped by street gives compact streets.
// Corners are rounded to 1e-7°, the generator of chance is its own (splitmix64), and a corner
// depends on the seed and its place only: the same arguments give the same city on every platform.
//
// Whoever stores the result marks it as demo; it must never pass for surveyed. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "geo/point.h"
#include "geo/polygon.h"

namespace wanmi::geo {

// splitmix64: small, well spread, the same everywhere. Not for secrets.
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  uint64_t Below(uint64_t bound) { return Next() % bound; }  // bias is negligible for small bounds
  double Unit();                                             // 0 ≤ x < 1, a multiple of 2^-53

 private:
  uint64_t state_;
};

enum class AreaGrade { kA, kB, kC };          // core, inner, outer
std::string_view GradeName(AreaGrade grade);  // "A"

struct DemoCell {
  std::string code;  // 15 digits, numbered west to east, then north to south
  Polygon polygon;   // counter-clockwise
  double area_m2 = 0;
  AreaGrade grade = AreaGrade::kC;
};

struct DemoCommunity {
  std::string code;
  Polygon polygon;
  std::vector<DemoCell> cells;
};

// Communities are 12-digit codes, each once. The centre is the city's middle, |latitude| ≤ 80.
// INVALID_ARGUMENT otherwise.
base::Result<std::vector<DemoCommunity>> MakeDemoCity(uint64_t seed, const Point& centre,
                                                      const std::vector<std::string>& communities);

}  // namespace wanmi::geo
