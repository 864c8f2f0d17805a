#include "journal/kafka_slice.h"

#include <algorithm>

namespace wanmi::journal {
namespace {

constexpr int64_t kEntriesBetweenPlaces = 1'000;

}  // namespace

SliceView::SliceView(Place start, Limits limits)
    : start_(std::move(start)), limits_(limits), place_(start_) {
  fences_.push_back({start_.fence, -1, start_.seq});
}

base::Result<Worth> SliceView::Fold(const Record& record) {
  ASSIGN_OR_RETURN(const Worth worth, Take(record, place_));
  if (worth == Worth::kFence) {
    fences_.push_back({place_.fence, record.offset, place_.seq});
    sparse_.push_back({place_.seq, place_.offset, fences_.size() - 1, place_.hash});
  } else if (worth == Worth::kEntry) {
    Keep(record);
    if (place_.seq % kEntriesBetweenPlaces == 0) {
      sparse_.push_back({place_.seq, place_.offset, fences_.size() - 1, place_.hash});
    }
  }
  return worth;
}

void SliceView::Keep(const Record& record) {
  window_bytes_ += record.value.size();
  window_.push_back({place_.seq, record.offset, fences_.size() - 1, std::string(record.value)});
  while (window_.size() > limits_.entries ||
         (window_bytes_ > limits_.bytes && window_.size() > 1)) {
    window_bytes_ -= window_.front().bytes.size();
    window_.pop_front();
  }
}

Place SliceView::BestPlace(int64_t seq) const {
  if (seq >= place_.seq) return place_;
  if (!window_.empty() && seq >= window_.front().seq) {
    const auto& at = window_[static_cast<size_t>(seq - window_.front().seq)];
    return {at.offset + 1, fences_[at.fence].fence, at.seq, ChainHash(at.bytes)};
  }
  const auto after = std::upper_bound(sparse_.begin(), sparse_.end(), seq,
                                      [](int64_t s, const Sparse& at) { return s < at.seq; });
  if (after != sparse_.begin()) {
    const auto& at = *std::prev(after);
    return {at.offset, fences_[at.fence].fence, at.seq, at.hash};
  }
  return start_.seq <= seq ? start_ : Place{};
}

std::vector<SliceView::Kept> SliceView::KeptAfter(int64_t after, size_t bytes) const {
  std::vector<Kept> kept;
  if (window_.empty() || after + 1 < window_.front().seq) return kept;
  size_t taken = 0;
  for (auto i = static_cast<size_t>(after + 1 - window_.front().seq);
       i < window_.size() && taken < bytes; ++i) {
    kept.push_back({window_[i].seq, window_[i].bytes});
    taken += window_[i].bytes.size() + 1;
  }
  return kept;
}

std::optional<int64_t> SliceView::HigherFence(int64_t epoch) const {
  for (const auto& at : fences_) {
    if (at.fence.epoch() > epoch) return at.offset;
  }
  return std::nullopt;
}

std::optional<SliceView::Taken> SliceView::FenceOf(int64_t epoch) const {
  for (auto at = fences_.rbegin(); at != fences_.rend(); ++at) {
    if (at->fence.epoch() == epoch && epoch > 0) return Taken{at->offset, at->seq};
  }
  return std::nullopt;
}

}  // namespace wanmi::journal
