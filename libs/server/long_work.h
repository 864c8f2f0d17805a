// LongWork: one piece of work at a time, on a thread of its own; started by one call, asked for by
// others. A View has state, problem and seconds besides what the work gives.
//
// Safe from any thread. Its end is waited for when this goes.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "base/status.h"

namespace wanmi::server {

template <class View>
class LongWork {
 public:
  using Work = std::function<base::Result<View>()>;

  // How it stands; `work` is begun before if it is given and none is under way.
  View Ask(Work work) {
    const std::lock_guard lock(mutex_);
    if (work && view_.state() != View::STATE_RUNNING) {
      if (thread_.joinable()) thread_.join();  // at its end: its last act was to say so
      view_.Clear();
      view_.set_state(View::STATE_RUNNING);
      thread_ = std::jthread([this, work = std::move(work)] { Run(work); });
    }
    return view_;
  }

 private:
  void Run(const Work& work) {
    const auto begun = std::chrono::steady_clock::now();
    base::Result<View> made = base::Internal("the work broke");
    try {
      made = work();
    } catch (const std::exception& failure) {
      made = base::Internal("the work broke: {}", failure.what());
    }
    View view;
    if (made.ok()) {
      view = *made;
      view.set_state(View::STATE_DONE);
    } else {
      view.set_state(View::STATE_FAILED);
      view.set_problem(made.status().ToString());
    }
    view.set_seconds(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
  }

  std::mutex mutex_;
  View view_;            // guarded by mutex_
  std::jthread thread_;  // guarded by mutex_
};

}  // namespace wanmi::server
