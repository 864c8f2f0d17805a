// InputMark: finds the input that kills the process.
//
// After an unclean end a partition takes its inputs singly and writes each one's id to a synced
// file before taking it, with how often that was. An input that finds its own mark at the next
// start is taken again, up to kMarksMax times; then it is parked undecided. Twice would be too few:
// a supervisor that kills a slow process again and again meets the same client's command each time,
// since that is what is sent again first. Used by one thread.
#pragma once

#include <string>

#include "base/status.h"

namespace wanmi::runtime {

class InputMark {
 public:
  // Reads the id that an earlier process left, if any.
  static base::Result<InputMark> Open(std::string file);
  static constexpr int kMarksMax = 5;
  // The process ended kMarksMax times while taking this input: it is not to be taken again.
  bool Condemned(const std::string& input_id) const {
    return times_ >= kMarksMax && left_ == input_id;
  }
  base::Status Write(const std::string& input_id);  // before it is taken
  base::Status Clear();                             // when it did no harm
  // How many inputs are still taken singly.
  // Each costs two syncs, and what kills is met again soon.
  int cautious_left = 200;

 private:
  explicit InputMark(std::string file) : file_(std::move(file)) {}
  base::Status WriteSynced(const std::string& text);

  std::string file_;
  std::string left_;  // found at the start: an input, and how often it had been marked
  int times_ = 0;
};

}  // namespace wanmi::runtime
