#include "services/grid/domain.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <set>

#include "base/check.h"
#include "geo/grid_code.h"
#include "geo/polygon.h"
#include "rules/form.h"
#include "services/grid/views.h"

namespace wanmi::grid {
namespace {

using google::protobuf::util::MessageDifferencer;
using rules::Context;
using state::State;
using Decision = rules::Decision<v1::Event>;
using Outcome = base::Result<Decision>;

constexpr size_t kNameBytesMax = 200;
constexpr int kRingMax = 500;
constexpr size_t kGridIdBytesMax = 64;

// ---- regions ----

struct Level {
  std::string_view name;
  size_t digits;
  size_t parent_digits;
};
constexpr Level kLevels[] = {
    {"city", 4, 0}, {"district", 6, 4}, {"street", 9, 6}, {"community", 12, 9}};

base::Status CheckRegion(const v1::Region& region) {
  const auto level = std::find_if(std::begin(kLevels), std::end(kLevels),
                                  [&](const Level& known) { return known.name == region.level(); });
  if (level == std::end(kLevels)) {
    return base::InvalidArgument(
        "expected a level of city, district, street or community, found '{}'", region.level());
  }
  const std::string& code = region.code();
  const bool digits =
      std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (code.size() != level->digits || !digits) {
    return base::InvalidArgument("expected a code of {} digits for a {}, found '{}'", level->digits,
                                 level->name, code);
  }
  if (region.parent() != code.substr(0, level->parent_digits)) {
    return base::InvalidArgument("expected the parent '{}' of the {} {}, found '{}'",
                                 code.substr(0, level->parent_digits), level->name, code,
                                 region.parent());
  }
  return rules::RequireText("the region's name", region.name(), kNameBytesMax);
}

Outcome DecideOpenRegion(std::string_view stream, const State& state, const v1::OpenRegion& command,
                         const Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "opening a region"));
  RETURN_IF_ERROR(CheckRegion(command.region()));
  if (state.has_region() && MessageDifferencer::Equals(state.region(), command.region()))
    return Decision();
  v1::RegionOpened opened;
  *opened.mutable_region() = command.region();
  return Decision(stream, std::move(opened));
}

base::Status RequireCommunity(const State& state, const std::string& community) {
  RETURN_IF_ERROR(geo::ValidateCommunity(community));
  if (state.has_region()) return {};
  return base::FailedPrecondition(
      "expected a community that is open, found {}; open the region first", community);
}

// ---- unit grids ----

base::Status CheckCell(const v1::Cell& cell, const std::string& community) {
  ASSIGN_OR_RETURN(const geo::GridCode code, geo::GridCode::Parse(cell.code()));
  if (code.community() != community) {
    return base::InvalidArgument("expected a code that begins with {}, found {}", community,
                                 cell.code());
  }
  const std::string& grade = cell.area_grade();
  if (grade != "A" && grade != "B" && grade != "C") {
    return base::InvalidArgument("expected an area grade of A, B or C for grid {}, found '{}'",
                                 cell.code(), grade);
  }
  if (cell.ring_size() > kRingMax) {
    return base::ResourceExhausted("expected at most {} points around grid {}, found {}", kRingMax,
                                   cell.code(), cell.ring_size());
  }
  return geo::Validate(OutlineOf(cell)).With(fmt::format("grid {}", cell.code()));
}

bool SameOutline(const v1::Cell& a, const v1::Cell& b) {
  return a.demo() == b.demo() && OutlineOf(a) == OutlineOf(b);
}

// Whether to open this cell, or INVALID_ARGUMENT, or ALREADY_EXISTS.
base::Result<bool> IsNew(const v1::Cell& cell, const std::optional<v1::Cell>& before) {
  if (!before) return true;
  if (before->retired_at_us() != 0) {
    return base::AlreadyExists(
        "grid {} was retired at {} and its code is not used again; give the new one "
        "the next free code",
        cell.code(), base::FormatUtc(base::FromMicros(before->retired_at_us())));
  }
  if (!SameOutline(cell, *before)) {
    return base::AlreadyExists(
        "grid {} is open with another outline; expected a code that was never used", cell.code());
  }
  return before->area_grade() != cell.area_grade();
}

Outcome DecideDivide(std::string_view stream, const State& state,
                     const v1::DivideCommunity& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "dividing a community"));
  RETURN_IF_ERROR(RequireCommunity(state, command.community()));
  if (command.cells().empty() || command.cells_size() > kCellsMax) {
    return base::InvalidArgument("expected 1 to {} grids at a time, found {}", kCellsMax,
                                 command.cells_size());
  }
  std::set<std::string_view> codes;
  Decision decision;
  for (const auto& cell : command.cells()) {
    RETURN_IF_ERROR(CheckCell(cell, command.community()));
    if (!codes.insert(cell.code()).second) {
      return base::InvalidArgument("expected each grid once, found {} twice", cell.code());
    }
    const auto before = kCells.Get(context.rows, cell.code());
    ASSIGN_OR_RETURN(const bool is_new, IsNew(cell, before));
    if (!is_new) continue;
    v1::GridOpened opened;
    *opened.mutable_cell() = cell;
    opened.mutable_cell()->set_area_m2(geo::AreaSquareMetres(OutlineOf(cell)));
    opened.mutable_cell()->set_opened_at_us(before ? before->opened_at_us()
                                                   : base::ToMicros(context.now));
    opened.mutable_cell()->clear_retired_at_us();
    decision.Emit(stream, std::move(opened));
  }
  return decision;
}

// ---- responsibility ----

base::Status CheckPost(const v1::BindInspector& command, const rules::Reference& directory) {
  const auto post = directory.Post(command.post_id());
  if (!post) {
    return base::FailedPrecondition("expected a post of the directory, found '{}'; open it first",
                                    command.post_id());
  }
  if (command.layer() == kInspection) {
    if (post->kind() == common::v1::POST_KIND_INSPECTOR) return {};
    return base::FailedPrecondition(
        "the layer inspection is for posts of POST_KIND_INSPECTOR; post {} is {}", post->id(),
        common::v1::PostKind_Name(post->kind()));
  }
  const auto unit = directory.Unit(post->unit_id());
  if (unit && unit->axis() == common::v1::AXIS_DISPOSAL) return {};
  return base::FailedPrecondition(
      "the layer {} is for posts of units on AXIS_DISPOSAL; post {} is of unit {}", command.layer(),
      post->id(), post->unit_id());
}

base::Status CheckBindingForm(const v1::BindInspector& command) {
  RETURN_IF_ERROR(rules::RequireId("the layer", command.layer()));
  RETURN_IF_ERROR(rules::RequireText("the grid's id", command.grid_id(), kGridIdBytesMax));
  const std::string prefix = command.community() + "/";
  if (!command.grid_id().starts_with(prefix)) {
    return base::InvalidArgument("expected a grid id that begins with '{}', found '{}'", prefix,
                                 command.grid_id());
  }
  return rules::RequireId("the grid's id within the community",
                          command.grid_id().substr(prefix.size()));
}

base::Status CheckCells(const std::set<std::string>& cells, const base::Rows& rows,
                        const std::string& community) {
  for (const auto& code : cells) {
    const auto cell = code.starts_with(community) ? kCells.Get(rows, code) : std::nullopt;
    if (!cell || cell->retired_at_us() != 0) {
      return base::FailedPrecondition("expected an open grid of community {}, found '{}'",
                                      community, code);
    }
  }
  return {};
}

base::Status CheckOverlap(const State& state, const v1::BindInspector& command,
                          const std::set<std::string>& cells) {
  for (const auto& other : state.bindings()) {
    if (other.layer() != command.layer() || other.grid_id() == command.grid_id()) continue;
    if (cells.empty() && other.cells().empty()) {
      return base::FailedPrecondition(
          "grid {} of layer {} is the whole community already; list the cells "
          "of this one, or bind that one anew",
          other.grid_id(), other.layer());
    }
    for (const auto& code : other.cells()) {
      if (!cells.contains(code)) continue;
      return base::FailedPrecondition(
          "cell {} is in grid {} of layer {} already; take it out there first", code,
          other.grid_id(), other.layer());
    }
  }
  return {};
}

const v1::InspectorBound* FindBinding(const State& state, const v1::InspectorBound& wanted) {
  for (const auto& binding : state.bindings()) {
    if (binding.layer() == wanted.layer() && binding.grid_id() == wanted.grid_id()) return &binding;
  }
  return nullptr;
}

Outcome DecideBind(std::string_view stream, const State& state, const v1::BindInspector& command,
                   const Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "binding a responsibility grid"));
  RETURN_IF_ERROR(RequireCommunity(state, command.community()));
  RETURN_IF_ERROR(CheckBindingForm(command));
  const std::set<std::string> cells(command.cells().begin(), command.cells().end());
  RETURN_IF_ERROR(CheckCells(cells, context.rows, command.community()));
  RETURN_IF_ERROR(CheckPost(command, context.reference));
  RETURN_IF_ERROR(CheckOverlap(state, command, cells));
  v1::InspectorBound bound;
  bound.set_grid_id(command.grid_id());
  bound.set_layer(command.layer());
  bound.mutable_cells()->Assign(cells.begin(), cells.end());
  bound.set_post_id(command.post_id());
  const v1::InspectorBound* before = FindBinding(state, bound);
  if (before && MessageDifferencer::Equals(*before, bound)) return Decision();
  if (!before && state.bindings_size() >= kBindingsMax) {
    return base::ResourceExhausted(
        "expected at most {} responsibility grids in a community, found one more", kBindingsMax);
  }
  return Decision(stream, std::move(bound));
}

void ApplyBound(const v1::InspectorBound& bound, State* state) {
  for (auto& binding : *state->mutable_bindings()) {
    if (binding.layer() != bound.layer() || binding.grid_id() != bound.grid_id()) continue;
    binding = bound;
    return;
  }
  *state->add_bindings() = bound;
}

}  // namespace

std::string Target(const v1::Command& command) {
  switch (command.kind_case()) {
    case v1::Command::kOpenRegion:
      return command.open_region().region().code();
    case v1::Command::kDivideCommunity:
      return command.divide_community().community();
    case v1::Command::kBindInspector:
      return command.bind_inspector().community();
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return {};
}

base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const State& state,
                                                const v1::Command& command,
                                                const Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kOpenRegion:
      return DecideOpenRegion(stream, state, command.open_region(), context);
    case v1::Command::kDivideCommunity:
      return DecideDivide(stream, state, command.divide_community(), context);
    case v1::Command::kBindInspector:
      return DecideBind(stream, state, command.bind_inspector(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of grid, found none");
}

void Apply(std::string_view, const v1::Event& event, State* state) {
  switch (event.kind_case()) {
    case v1::Event::kRegionOpened:
      *state->mutable_region() = event.region_opened().region();
      break;
    case v1::Event::kGridOpened:
    case v1::Event::kGridRetired:
      break;  // rows only
    case v1::Event::kInspectorBound:
      ApplyBound(event.inspector_bound(), state);
      break;
    case v1::Event::KIND_NOT_SET:
      CHECK(false, "an event of grid has a kind");
  }
}

}  // namespace wanmi::grid
