// Outlet: the seam to the world that messages leave by (SMS, app, a file).
#pragma once

#include <chrono>
#include <fstream>
#include <mutex>
#include <string>

#include "base/status.h"
#include "runtime/rows.pb.h"

namespace wanmi::runtime {

class Outlet {
 public:
  virtual ~Outlet() = default;
  // Sends one message. `id` is the same at every attempt, so that the far side can drop a repeat.
  // An error means that it is tried again (up to 8 attempts) under the same id. Safe from any
  // thread.
  virtual base::Status Send(const std::string& id, const rows::PendingNotice& notice) = 0;
};

// One JSON line per message at the end of a file: what a small city reads, and tests. Whoever moves
// the file away finds no more lines in it after a second.
class FileOutlet final : public Outlet {
 public:
  explicit FileOutlet(std::string file) : file_(std::move(file)) {}
  base::Status Send(const std::string& id, const rows::PendingNotice& notice) override;

 private:
  const std::string file_;
  std::mutex mutex_;
  std::ofstream out_;  // guarded by mutex_, and so is the next
  std::chrono::steady_clock::time_point opened_at_{};
};

}  // namespace wanmi::runtime
