#include "server/workers.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace wanmi::server {

struct Workers::Impl {
  std::atomic<int> taken = 0;  // and not done yet
  boost::asio::thread_pool pool{kThreads};
};

Workers::Workers() : impl_(std::make_unique<Impl>()) {}

Workers::~Workers() { impl_->pool.join(); }

bool Workers::Do(std::function<void()> work) {
  if (++impl_->taken > kThreads + kWaitMost) {
    --impl_->taken;
    return false;
  }
  boost::asio::post(impl_->pool, [impl = impl_.get(), work = std::move(work)] {
    work();
    --impl->taken;
  });
  return true;
}

}  // namespace wanmi::server
