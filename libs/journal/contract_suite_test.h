// The contract of journal.h as a suite: a factory of journals and one INSTANTIATE_TEST_SUITE_P test
// them all. The tests are in contract_suite_test.cc.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace wanmi::journal {

inline const Slice kSlice{"intake", 3};

struct Subject {
  std::string name;
  std::function<std::unique_ptr<Journal>()> make;
  std::function<std::unique_ptr<Journal>(std::unique_ptr<Journal>)> reopen;  // as after a restart
};

class JournalContract : public testing::TestWithParam<Subject> {
 protected:
  std::unique_ptr<Journal> journal_ = GetParam().make();
};

wanmi::journal::v1::Fence By(const std::string& instance);
std::vector<std::string> ReadAll(const Journal& journal, const Slice& slice, int64_t after = 0);
Appended AppendOne(Journal& journal, const Writer& writer, int64_t first_seq,
                   const std::string& prev, std::vector<std::string> entries);

}  // namespace wanmi::journal
