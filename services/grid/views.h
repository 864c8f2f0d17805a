// grid's rows and the queries over them: where is this point, and who answers for it? Pure.
#pragma once

#include "base/rows.h"
#include "base/status.h"
#include "geo/polygon.h"
#include "rules/fact.h"
#include "rules/views.h"
#include "services/grid/state.pb.h"
#include "wanmi/common/v1/common.pb.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::grid {

inline constexpr base::Family<v1::Region> kRegionsOf{16, "region-of"};  // parent, code
inline constexpr base::Family<v1::Cell> kCells{17, "cell"};  // 15-digit code; never deleted
inline constexpr base::Family<v1::InspectorBound> kBindings{
    18, "binding"};  // community, layer, grid id

inline constexpr double kToleranceMaxM = 500;

geo::Polygon OutlineOf(const v1::Cell& cell);

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows);

// The place with its point in WGS-84 (and its crs said so, so that a place may be located twice),
// and everything that the grid knows of it. Whatever the caller put into those fields is cleared
// first.
base::Result<common::v1::Place> Locate(const v1::Locate& request, const rules::Views& views);
base::Result<v1::Cell> GetCell(const v1::GetCell& request, const rules::Views& views);
base::Result<v1::CellPage> ListCells(const v1::ListCells& request, const rules::Views& views);
base::Result<v1::RegionPage> ListRegions(const v1::ListRegions& request, const rules::Views& views);

}  // namespace wanmi::grid
