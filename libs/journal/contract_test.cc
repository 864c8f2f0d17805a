// The contract, for the journals of one process: a factory and one line each.
#include <unistd.h>

#include <filesystem>

#include "base/check.h"
#include "journal/contract_suite_test.h"
#include "journal/memory_journal.h"
#include "journal/rocks_journal.h"

namespace wanmi::journal {
namespace {

Subject Memory() {
  return {"memory", [] { return std::make_unique<MemoryJournal>(); },
          [](std::unique_ptr<Journal> journal) { return journal; }};
}

Subject Rocks() {
  const auto folder = std::make_shared<std::string>();
  const auto open = [folder]() -> std::unique_ptr<Journal> {
    auto log = OpenRocksLog(*folder);
    CHECK(log.ok(), "{}", log.status().ToString());
    return std::make_unique<RocksJournal>(*log, "weifang");
  };
  return {"rocks",
          [=] {
            *folder = testing::TempDir() + "rocks_journal_" + std::to_string(::getpid());
            std::filesystem::remove_all(*folder);
            return open();
          },
          [=](std::unique_ptr<Journal> journal) {
            journal.reset();
            return open();
          }};
}

INSTANTIATE_TEST_SUITE_P(Journals, JournalContract, testing::Values(Memory(), Rocks()),
                         [](const auto& suite) { return suite.param.name; });

// Below the contract: what a broker may do to a writer, and the reader's rule that undoes it.
TEST(MemoryJournal, AReaderTakesOnlyWhatProvesItsPlace) {
  MemoryJournal journal;
  const auto old = journal.Open(kSlice, By("a"));
  journal.Land(old->writer, 2, "second without a first");
  journal.Land(old->writer, 1, "one");
  journal.Land(old->writer, 1, "one");  // twice
  const auto now = journal.Open(kSlice, By("b"));
  journal.Land(old->writer, 2, "zombie");
  journal.Land(now->writer, 2, "two");
  EXPECT_EQ(ReadAll(journal, kSlice), (std::vector<std::string>{"one", "two"}));
}

}  // namespace
}  // namespace wanmi::journal
