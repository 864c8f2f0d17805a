#include "geo/cell_index.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/check.h"

namespace wanmi::geo {
namespace {

constexpr double kBinM = 100;
constexpr int64_t kWideBins = 4096;
constexpr double kMetresPerDegree = kEarthRadiusM * std::numbers::pi / 180;

uint64_t BinKey(int64_t x, int64_t y) {
  return static_cast<uint64_t>(x) << 32 | (static_cast<uint64_t>(y) & 0xffffffff);
}

bool Within(const Box& box, const Point& point) {
  return point.longitude_deg >= box.west && point.longitude_deg <= box.east &&
         point.latitude_deg >= box.south && point.latitude_deg <= box.north;
}

bool Meet(const Box& a, const Box& b) {
  return a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north;
}

}  // namespace

// The frame is monotone along each axis, so a point within a box lies in the box's bins even far
// from the frame's origin, where bins are no longer 100 m wide.
CellIndex::Range CellIndex::RangeOf(const Box& box) const {
  const Metres low = frame_->ToMetres({box.west, box.south});
  const Metres high = frame_->ToMetres({box.east, box.north});
  const auto bin = [](double metres) { return static_cast<int64_t>(std::floor(metres / kBinM)); };
  return {bin(low.east), bin(low.north), bin(high.east), bin(high.north)};
}

std::vector<uint32_t>& CellIndex::BinAt(int64_t x, int64_t y) { return bins_[BinKey(x, y)]; }

void CellIndex::Add(std::string_view id, Polygon polygon) {
  CHECK(polygon.ring.size() >= 3, "the outline of cell {} has {} points", id, polygon.ring.size());
  Remove(id);
  if (!frame_) frame_.emplace(polygon.ring.front());
  uint32_t slot = static_cast<uint32_t>(cells_.size());
  if (free_.empty()) {
    cells_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const Box box = BoxOf(polygon);
  cells_[slot] = {std::string(id), std::move(polygon), box};
  slots_.emplace(id, slot);
  const Range range = RangeOf(box);
  if (range.bins() > kWideBins) {
    wide_.push_back(slot);
    return;
  }
  for (int64_t x = range.west; x <= range.east; ++x) {
    for (int64_t y = range.south; y <= range.north; ++y) BinAt(x, y).push_back(slot);
  }
}

bool CellIndex::Remove(std::string_view id) {
  const auto found = slots_.find(std::string(id));
  if (found == slots_.end()) return false;
  const uint32_t slot = found->second;
  const Range range = RangeOf(cells_[slot].box);
  if (range.bins() > kWideBins) {
    std::erase(wide_, slot);
  } else {
    for (int64_t x = range.west; x <= range.east; ++x) {
      for (int64_t y = range.south; y <= range.north; ++y) {
        std::vector<uint32_t>& bin = BinAt(x, y);
        std::erase(bin, slot);
        if (bin.empty()) bins_.erase(BinKey(x, y));
      }
    }
  }
  cells_[slot] = Cell();
  free_.push_back(slot);
  slots_.erase(found);
  return true;
}

const Polygon* CellIndex::Find(std::string_view id) const {
  const auto found = slots_.find(std::string(id));
  return found == slots_.end() ? nullptr : &cells_[found->second].polygon;
}

// Calls visit(cell) for every cell whose box meets `box`, some of them more than once.
template <class Visit>
void CellIndex::VisitCells(const Box& box, Visit visit) const {
  if (!frame_) return;
  const auto offer = [&](uint32_t slot) {
    if (!cells_[slot].polygon.ring.empty() && Meet(cells_[slot].box, box)) visit(cells_[slot]);
  };
  const Range range = RangeOf(box);
  if (range.bins() > static_cast<int64_t>(cells_.size()) + kWideBins) {  // all cells are cheaper
    for (uint32_t slot = 0; slot < cells_.size(); ++slot) offer(slot);
    return;
  }
  for (int64_t x = range.west; x <= range.east; ++x) {
    for (int64_t y = range.south; y <= range.north; ++y) {
      const auto bin = bins_.find(BinKey(x, y));
      if (bin == bins_.end()) continue;
      for (const uint32_t slot : bin->second) offer(slot);
    }
  }
  for (const uint32_t slot : wide_) offer(slot);
}

std::optional<std::string_view> CellIndex::Locate(const Point& point) const {
  if (!Validate(point).ok()) return std::nullopt;
  const Cell* best = nullptr;
  const Box here{point.longitude_deg, point.latitude_deg, point.longitude_deg, point.latitude_deg};
  VisitCells(here, [&](const Cell& cell) {
    const bool better = best == nullptr || cell.id < best->id;
    if (better && Within(cell.box, point) && Contains(cell.polygon, point)) best = &cell;
  });
  if (best == nullptr) return std::nullopt;
  return best->id;
}

std::optional<CellIndex::Near> CellIndex::Nearest(const Point& point, double tolerance_m) const {
  if (const auto inside = Locate(point)) return Near{*inside, 0};
  if (!Validate(point).ok() || !(tolerance_m >= 0)) return std::nullopt;
  const double north = tolerance_m / kMetresPerDegree;
  const double east = north / std::max(1e-6, std::cos(point.latitude_deg * std::numbers::pi / 180));
  const Box around{point.longitude_deg - east, point.latitude_deg - north,
                   point.longitude_deg + east, point.latitude_deg + north};
  std::optional<Near> best;
  VisitCells(around, [&](const Cell& cell) {
    const double metres = DistanceToEdgeMetres(cell.polygon, point);
    if (metres > tolerance_m) return;
    if (!best || std::pair(metres, std::string_view(cell.id)) < std::pair(best->metres, best->id)) {
      best = Near{cell.id, metres};
    }
  });
  return best;
}

}  // namespace wanmi::geo
