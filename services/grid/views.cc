#include "services/grid/views.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/check.h"
#include "geo/cell_index.h"
#include "geo/crs.h"
#include "geo/grid_code.h"
#include "services/grid/place_index.h"

namespace wanmi::grid {

using base::Key;
using common::v1::Place;

namespace {

void Retire(const v1::GridRetired& retired, base::RowWriter& rows) {
  auto cell = kCells.Get(rows, retired.code());
  CHECK(cell, "grid {} was opened before it was retired", retired.code());
  cell->set_retired_at_us(retired.retired_at_us());
  kCells.Put(rows, retired.code(), *cell);
}

// The point as WGS-84, out of the system that the place names.
base::Result<geo::Point> PointOf(const Place& place) {
  if (!place.has_point()) return base::InvalidArgument("expected a point to locate, found none");
  ASSIGN_OR_RETURN(const geo::Crs crs,
                   geo::ParseCrs(place.crs().empty() ? std::string_view("WGS-84") : place.crs()));
  const geo::Point given{place.point().longitude_deg(), place.point().latitude_deg()};
  RETURN_IF_ERROR(geo::Validate(given));
  return geo::ToWgs84(given, crs);
}

// One of each layer: the grid that lists the cell, else the one that is the whole community.
void FillResponsibilities(const base::Rows& rows, const std::string& cell, Place* place) {
  std::map<std::string, v1::InspectorBound> of_layer;
  kBindings.Scan(rows, Key().Text(place->community_code()),
                 [&](std::string_view, v1::InspectorBound&& binding) {
                   const auto& cells = binding.cells();
                   const bool whole = cells.empty();
                   if (whole) {
                     of_layer.try_emplace(binding.layer(), binding);
                   } else if (std::binary_search(cells.begin(), cells.end(), cell)) {
                     of_layer.insert_or_assign(binding.layer(), binding);
                   }
                   return true;
                 });
  for (const auto& [layer, binding] : of_layer) {
    auto& responsibility = *place->add_responsibilities();
    responsibility.set_layer(layer);
    responsibility.set_grid_id(binding.grid_id());
    responsibility.set_post_id(binding.post_id());
  }
}

}  // namespace

geo::Polygon OutlineOf(const v1::Cell& cell) {
  geo::Polygon outline;
  outline.ring.reserve(cell.ring_size());
  for (const auto& point : cell.ring())
    outline.ring.push_back({point.longitude_deg(), point.latitude_deg()});
  return outline;
}

void Project(const rules::Fact<v1::Event>& fact, const state::State&, base::RowWriter& rows) {
  const v1::Event& event = fact.event;
  switch (event.kind_case()) {
    case v1::Event::kRegionOpened: {
      const v1::Region& region = event.region_opened().region();
      kRegionsOf.Put(rows, Key().Text(region.parent()).Tail(region.code()), region);
      break;
    }
    case v1::Event::kGridOpened:
      kCells.Put(rows, event.grid_opened().cell().code(), event.grid_opened().cell());
      break;
    case v1::Event::kGridRetired:
      Retire(event.grid_retired(), rows);
      break;
    case v1::Event::kInspectorBound: {
      const v1::InspectorBound& bound = event.inspector_bound();
      kBindings.Put(rows, Key().Text(fact.stream).Text(bound.layer()).Tail(bound.grid_id()), bound);
      break;
    }
    case v1::Event::KIND_NOT_SET:
      CHECK(false, "an event of grid has a kind");
  }
}

base::Result<Place> Locate(const v1::Locate& request, const rules::Views& views) {
  ASSIGN_OR_RETURN(const geo::Point point, PointOf(request.place()));
  const double tolerance_m =
      request.tolerance_m() == 0 ? geo::kEvidenceToleranceM : request.tolerance_m();
  if (!(tolerance_m >= 0 && tolerance_m <= kToleranceMaxM)) {
    return base::InvalidArgument("expected a tolerance of 0 to {} m, found {}", kToleranceMaxM,
                                 tolerance_m);
  }
  const auto* index = static_cast<const PlaceIndex*>(views.memory());
  if (!index) return base::Unavailable("expected the index of places, found none yet; try again");
  const auto code = index->CellNear(point, tolerance_m);
  const auto not_found = [&] {
    return base::NotFound(
        "expected a point within {} m of a grid of the city, found {:.6f}, {:.6f} (WGS-84); "
        "correct the place",
        tolerance_m, point.longitude_deg, point.latitude_deg);
  };
  if (!code) return not_found();
  ASSIGN_OR_RETURN(const geo::GridCode parts, geo::GridCode::Parse(*code));
  const base::Rows& rows = views.Of(parts.community());
  const auto cell = kCells.Get(rows, *code);
  if (!cell || cell->retired_at_us() != 0)
    return not_found();  // the index is a step behind the rows
  Place place;
  place.mutable_point()->set_longitude_deg(point.longitude_deg);
  place.mutable_point()->set_latitude_deg(point.latitude_deg);
  place.set_crs(std::string(geo::CrsName(geo::Crs::kWgs84)));
  place.set_accuracy_m(request.place().accuracy_m());
  place.set_address(request.place().address());
  place.set_cell_code(*code);
  place.set_community_code(std::string(parts.community()));
  place.set_street_code(std::string(parts.street()));
  place.set_district_code(std::string(parts.district()));
  place.set_area_grade(cell->area_grade());
  FillResponsibilities(rows, *code, &place);
  return place;
}

base::Result<v1::Cell> GetCell(const v1::GetCell& request, const rules::Views& views) {
  ASSIGN_OR_RETURN(const geo::GridCode code, geo::GridCode::Parse(request.code()));
  auto cell = kCells.Get(views.Of(code.community()), code.str());
  if (!cell)
    return base::NotFound("expected the code of a grid that was opened, found {}", code.str());
  return std::move(*cell);
}

base::Result<v1::CellPage> ListCells(const v1::ListCells& request, const rules::Views& views) {
  RETURN_IF_ERROR(geo::ValidateCommunity(request.community()));
  v1::CellPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(),
                   rules::ReadPage(views.Of(request.community()), kCells, request.community(),
                                   request.page(), [&](std::string_view, v1::Cell&& cell) {
                                     *page.add_cells() = std::move(cell);
                                   }));
  return page;
}

base::Result<v1::RegionPage> ListRegions(const v1::ListRegions& request,
                                         const rules::Views& views) {
  if (request.parent().empty()) {
    return base::InvalidArgument("expected parent, by which regions are listed, found none");
  }
  if (request.parent().find('\0') != std::string::npos) {
    return base::InvalidArgument("expected the code of a region as parent");
  }
  v1::RegionPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(),
                   rules::ReadPage(views.All(), kRegionsOf, Key().Text(request.parent()),
                                   request.page(), [&](std::string_view, v1::Region&& region) {
                                     *page.add_regions() = std::move(region);
                                   }));
  return page;
}

}  // namespace wanmi::grid
