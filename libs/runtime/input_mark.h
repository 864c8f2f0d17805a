// InputMark: finds the input that kills the process.
//
// After an unclean end a partition takes its inputs singly and writes each one's id to a synced
// file before taking it, with how often that was. An input that finds its own mark at the next
// start is taken once more; the second time it is parked undecided. So an input that somebody's
// kill happened to meet goes through, and one that kills does so three times. Used by one thread.
#pragma once

#include <string>

#include "base/status.h"

namespace wanmi::runtime {

class InputMark {
 public:
  // Reads the id that an earlier process left, if any.
  static base::Result<InputMark> Open(std::string file);
  // The input has met its own mark for the second time: it is not to be taken again.
  bool Condemned(const std::string& input_id) const { return times_ >= 2 && left_ == input_id; }
  base::Status Write(const std::string& input_id);  // before it is taken
  base::Status Clear();                             // when it did no harm
  // How many inputs are still taken singly.
  int cautious_left = 1'000;

 private:
  explicit InputMark(std::string file) : file_(std::move(file)) {}
  base::Status WriteSynced(const std::string& text);

  std::string file_;
  std::string left_;  // found at the start: an input, and how often it had been marked
  int times_ = 0;
};

}  // namespace wanmi::runtime
