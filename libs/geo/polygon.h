// Polygons: the outline of a unit grid or a community, without holes.
//
// The ring is stored open (the last point is not the first one again), in either direction.
// Contains is half-open: where polygons share their vertices exactly, each point, also one on a
// shared edge or vertex, lies in exactly one of them; what "no gaps, no overlaps" needs. Flat
// geometry in degrees or in a local frame: right for outlines of a city's size, not across 180° or
// at a pole.
//
// Values and pure functions. All but Validate take polygons that are valid.
#pragma once

#include <vector>

#include "base/status.h"
#include "geo/point.h"

namespace wanmi::geo {

struct Polygon {
  std::vector<Point> ring;
  friend bool operator==(const Polygon&, const Polygon&) = default;
};

struct Box {
  double west = 0, south = 0, east = 0, north = 0;  // degrees
};

// INVALID_ARGUMENT unless at least three distinct points, each valid, that enclose an area and do
// not cross or touch themselves.
base::Status Validate(const Polygon& polygon);
// From exchange formats, whose rings must be closed: the last point equals the first.
base::Result<Polygon> FromClosedRing(std::vector<Point> ring);

double AreaSquareMetres(const Polygon& polygon);
bool Contains(const Polygon& polygon, const Point& point);
// From the point to the nearest place on the outline, inside or outside.
double DistanceToEdgeMetres(const Polygon& polygon, const Point& point);
Box BoxOf(const Polygon& polygon);
Point CentroidOf(const Polygon& polygon);

}  // namespace wanmi::geo
