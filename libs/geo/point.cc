#include "geo/point.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace wanmi::geo {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180;
constexpr double kLeastCosine = 1e-6;  // keeps the frame finite at the poles

}  // namespace

base::Status Validate(const Point& point) {
  const double longitude = point.longitude_deg, latitude = point.latitude_deg;
  if (std::abs(longitude) <= 180 && std::abs(latitude) <= 90) return {};  // false for NaN
  const bool swapped = std::abs(longitude) <= 90 && std::abs(latitude) <= 180;
  return base::InvalidArgument(
      "expected a longitude within ±180° and a latitude within ±90°, found longitude {} and "
      "latitude {}{}",
      longitude, latitude, swapped ? "; are they swapped?" : "; correct the place");
}

double DistanceMetres(const Point& a, const Point& b) {
  const double north = std::sin((b.latitude_deg - a.latitude_deg) * kRadiansPerDegree / 2);
  const double east = std::sin((b.longitude_deg - a.longitude_deg) * kRadiansPerDegree / 2);
  const double h = north * north + std::cos(a.latitude_deg * kRadiansPerDegree) *
                                       std::cos(b.latitude_deg * kRadiansPerDegree) * east * east;
  return 2 * kEarthRadiusM * std::asin(std::min(1.0, std::sqrt(h)));
}

LocalFrame::LocalFrame(const Point& origin)
    : origin_(origin),
      metres_per_degree_east_(
          kEarthRadiusM * kRadiansPerDegree *
          std::max(kLeastCosine, std::cos(origin.latitude_deg * kRadiansPerDegree))),
      metres_per_degree_north_(kEarthRadiusM * kRadiansPerDegree) {}

Metres LocalFrame::ToMetres(const Point& point) const {
  return {(point.longitude_deg - origin_.longitude_deg) * metres_per_degree_east_,
          (point.latitude_deg - origin_.latitude_deg) * metres_per_degree_north_};
}

Point LocalFrame::ToPoint(const Metres& metres) const {
  return {origin_.longitude_deg + metres.east / metres_per_degree_east_,
          origin_.latitude_deg + metres.north / metres_per_degree_north_};
}

}  // namespace wanmi::geo
