// Process: a program that was started, its `ready` line, and its end. For one thread at a time,
// but for Kill, which any thread may call.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>
#include <vector>

#include "base/status.h"

namespace wanmi::demo {

// Runs to its end; the output goes to `log`. The exit code, or 128 + the signal.
base::Result<int> Run(const std::vector<std::string>& command, const std::string& log);

class Process {
 public:
  ~Process();
  // Starts it and waits for its line "ready grpc=ADDRESS metrics=ADDRESS" on stdout. What it says
  // on stderr is added to `log`. UNAVAILABLE with the end of the log if it ends before, or is slow.
  // If it `dies_with_us` it does not outlive the thread that calls this.
  base::Status Start(const std::vector<std::string>& command, const std::string& log,
                     bool dies_with_us);
  void Kill();                  // SIGKILL: no farewell
  int WaitForEnd();             // the exit code, or 128 + the signal; 0 if it is not there
  base::Status Stop();          // SIGTERM, and waits; INTERNAL if it did not end in order
  void Release() { pid_ = 0; }  // it goes on without us

  const std::string& grpc() const { return grpc_; }
  const std::string& metrics() const { return metrics_; }
  pid_t pid() const { return pid_; }

 private:
  base::Status AwaitReady(const std::string& log);

  std::atomic<pid_t> pid_ = 0;
  int out_ = -1;
  std::string grpc_, metrics_;
};

}  // namespace wanmi::demo
