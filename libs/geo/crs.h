// The coordinate systems that reach a Chinese city's platform, and the way to WGS-84 and back.
//
//   WGS-84     satellite receivers; CGCS2000, the national system, differs by centimetres and is
//              taken as the same
//   GCJ-02     maps published in China: shifted by 100–700 m inside China, unshifted outside
//   BD-09      one map service's further shift of GCJ-02
//
// The ways back are iterated until they agree with the way there to 1e-9°, 0.1 mm. Pure functions.
#pragma once

#include <string_view>

#include "base/status.h"
#include "geo/point.h"

namespace wanmi::geo {

enum class Crs { kWgs84, kGcj02, kBd09 };

// "WGS-84", "CGCS2000", "GCJ-02", "BD-09", also "EPSG:4326" and "EPSG:4490"; case, '-', '_', ':'
// and blanks don't matter. INVALID_ARGUMENT names those known.
base::Result<Crs> ParseCrs(std::string_view name);
std::string_view CrsName(Crs crs);

Point ToWgs84(const Point& point, Crs from);
Point FromWgs84(const Point& point, Crs to);

}  // namespace wanmi::geo
