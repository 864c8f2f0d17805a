// The runtime's own row families, numbers below 16.
#pragma once

#include "base/rows.h"
#include "runtime/rows.pb.h"

namespace wanmi::runtime {

inline constexpr base::Family<rows::StreamRecord> kStreams{1, "stream"};  // stream id
inline constexpr base::Family<rows::Position> kPosition{2, "position"};   // ""
inline constexpr base::Family<rows::StreamRecord> kTimers{3,
                                                          "timer"};  // due, stream (empty record)
inline constexpr base::Family<rows::ParkedInput> kParked{4, "parked"};    // seq
inline constexpr base::Family<rows::PendingNotice> kOutbox{5, "outbox"};  // seq, index

// Where a reader of a slice may begin: only a cache, and not a part of any digest.
inline constexpr base::Family<rows::Hint> kHints{6, "hint"};  // slice, as text

}  // namespace wanmi::runtime
