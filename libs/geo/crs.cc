#include "geo/crs.h"

#include <cctype>
#include <cmath>
#include <numbers>
#include <string>

#include "base/check.h"

namespace wanmi::geo {
namespace {

using std::numbers::pi;

// The ellipsoid (Krassovsky's) and the box that the published shift is defined on.
constexpr double kSemiMajorM = 6'378'245.0;
constexpr double kEccentricitySquared = 0.00669342162296594323;
constexpr double kWestDeg = 72.004, kEastDeg = 137.8347, kSouthDeg = 0.8293, kNorthDeg = 55.8271;
constexpr double kEnoughDeg = 1e-10;
constexpr int kMostSteps = 30;  // three to five are usual

bool IsShifted(const Point& point) {
  return point.longitude_deg >= kWestDeg && point.longitude_deg <= kEastDeg &&
         point.latitude_deg >= kSouthDeg && point.latitude_deg <= kNorthDeg;
}

double Waves(double x) { return (20 * std::sin(6 * x * pi) + 20 * std::sin(2 * x * pi)) * 2 / 3; }

// The shift in metres at (x, y) degrees from 105° E, 35° N.
Metres GcjShift(double x, double y) {
  const double root = std::sqrt(std::abs(x));
  const double east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + Waves(x) +
                      (20 * std::sin(x * pi) + 40 * std::sin(x / 3 * pi)) * 2 / 3 +
                      (150 * std::sin(x / 12 * pi) + 300 * std::sin(x / 30 * pi)) * 2 / 3;
  const double north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + Waves(x) +
                       (20 * std::sin(y * pi) + 40 * std::sin(y / 3 * pi)) * 2 / 3 +
                       (160 * std::sin(y / 12 * pi) + 320 * std::sin(y * pi / 30)) * 2 / 3;
  return {east, north};
}

Point WgsToGcj(const Point& wgs) {
  if (!IsShifted(wgs)) return wgs;
  const Metres shift = GcjShift(wgs.longitude_deg - 105, wgs.latitude_deg - 35);
  const double latitude = wgs.latitude_deg * pi / 180;
  const double flattened = 1 - kEccentricitySquared * std::sin(latitude) * std::sin(latitude);
  const double normal_m = kSemiMajorM / std::sqrt(flattened);
  const double meridian_m = normal_m * (1 - kEccentricitySquared) / flattened;
  return {wgs.longitude_deg + shift.east * 180 / (normal_m * std::cos(latitude) * pi),
          wgs.latitude_deg + shift.north * 180 / (meridian_m * pi)};
}

Point GcjToBd(const Point& gcj) {
  constexpr double kTurns = pi * 3000 / 180;
  const double x = gcj.longitude_deg, y = gcj.latitude_deg;
  const double radius = std::hypot(x, y) + 0.00002 * std::sin(y * kTurns);
  const double angle = std::atan2(y, x) + 0.000003 * std::cos(x * kTurns);
  return {radius * std::cos(angle) + 0.0065, radius * std::sin(angle) + 0.006};
}

// The shifts change slowly, so going back by the error of the way there converges quickly.
template <class Forward>
Point Invert(const Point& target, Forward forward) {
  Point guess = target;
  for (int step = 0; step < kMostSteps; ++step) {
    const Point reached = forward(guess);
    const double east = target.longitude_deg - reached.longitude_deg;
    const double north = target.latitude_deg - reached.latitude_deg;
    if (std::abs(east) < kEnoughDeg && std::abs(north) < kEnoughDeg) break;
    guess.longitude_deg += east;
    guess.latitude_deg += north;
  }
  return guess;
}

Point GcjToWgs(const Point& gcj) {
  if (!IsShifted(gcj)) return gcj;
  return Invert(gcj, WgsToGcj);
}

}  // namespace

base::Result<Crs> ParseCrs(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ':' || c == ' ') continue;
    plain += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  for (const char* same : {"WGS84", "CGCS2000", "EPSG4326", "EPSG4490"}) {
    if (plain == same) return Crs::kWgs84;
  }
  if (plain == "GCJ02") return Crs::kGcj02;
  if (plain == "BD09") return Crs::kBd09;
  return base::InvalidArgument(
      "expected a coordinate system among WGS-84, CGCS2000, GCJ-02 and BD-09, found \"{}\"; give "
      "the "
      "places in one of these",
      name);
}

std::string_view CrsName(Crs crs) {
  switch (crs) {
    case Crs::kWgs84:
      return "WGS-84";
    case Crs::kGcj02:
      return "GCJ-02";
    case Crs::kBd09:
      return "BD-09";
  }
  CHECK(false, "coordinate system {} has no name", static_cast<int>(crs));
  return {};
}

Point ToWgs84(const Point& point, Crs from) {
  switch (from) {
    case Crs::kWgs84:
      return point;
    case Crs::kGcj02:
      return GcjToWgs(point);
    case Crs::kBd09:
      return GcjToWgs(Invert(point, GcjToBd));
  }
  CHECK(false, "coordinate system {} is not known", static_cast<int>(from));
  return {};
}

Point FromWgs84(const Point& point, Crs to) {
  switch (to) {
    case Crs::kWgs84:
      return point;
    case Crs::kGcj02:
      return WgsToGcj(point);
    case Crs::kBd09:
      return GcjToBd(WgsToGcj(point));
  }
  CHECK(false, "coordinate system {} is not known", static_cast<int>(to));
  return {};
}

}  // namespace wanmi::geo
