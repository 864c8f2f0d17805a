// EndMark: how far a RocksDB was durable when somebody was told so.
//
// A log that lost its end looks whole. So the number of the last synced write stands in a small
// file beside, ACKNOWLEDGED, which is overwritten after each sync and never synced itself: after a
// kill it is exact, after a power loss it may be behind, and it is never ahead. A copy of the
// database without it is taken as it is. Safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"

namespace wanmi::rocks {

class EndMark {
 public:
  // DATA_LOSS if the mark of the folder is beyond `latest`, the last write that was found.
  static base::Result<std::unique_ptr<EndMark>> Open(const std::string& folder, uint64_t latest);
  ~EndMark();
  // Everything up to this write is durable, and somebody will be told so.
  void Move(uint64_t sequence);

 private:
  explicit EndMark(int file) : file_(file) {}

  const int file_;
  std::mutex mutex_;
  uint64_t acknowledged_ = 0;  // guarded by mutex_
};

}  // namespace wanmi::rocks
