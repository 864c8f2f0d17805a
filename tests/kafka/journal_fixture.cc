#include "tests/kafka/journal_fixture.h"

#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace wanmi::journal {

testkit::KafkaBrokers& Brokers() {
  static const auto brokers = [] {
    auto started = testkit::KafkaBrokers::Start(
        WANMI_BROKERS, testing::TempDir() + "kafka_brokers_" + std::to_string(::getpid()));
    CHECK(started.ok(), "{}", started.status().ToString());
    return std::move(*started);
  }();
  return *brokers;
}

std::string NewCity() {
  static int made = 0;
  return "city" + std::to_string(++made);
}

KafkaOptions OptionsOf(const std::string& city) {
  KafkaOptions options;
  options.cluster.bootstrap = Brokers().bootstrap();
  options.city = city;
  options.partitions = {{"intake", 5}, {"intake2", 4}, {"dispatch", 1}};
  options.replication = Brokers().count();
  options.min_insync = std::max(1, Brokers().count() - 1);
  options.create = true;
  return options;
}

std::unique_ptr<Journal> Connect(const KafkaOptions& options) {
  auto journal = KafkaJournal::Connect(options);
  CHECK(journal.ok(), "{}", journal.status().ToString());
  return std::move(*journal);
}

bool Scribe::Open() {
  auto opened = journal_.Open(slice_, By(name_));
  if (!opened.ok()) return false;
  opened_ = *opened;
  seq_ = opened_->last_seq;
  prev_ = GenesisHash();
  return journal_
      .Read(slice_, seq_ > 0 ? seq_ - 1 : 0,
            [&](int64_t seq, std::string_view bytes) {
              if (seq == seq_) prev_ = ChainHash(bytes);
              return seq < seq_;
            })
      .ok();
}

bool Scribe::Write() {
  if (!opened_ && !Open()) return opened_.reset(), false;
  const std::string entry = name_ + " " + std::to_string(++made_);
  const auto answer = AppendOne(journal_, opened_->writer, seq_ + 1, prev_, {entry});
  if (answer.outcome != Outcome::kOk) {
    opened_.reset();
    return false;
  }
  EXPECT_EQ(answer.landed, 1);
  ++seq_;
  prev_ = ChainHash(entry);
  told_.push_back(entry);
  return true;
}

void ExpectAllThere(const Journal& journal, const Slice& slice,
                    const std::vector<std::string>& told) {
  const auto found = ReadAll(journal, slice);
  size_t at = 0;
  for (const auto& entry : told) {
    const auto here = std::find(found.begin() + static_cast<long>(at), found.end(), entry);
    ASSERT_NE(here, found.end()) << "\"" << entry
                                 << "\" was told Ok and is not there, or not after " << at
                                 << " others";
    at = static_cast<size_t>(here - found.begin()) + 1;
    EXPECT_EQ(std::count(found.begin(), found.end(), entry), 1) << entry;
  }
}

namespace {

Subject Kafka() {
  const auto options = std::make_shared<KafkaOptions>();
  return {"kafka",
          [=] {
            *options = OptionsOf(NewCity());
            return Connect(*options);
          },
          [=](std::unique_ptr<Journal> journal) {
            journal.reset();
            return Connect(*options);
          }};
}

INSTANTIATE_TEST_SUITE_P(Journals, JournalContract, testing::Values(Kafka()),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace wanmi::journal
