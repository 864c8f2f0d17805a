// RocksJournal on a disk that fails: what failed is never told Ok, and what was told Ok is there
// after the power went off and the folder is opened anew.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "journal/rocks_journal.h"
#include "testkit/faulty_disk.h"

namespace wanmi::journal {
namespace {

using testkit::FaultyDisk;
using Fault = FaultyDisk::Fault;

const Slice kSlice{"intake", 3};

class RocksFault : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Closes what is open, and opens the folder.
  base::Status OpenFolder(rocksdb::Env* env) {
    journal_.reset();
    ASSIGN_OR_RETURN(const auto log, OpenRocksLog(folder_, env));
    journal_ = std::make_unique<RocksJournal>(log, "weifang");
    return {};
  }
  base::Status Fence() {
    wanmi::journal::v1::Fence fence;
    fence.set_instance("a");
    ASSIGN_OR_RETURN(const Opened opened, journal_->Open(kSlice, fence));
    writer_ = opened.writer;
    return {};
  }
  Outcome AppendNext() {
    const std::string entry = "entry " + std::to_string(acknowledged_.size() + 1);
    const Batch batch{writer_,
                      static_cast<int64_t>(acknowledged_.size()) + 1,
                      acknowledged_.empty() ? GenesisHash() : ChainHash(acknowledged_.back()),
                      {entry}};
    const Appended appended = journal_->Append({&batch, 1}).front();
    EXPECT_EQ(appended.landed, appended.outcome == Outcome::kOk ? 1 : 0);
    if (appended.outcome == Outcome::kOk) acknowledged_.push_back(entry);
    return appended.outcome;
  }
  std::vector<std::string> ReadAll() const {
    std::vector<std::string> entries;
    const auto status = journal_->Read(kSlice, 0, [&](int64_t, std::string_view bytes) {
      entries.emplace_back(bytes);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return entries;
  }

  const std::string folder_ = testing::TempDir() + "rocks_fault_" + std::to_string(::getpid());
  FaultyDisk disk_;  // outlives the journal
  std::unique_ptr<RocksJournal> journal_;
  Writer writer_;
  std::vector<std::string> acknowledged_;
};

TEST_F(RocksFault, WhatFailedIsNeverOkAndWhatWasOkIsThere) {
  for (const Fault fault : {Fault::kSyncFails, Fault::kAppendFails, Fault::kAppendTears}) {
    for (const bool for_good : {false, true}) {
      for (int after = 0; after < 4; ++after) {
        SCOPED_TRACE(fmt::format("fault {} after {}, for good {}", static_cast<int>(fault), after,
                                 for_good));
        journal_.reset();
        std::filesystem::remove_all(folder_);
        acknowledged_.clear();
        ASSERT_TRUE(OpenFolder(disk_.env()).ok());
        ASSERT_TRUE(Fence().ok());
        disk_.Strike(fault, after, for_good);
        for (int i = 0; i < after; ++i) EXPECT_EQ(AppendNext(), Outcome::kOk);
        EXPECT_EQ(AppendNext(), Outcome::kUnknown);
        // The disk may be well again; what it has is not known all the same.
        EXPECT_EQ(AppendNext(), Outcome::kUnknown);
        EXPECT_EQ(Fence().code(), base::Code::kUnavailable);

        journal_.reset();
        // A torn record may also stay as it is: nobody was told of it.
        if (fault != Fault::kAppendTears || for_good) disk_.LosePower();
        disk_.Strike(Fault::kNone, 0, false);
        const auto opened = OpenFolder(disk_.env());
        ASSERT_TRUE(opened.ok()) << opened.ToString();
        EXPECT_EQ(ReadAll(), acknowledged_) << "what was in doubt went with the power";
        ASSERT_TRUE(Fence().ok());
        EXPECT_EQ(AppendNext(), Outcome::kOk);
        ASSERT_TRUE(OpenFolder(disk_.env()).ok());
        EXPECT_EQ(ReadAll(), acknowledged_);
      }
    }
  }
}

TEST_F(RocksFault, WhatWasInDoubtMayBeThereWhole) {
  ASSERT_TRUE(OpenFolder(disk_.env()).ok());
  ASSERT_TRUE(Fence().ok());
  EXPECT_EQ(AppendNext(), Outcome::kOk);
  disk_.Strike(Fault::kSyncFails, 0, false);
  EXPECT_EQ(AppendNext(), Outcome::kUnknown);
  ASSERT_TRUE(OpenFolder(disk_.env()).ok());  // killed, and the power stayed on
  EXPECT_EQ(ReadAll(), (std::vector<std::string>{"entry 1", "entry 2"}));
}

TEST_F(RocksFault, AFenceThatFailedIsInDoubtToo) {
  ASSERT_TRUE(OpenFolder(disk_.env()).ok());
  ASSERT_TRUE(Fence().ok());
  disk_.Strike(Fault::kSyncFails, 0, false);
  EXPECT_EQ(Fence().code(), base::Code::kUnavailable);
  EXPECT_EQ(AppendNext(), Outcome::kUnknown);
}

}  // namespace
}  // namespace wanmi::journal
