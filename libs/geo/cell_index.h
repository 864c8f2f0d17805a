// CellIndex: which cell is a point in, and which is near it?
//
// Cells (an id and an outline) are entered into all bins of a 100 m lattice that their box touches,
// so a question looks at a handful of outlines however many there are. Outlines of more than 4,096
// bins are kept in a list apart. Cells may be added and removed at any time; nothing has to be
// built. Answers depend on the set of cells only, not on the order they came in: where cells
// overlap or lie equally near, the smallest id is given.
//
// Owned by a service's in-memory view. Const functions are safe from many threads while nobody
// adds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geo/point.h"
#include "geo/polygon.h"

namespace wanmi::geo {

constexpr double kEvidenceToleranceM = 50;  // how far from its grid a photo may have been taken

class CellIndex {
 public:
  struct Near {
    std::string_view id;  // lives until the next Add or Remove
    double metres = 0;    // 0 inside
  };

  // Takes a valid outline. A cell with the same id is replaced.
  void Add(std::string_view id, Polygon polygon);
  bool Remove(std::string_view id);  // whether it was there

  std::optional<std::string_view> Locate(const Point& point) const;
  std::optional<Near> Nearest(const Point& point, double tolerance_m) const;
  const Polygon* Find(std::string_view id) const;  // nullptr if there is none
  size_t size() const { return slots_.size(); }

 private:
  struct Cell {
    std::string id;
    Polygon polygon;
    Box box;
  };
  struct Range {
    int64_t west, south, east, north;  // bins, both ends belong to it
    int64_t bins() const { return (east - west + 1) * (north - south + 1); }
  };

  Range RangeOf(const Box& box) const;
  template <class Visit>
  void VisitCells(const Box& box, Visit visit) const;
  std::vector<uint32_t>& BinAt(int64_t x, int64_t y);

  std::optional<LocalFrame> frame_;  // around the first cell ever added
  std::vector<Cell> cells_;          // by slot; a free slot has an empty ring
  std::vector<uint32_t> free_;
  std::unordered_map<std::string, uint32_t> slots_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> bins_;
  std::vector<uint32_t> wide_;
};

}  // namespace wanmi::geo
