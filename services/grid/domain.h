// grid: administrative regions, the unit grids (万米单元网格) of communities, and who answers for
// them.
//
// One stream is one region, named by its code; a community's stream has its grids and
// responsibilities.
//
//   region   none ──OpenRegion──► open ──OpenRegion (another name)──► open
//   cell     none ──DivideCommunity──► open ──DivideCommunity (another grade)──► open ──► retired
//            a code keeps its outline for good and, retired, is not used again
//   binding  none ──BindInspector──► bound ──BindInspector (other cells or post)──► bound
//            in a layer a cell is in one listed grid at most; one grid may be the whole community,
//            and a listed one goes before it
//
// A region's parent is in another partition and is not looked up: the codes say who is whose. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/grid/state.pb.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::grid {

inline constexpr int kCellsMax = 250;                          // of one command
inline constexpr int kBindingsMax = 100;                       // of one community
inline constexpr std::string_view kInspection = "inspection";  // the layer of the inspectors

std::string Target(const v1::Command& command);
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, state::State* state);

}  // namespace wanmi::grid
