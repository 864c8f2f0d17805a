#include "geo/polygon.h"

#include <algorithm>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/ring.hpp>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace wanmi::geo {
namespace {

namespace bg = boost::geometry;
using FlatPoint = bg::model::d2::point_xy<double>;
using FlatRing = bg::model::ring<FlatPoint, /*ClockWise=*/false, /*Closed=*/false>;

// In metres around the first point, so that tolerances mean something and digits are not lost.
FlatRing Flatten(const Polygon& polygon) {
  CHECK(!polygon.ring.empty(), "a polygon has no points");
  const LocalFrame frame(polygon.ring.front());
  FlatRing flat;
  flat.reserve(polygon.ring.size());
  for (const Point& point : polygon.ring) {
    const Metres metres = frame.ToMetres(point);
    flat.emplace_back(metres.east, metres.north);
  }
  return flat;
}

double DistanceToOrigin(const Metres& a, const Metres& b) {
  const double east = b.east - a.east, north = b.north - a.north;
  const double length_squared = east * east + north * north;
  double along = 0;
  if (length_squared > 0) {
    along = std::clamp(-(a.east * east + a.north * north) / length_squared, 0.0, 1.0);
  }
  return std::hypot(a.east + along * east, a.north + along * north);
}

// Whether a ray to the east from `point` crosses the edge. The edge is always taken from its
// southern end, so that the two polygons that share it compute the same number.
bool CrossesEdge(Point low, Point high, const Point& point) {
  if (low.latitude_deg > high.latitude_deg) std::swap(low, high);
  if (point.latitude_deg < low.latitude_deg || point.latitude_deg >= high.latitude_deg)
    return false;
  const double share =
      (point.latitude_deg - low.latitude_deg) / (high.latitude_deg - low.latitude_deg);
  return point.longitude_deg < low.longitude_deg + share * (high.longitude_deg - low.longitude_deg);
}

}  // namespace

base::Status Validate(const Polygon& polygon) {
  for (const Point& point : polygon.ring) RETURN_IF_ERROR(Validate(point));
  if (polygon.ring.size() < 3) {
    return base::InvalidArgument("expected an outline of at least 3 points, found {}",
                                 polygon.ring.size());
  }
  FlatRing flat = Flatten(polygon);
  bg::correct(flat);  // either direction will do
  bg::validity_failure_type failure = bg::no_failure;
  if (bg::is_valid(flat, failure)) return {};
  const Point& first = polygon.ring.front();
  switch (failure) {
    case bg::failure_self_intersections:
      return base::InvalidArgument(
          "expected an outline that does not cross or touch itself, found one that does near "
          "longitude {}, latitude {}; check the order of its points",
          first.longitude_deg, first.latitude_deg);
    case bg::failure_spikes:
      return base::InvalidArgument(
          "expected an outline without spikes, found one that goes out and straight back near "
          "longitude {}, latitude {}; remove the point at the tip",
          first.longitude_deg, first.latitude_deg);
    default:
      return base::InvalidArgument(
          "expected an outline that encloses an area, found {} points near longitude {}, latitude "
          "{} that do not ({})",
          polygon.ring.size(), first.longitude_deg, first.latitude_deg,
          bg::validity_failure_type_message(failure));
  }
}

base::Result<Polygon> FromClosedRing(std::vector<Point> ring) {
  if (ring.size() < 4 || ring.front() != ring.back()) {
    return base::InvalidArgument(
        "expected a closed ring of at least 4 points whose last is its first again, found {} "
        "points "
        "{}; close it",
        ring.size(), ring.size() < 4 ? "in all" : "that end elsewhere");
  }
  ring.pop_back();
  Polygon polygon{std::move(ring)};
  RETURN_IF_ERROR(Validate(polygon));
  return polygon;
}

double AreaSquareMetres(const Polygon& polygon) {
  // The frame stands at the middle latitude: the east-west scale is then right on average.
  const Box box = BoxOf(polygon);
  const LocalFrame frame({(box.west + box.east) / 2, (box.south + box.north) / 2});
  double twice = 0;
  Metres before = frame.ToMetres(polygon.ring.back());
  for (const Point& point : polygon.ring) {
    const Metres here = frame.ToMetres(point);
    twice += before.east * here.north - here.east * before.north;
    before = here;
  }
  return std::abs(twice) / 2;
}

bool Contains(const Polygon& polygon, const Point& point) {
  bool inside = false;
  for (size_t i = 0, before = polygon.ring.size() - 1; i < polygon.ring.size(); before = i++) {
    inside ^= CrossesEdge(polygon.ring[before], polygon.ring[i], point);
  }
  return inside;
}

double DistanceToEdgeMetres(const Polygon& polygon, const Point& point) {
  const LocalFrame frame(point);
  double least = std::numeric_limits<double>::infinity();
  Metres before = frame.ToMetres(polygon.ring.back());
  for (const Point& corner : polygon.ring) {
    const Metres here = frame.ToMetres(corner);
    least = std::min(least, DistanceToOrigin(before, here));
    before = here;
  }
  return least;
}

Box BoxOf(const Polygon& polygon) {
  CHECK(!polygon.ring.empty(), "a polygon has no points");
  const Point& first = polygon.ring.front();
  Box box{first.longitude_deg, first.latitude_deg, first.longitude_deg, first.latitude_deg};
  for (const Point& point : polygon.ring) {
    box.west = std::min(box.west, point.longitude_deg);
    box.east = std::max(box.east, point.longitude_deg);
    box.south = std::min(box.south, point.latitude_deg);
    box.north = std::max(box.north, point.latitude_deg);
  }
  return box;
}

Point CentroidOf(const Polygon& polygon) {
  const FlatRing flat = Flatten(polygon);
  const auto middle = bg::return_centroid<FlatPoint>(flat);
  return LocalFrame(polygon.ring.front()).ToPoint({middle.x(), middle.y()});
}

}  // namespace wanmi::geo
