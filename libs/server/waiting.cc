#include "server/waiting.h"

namespace wanmi::server {
namespace {
constexpr size_t kWaitsMax = 1'024;
constexpr std::chrono::milliseconds kLookAgain{2};
}  // namespace

Waiting::Waiting() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Waiting::~Waiting() {
  thread_.request_stop();
  thread_.join();
  LookAtAll(true);
}

void Waiting::Until(Look look, std::chrono::milliseconds most, Then then) {
  const base::Status now = look();
  if (now.code() != base::Code::kUnavailable) return then(now);
  {
    const std::lock_guard lock(mutex_);
    if (count_ < kWaitsMax) {
      ++count_;
      waits_.push_back({std::move(look), std::chrono::steady_clock::now() + most, std::move(then)});
      wake_.notify_one();
      return;
    }
  }
  then(base::ResourceExhausted("{} reads wait for what they have seen; try again in 1 s",
                               kWaitsMax));
}

void Waiting::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !waits_.empty(); })) return;
    }
    LookAtAll(false);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kLookAgain, [] { return false; });
  }
}

void Waiting::LookAtAll(bool last) {
  std::list<Wait> waits;
  {
    const std::lock_guard lock(mutex_);
    waits.swap(waits_);
  }
  const auto now = std::chrono::steady_clock::now();
  size_t told = 0;
  for (auto at = waits.begin(); at != waits.end();) {
    const base::Status status = at->look();
    if (status.code() == base::Code::kUnavailable && now < at->until && !last) {
      ++at;
      continue;
    }
    at->then(status);
    at = waits.erase(at);
    ++told;
  }
  const std::lock_guard lock(mutex_);
  count_ -= told;
  waits_.splice(waits_.begin(), waits);
}

}  // namespace wanmi::server
