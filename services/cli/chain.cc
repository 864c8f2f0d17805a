#include "services/cli/chain.h"

#include "base/sha256.h"
#include "wanmi/journal/v1/entry.pb.h"

namespace wanmi::cli {

base::Status ChainCheck::Take(std::string_view stored) {
  journal::v1::Entry entry;
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
  prev_ = base::Sha256(stored).substr(0, 16);
  return {};
}

}  // namespace wanmi::cli
