#include "journal/chain.h"

#include "base/sha256.h"

namespace wanmi::journal {

base::Status ChainCheck::Take(std::string_view stored) {
  v1::Entry& entry = entry_;
  if (!entry.ParseFromArray(stored.data(), static_cast<int>(stored.size()))) {
    return base::DataLoss("expected entry {}, found {} bytes that are no entry", seq_ + 1,
                          stored.size());
  }
  if (entry.seq() != seq_ + 1) {
    return base::DataLoss("expected seq {}, found {}", seq_ + 1, entry.seq());
  }
  if (entry.prev() != prev_) {
    return base::DataLoss("entry {} expects {} before it, found {}: entry {} is not what it was",
                          entry.seq(), base::Hex(entry.prev()), base::Hex(prev_), seq_);
  }
  if (entry.at_us() < at_us_) {
    return base::DataLoss("entry {} was recorded {} µs before the entry before it", entry.seq(),
                          at_us_ - entry.at_us());
  }
  seq_ = entry.seq();
  at_us_ = entry.at_us();
  prev_ = ChainHash(stored);
  return {};
}

}  // namespace wanmi::journal
