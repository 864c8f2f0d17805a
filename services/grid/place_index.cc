#include "services/grid/place_index.h"

#include <mutex>
#include <utility>
#include <vector>

#include "services/grid/views.h"

namespace wanmi::grid {
namespace {

constexpr size_t kCommunityDigits = 12;

void Put(v1::Cell&& cell, geo::CellIndex& index) {
  if (cell.retired_at_us() != 0) {
    index.Remove(cell.code());
    return;
  }
  geo::Polygon outline = OutlineOf(cell);
  const geo::Polygon* before = index.Find(cell.code());
  if (before && *before == outline) return;
  index.Add(cell.code(), std::move(outline));
}

}  // namespace

void PlaceIndex::Rebuild(const base::Rows& all) {
  geo::CellIndex fresh;
  kCells.Scan(all, {}, [&](std::string_view, v1::Cell&& cell) {
    Put(std::move(cell), fresh);
    return true;
  });
  const std::unique_lock lock(mutex_);
  index_ = std::move(fresh);
}

void PlaceIndex::Fold(std::string_view stream, const base::Rows& partition) {
  if (stream.size() != kCommunityDigits) return;  // a district or street has no cells of its own
  std::vector<v1::Cell> cells;
  kCells.Scan(partition, stream, [&](std::string_view, v1::Cell&& cell) {
    cells.push_back(std::move(cell));
    return true;
  });
  const std::unique_lock lock(mutex_);
  for (auto& cell : cells) Put(std::move(cell), index_);
}

std::optional<std::string> PlaceIndex::CellNear(const geo::Point& point, double tolerance_m) const {
  const std::shared_lock lock(mutex_);
  const auto near = index_.Nearest(point, tolerance_m);
  if (!near) return std::nullopt;
  return std::string(near->id);
}

size_t PlaceIndex::cells() const {
  const std::shared_lock lock(mutex_);
  return index_.size();
}

}  // namespace wanmi::grid
