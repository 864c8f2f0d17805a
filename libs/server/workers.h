// Workers: threads for what may wait for another process or for the brokers. gRPC has only a few
// threads; as long as these wait, neither reads nor health are served.
//
// Safe from any thread. 16 threads; at most 256 pieces of work wait for one.
#pragma once

#include <functional>
#include <memory>

namespace wanmi::server {

class Workers {
 public:
  static constexpr int kThreads = 16;
  static constexpr int kWaitMost = 256;

  Workers();
  ~Workers();  // when all that was taken has been done

  // False, and `work` is not taken, if too much waits already. It must not throw.
  bool Do(std::function<void()> work);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace wanmi::server
