// Points on the earth, the distance between them, and a flat frame for work within a city.
//
// All points in Wanmi are WGS-84 in degrees; other systems are turned into it at the edge (crs.h).
// Distances are metres on a sphere of the mean radius: within 0.5 % of the ellipsoid's.
// Values and pure functions.
#pragma once

#include "base/status.h"

namespace wanmi::geo {

constexpr double kEarthRadiusM = 6'371'008.8;

struct Point {
  double longitude_deg = 0;
  double latitude_deg = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

// INVALID_ARGUMENT unless finite, |longitude| ≤ 180 and |latitude| ≤ 90; tells swapped values
// apart.
base::Status Validate(const Point& point);

double DistanceMetres(const Point& a, const Point& b);

struct Metres {
  double east = 0;
  double north = 0;
};

// Metres east and north of an origin (equirectangular): good to about 0.1 % within 20 km of it at
// China's latitudes. Each axis is monotone, so boxes stay boxes.
class LocalFrame {
 public:
  explicit LocalFrame(const Point& origin);
  Metres ToMetres(const Point& point) const;
  Point ToPoint(const Metres& metres) const;

 private:
  Point origin_;
  double metres_per_degree_east_;
  double metres_per_degree_north_;
};

}  // namespace wanmi::geo
