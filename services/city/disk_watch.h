// DiskWatch: is there room to write on the file system of a city's folder?
//
// Below `keep_free` bytes there is none, until an eighth more than that is free again, so that it
// does not flap. Looks at most every 200 ms of steady time; in between an answer costs two loads.
// Safe from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"

namespace wanmi::city {

class DiskWatch {
 public:
  using FreeBytes = std::function<std::optional<int64_t>()>;  // nothing = cannot be told

  DiskWatch(std::string folder, int64_t keep_free, const base::Clock& clock)
      : DiskWatch(folder, keep_free, clock, [folder] { return FreeOf(folder); }) {}
  DiskWatch(std::string folder, int64_t keep_free, const base::Clock& clock, FreeBytes measure);

  // RESOURCE_EXHAUSTED says how much is free, how much is kept and what to do.
  base::Status Room();
  int64_t free_bytes() const { return free_; }
  bool running_short() const { return short_; }

  static std::optional<int64_t> FreeOf(const std::string& folder);

 private:
  void Look();

  const std::string folder_;
  const int64_t keep_free_;
  const base::Clock& clock_;
  const FreeBytes measure_;
  std::atomic<int64_t> next_look_ns_;  // steady time
  std::atomic<int64_t> free_{0};
  std::atomic<bool> short_{false};
};

}  // namespace wanmi::city
