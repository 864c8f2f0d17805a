// LagClock: for how long the oldest entry that a listener has not taken has been waiting, told from
// looks at where the listener is and where its upstream ends.
//
// True to the time between two looks, and in real time: the entries' own times are the city's, and
// reading them would cost the more the further behind one is. One per listener and slice; not safe
// across threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace wanmi::runtime {

class LagClock {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  std::chrono::duration<double> Look(int64_t taken, int64_t end, Moment now) {
    if (taken >= end) {
      mark_.reset();
      passed_after_ = {};
      return {};
    }
    if (!mark_) {
      mark_ = {now, end};
    } else if (taken >= mark_->end) {
      passed_after_ = now - mark_->at;  // what is waiting now is likely to wait as long
      mark_ = {now, end};
    }
    return std::max<std::chrono::duration<double>>(passed_after_, now - mark_->at);
  }

 private:
  struct Mark {
    Moment at;
    int64_t end;  // of the upstream at that moment
  };
  std::optional<Mark> mark_;
  std::chrono::duration<double> passed_after_{};  // how long it took to reach the last mark
};

}  // namespace wanmi::runtime
