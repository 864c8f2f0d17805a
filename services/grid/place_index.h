// PlaceIndex: grid's view in memory, the open cells of the whole city by place.
//
// Built from the `cell` rows. A fold looks at the rows of one community and touches only the cells
// that changed, so an import of a city costs as much as its cells, once. Reads come from any thread
// and share a lock; a fold reads its rows before it takes the lock.
#pragma once

#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "geo/cell_index.h"
#include "geo/point.h"
#include "rules/views.h"

namespace wanmi::grid {

class PlaceIndex final : public rules::MemoryView {
 public:
  void Rebuild(const base::Rows& all) override;
  void Fold(std::string_view stream, const base::Rows& partition) override;

  // The cell that the point is in, else the nearest one within the tolerance.
  std::optional<std::string> CellNear(const geo::Point& point, double tolerance_m) const;
  size_t cells() const;

 private:
  mutable std::shared_mutex mutex_;
  geo::CellIndex index_;  // guarded by mutex_
};

}  // namespace wanmi::grid
