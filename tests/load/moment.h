// Moments of the clock that only goes forward, of whoever plays or measures.
#pragma once

#include <chrono>

namespace wanmi::demo {

using Moment = std::chrono::steady_clock::time_point;

inline double SecondsSince(Moment begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace wanmi::demo
