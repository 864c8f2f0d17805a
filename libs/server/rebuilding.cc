#include "server/rebuilding.h"

#include <chrono>

namespace wanmi::server {

using operations::v1::RebuildView;

base::Result<RebuildView> Rebuilding::Ask(const operations::v1::Rebuild& request) {
  if (!work_) return base::Unimplemented("nothing is rebuilt here");
  const std::lock_guard lock(mutex_);
  if (request.start() && view_.state() != RebuildView::STATE_RUNNING) {
    if (thread_.joinable()) thread_.join();  // at its end: its last act was to say so
    view_.Clear();
    view_.set_state(RebuildView::STATE_RUNNING);
    thread_ = std::jthread([this] { Run(); });
  }
  return view_;
}

void Rebuilding::Run() {
  const auto begun = std::chrono::steady_clock::now();
  base::Result<RebuildView> made = base::Internal("the rebuild broke");
  try {
    made = work_();
  } catch (const std::exception& failure) {
    made = base::Internal("the rebuild broke: {}", failure.what());
  }
  RebuildView view;
  if (made.ok()) {
    view = *made;
    view.set_state(RebuildView::STATE_DONE);
  } else {
    view.set_state(RebuildView::STATE_FAILED);
    view.set_problem(made.status().ToString());
  }
  view.set_seconds(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  const std::lock_guard lock(mutex_);
  view_ = std::move(view);
}

}  // namespace wanmi::server
