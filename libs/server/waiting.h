// Waiting: reads whose token has seen more than is here yet. They wait on a thread of their own and
// not on gRPC's few, so that no number of them keeps other calls, or health, from being served.
//
// Safe from any thread. At most 1,024 wait; looked at every 2 ms.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "base/status.h"

namespace wanmi::server {

class Waiting {
 public:
  // What is waited for: Ok once it is there, UNAVAILABLE while it is not, anything else at once.
  using Look = std::function<base::Status()>;
  using Then = std::function<void(const base::Status&)>;

  Waiting();
  ~Waiting();  // tells those who still wait what the last look said

  // Calls `then` once, with what `look` says in the end: here and now if that is no UNAVAILABLE,
  // else from the waiting thread, after `most` at the latest.
  void Until(Look look, std::chrono::milliseconds most, Then then);

 private:
  struct Wait {
    Look look;
    std::chrono::steady_clock::time_point until;
    Then then;
  };
  void Run(const std::stop_token& stop);
  void LookAtAll(bool last);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::list<Wait> waits_;  // guarded by mutex_
  size_t count_ = 0;       // of all, also of those being looked at; guarded by mutex_
  std::jthread thread_;
};

}  // namespace wanmi::server
