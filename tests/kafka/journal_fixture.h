// Brokers for a whole test program, and journals over them. Each test has a city of its own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "journal/contract_suite_test.h"
#include "journal/kafka_journal.h"
#include "testkit/kafka_broker.h"

namespace wanmi::journal {

// Started at the first call, stopped at the end of the program.
testkit::KafkaBrokers& Brokers();
KafkaOptions OptionsOf(const std::string& city);
std::string NewCity();
std::unique_ptr<Journal> Connect(const KafkaOptions& options);

// Appends entries one by one, opening again after whatever was not kOk; what was told kOk.
class Scribe {
 public:
  Scribe(Journal& journal, const Slice& slice, std::string name)
      : journal_(journal), slice_(slice), name_(std::move(name)) {}
  // Tries to append one entry; false if it was not told kOk.
  bool Write();
  const std::vector<std::string>& told() const { return told_; }

 private:
  bool Open();

  Journal& journal_;
  const Slice slice_;
  const std::string name_;
  std::optional<Opened> opened_;
  int64_t seq_ = 0;
  std::string prev_;
  std::vector<std::string> told_;
  int made_ = 0;
};

// That whatever was told kOk stands in the slice once, in its order.
void ExpectAllThere(const Journal& journal, const Slice& slice,
                    const std::vector<std::string>& told);

}  // namespace wanmi::journal
