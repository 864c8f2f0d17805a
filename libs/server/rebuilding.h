// Rebuilding: one rebuild at a time, on a thread of its own; started by one call, asked for by
// others.
//
// Safe from any thread. Its end is waited for when this goes.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include "base/status.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::server {

class Rebuilding {
 public:
  using Work = std::function<base::Result<operations::v1::RebuildView>()>;
  explicit Rebuilding(Work work) : work_(std::move(work)) {}

  // How it stands; started first if asked for and none is under way. UNIMPLEMENTED without work.
  base::Result<operations::v1::RebuildView> Ask(const operations::v1::Rebuild& request);

 private:
  void Run();

  const Work work_;
  std::mutex mutex_;
  operations::v1::RebuildView view_;  // guarded by mutex_
  std::jthread thread_;               // guarded by mutex_
};

}  // namespace wanmi::server
