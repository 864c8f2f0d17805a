// InputMark: finds the input that kills the process.
//
// After an unclean end a partition takes its inputs singly and writes each one's id to a synced
// file before taking it. An input whose id is found there at the next start killed the process
// twice over; it is parked undecided. Used by one thread.
#pragma once

#include <string>

#include "base/status.h"

namespace wanmi::runtime {

class InputMark {
 public:
  // Reads the id that an earlier process left, if any.
  static base::Result<InputMark> Open(std::string file);
  const std::string& left() const { return left_; }
  base::Status Write(const std::string& input_id);
  // How many inputs are still taken singly.
  int cautious_left = 1'000;

 private:
  explicit InputMark(std::string file) : file_(std::move(file)) {}
  std::string file_;
  std::string left_;
};

}  // namespace wanmi::runtime
