// SliceView: what a reader of one partition keeps: where it is, the last entries, and sparse places
// at which another reader may begin.
//
// It grows by Fold(), record by record, from the place it was given. The window of entries is
// bounded in bytes and number; places are kept at every fence and every 1,000 entries. Without
// locks or a broker: whoever has it guards it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "journal/kafka_rule.h"

namespace wanmi::journal {

class SliceView {
 public:
  struct Limits {
    size_t bytes = 4 << 20;
    size_t entries = 4'096;
  };
  struct Kept {
    int64_t seq;
    std::string bytes;
  };

  SliceView(Place start, Limits limits);

  // A record that stands before the place is passed over, one behind a gap is not taken.
  base::Result<Worth> Fold(const Record& record);

  const Place& place() const { return place_; }
  // The last place at or before the seq at which a reader may begin, or the partition's start.
  Place BestPlace(int64_t seq) const;
  // Kept entries behind `after`, up to some number of bytes; none if that is not in the window.
  std::vector<Kept> KeptAfter(int64_t after, size_t bytes) const;
  int64_t window_begin() const { return window_.empty() ? place_.seq + 1 : window_.front().seq; }
  // The offset of the first fence with a higher epoch.
  std::optional<int64_t> HigherFence(int64_t epoch) const;
  // The offset of the fence that took this epoch, and the last valid seq before it.
  struct Taken {
    int64_t offset;
    int64_t seq;
  };
  std::optional<Taken> FenceOf(int64_t epoch) const;

 private:
  struct Fence {
    wanmi::journal::v1::Fence fence;
    int64_t offset;
    int64_t seq;  // of the last valid entry before
  };
  struct InWindow {
    int64_t seq, offset;
    size_t fence;  // index
    std::string bytes;
  };
  struct Sparse {
    int64_t seq, offset;
    size_t fence;
    std::string hash;
  };
  void Keep(const Record& record);

  const Place start_;
  const Limits limits_;
  Place place_;
  std::vector<Fence> fences_;  // the first is the start's
  std::vector<Sparse> sparse_;
  std::deque<InWindow> window_;
  size_t window_bytes_ = 0;
};

}  // namespace wanmi::journal
