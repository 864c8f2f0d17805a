// ChainCheck: follows the stored entries of one slice and says where its chain breaks.
//
// Each entry's seq is the one before plus one, its `prev` is the first 16 bytes of SHA-256 over the
// stored bytes of the entry before (16 zero bytes in the first), and its time is not less. One
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/journal.h"

namespace wanmi::journal {

class ChainCheck {
 public:
  // DATA_LOSS: what was expected and found, and of which entry. Do not go on after it.
  base::Status Take(std::string_view stored);
  int64_t seq() const { return seq_; }               // of the last good entry
  const std::string& hash() const { return prev_; }  // its chain hash
  const v1::Entry& entry() const { return entry_; }

 private:
  int64_t seq_ = 0;
  int64_t at_us_ = 0;
  std::string prev_ = GenesisHash();
  v1::Entry entry_;
};

}  // namespace wanmi::journal
