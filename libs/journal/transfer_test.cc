// A journal in a file: it comes out as it went in, and whatever is wrong with it is named.
#include "journal/transfer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "journal/memory_journal.h"
#include "journal/rocks_journal.h"
#include "journal/transfer_file.h"

namespace wanmi::journal {
namespace {

using Stored = std::vector<std::string>;
const Slice kIntake{"intake", 0}, kDispatch{"dispatch", 0}, kEmpty{"alarms", 0};

class TransferTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Fill(from_, kIntake, 420);
    Fill(from_, kDispatch, 40);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static void Fill(Journal& journal, const Slice& slice, int count) {
    v1::Fence fence;
    fence.set_instance("city");
    Batch batch{journal.Open(slice, fence)->writer, 1, GenesisHash(), {}};
    std::string prev = GenesisHash();
    for (int64_t seq = 1; seq <= count; ++seq) {
      v1::Entry entry;
      entry.set_seq(seq);
      entry.set_prev(prev);
      entry.set_at_us(1'000 + seq);
      if (seq == 1) {
        auto& genesis = *entry.mutable_genesis();
        genesis.set_city("weifang");
        genesis.set_journal_id("j-1");
        genesis.set_service(slice.service);
        genesis.set_partition(slice.partition);
        genesis.set_incarnation(1);
      } else {
        // Long and never the same, so that there are several runs.
        entry.add_changes()->add_events(std::string(4'000, static_cast<char>('a' + seq % 26)));
      }
      if (slice == kDispatch) {
        auto& cursor = *entry.add_cursors();
        cursor.set_service("intake");
        cursor.set_seq(seq * 10);
      }
      batch.entries.push_back(entry.SerializeAsString());
      prev = ChainHash(batch.entries.back());
    }
    ASSERT_EQ(journal.Append({&batch, 1}).front().outcome, Outcome::kOk);
  }
  static v1::TransferHeader Header() {
    v1::TransferHeader header;
    header.set_city("weifang");
    header.set_journal_id("j-1");
    header.set_incarnation(1);
    header.set_made_at_us(5'000'000);
    return header;
  }
  base::Status ExportAs(int incarnation) {
    auto header = Header();
    header.set_incarnation(incarnation);
    return Export(from_, {{kIntake, 420}, {kDispatch, 40}, {kEmpty, 0}}, header, file_,
                  [](const std::string&) {});
  }
  base::Status ExportTo(const std::string& file, const Positions& positions) {
    return Export(from_, positions, Header(), file, [](const std::string&) {});
  }
  // The file of the whole journal.
  std::string Exported() {
    const auto status = ExportTo(file_, {{kIntake, 420}, {kDispatch, 40}, {kEmpty, 0}});
    EXPECT_TRUE(status.ok()) << status.ToString();
    return file_;
  }
  static Stored EntriesOf(const Journal& journal, const Slice& slice) {
    Stored entries;
    EXPECT_TRUE(journal
                    .Read(slice, 0,
                          [&](int64_t, std::string_view bytes) {
                            entries.emplace_back(bytes);
                            return true;
                          })
                    .ok());
    return entries;
  }
  void ExpectEqual(const Journal& to) {
    for (const Slice& slice : {kIntake, kDispatch, kEmpty})
      EXPECT_TRUE(EntriesOf(to, slice) == EntriesOf(from_, slice)) << ToString(slice);
  }
  static base::Status ImportInto(Journal& journal, const std::string& file, int incarnation = 0) {
    const auto content = CheckTransfer(file);
    if (!content.ok()) return content.status();
    return Import(file, *content, journal, {.incarnation = incarnation});
  }
  static std::string Bytes(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<v1::TransferRecord> RecordsOf(const std::string& file) {
    std::vector<v1::TransferRecord> records;
    const auto reader = TransferReader::Open(file);
    do {
      EXPECT_TRUE((*reader)->Next(&records.emplace_back()).ok());
    } while (!records.back().has_footer());
    return records;
  }
  std::string Rewritten(const std::vector<v1::TransferRecord>& records) {
    const std::string file = folder_ + "/again-" + std::to_string(++files_);
    const auto writer = TransferWriter::Create(file);
    for (const auto& record : records) EXPECT_TRUE((*writer)->Write(record).ok());
    EXPECT_TRUE((*writer)->Finish().ok());
    return file;
  }

  const std::string folder_ = testing::TempDir() + "transfer_" + std::to_string(::getpid());
  const std::string file_ = folder_ + "/journal.wanmi";
  MemoryJournal from_;
  int files_ = 0;
};

TEST_F(TransferTest, ComesOutOfMemoryAndOfRocksAsItWentIn) {
  const std::string file = Exported();
  const auto content = *CheckTransfer(file);
  EXPECT_EQ(content.entries, 460);
  EXPECT_EQ(content.header.journal_id(), "j-1");
  MemoryJournal memory;
  ASSERT_TRUE(ImportInto(memory, file).ok());
  ExpectEqual(memory);
  RocksJournal rocks(*OpenRocksLog(folder_ + "/rocks"), "weifang");
  const auto imported = ImportInto(rocks, file);
  ASSERT_TRUE(imported.ok()) << imported.ToString();
  ExpectEqual(rocks);
  EXPECT_TRUE(CheckNoHalfImport(rocks, {kIntake, kDispatch}).ok());
  // And back, from there.
  ASSERT_TRUE(
      Export(rocks, content.positions, Header(), folder_ + "/back", [](const auto&) {}).ok());
  EXPECT_TRUE(Bytes(folder_ + "/back") == Bytes(file));
}

TEST_F(TransferTest, WhatIsNotClosedIsNotExported) {
  const auto status = ExportTo(file_, {{kIntake, 395}, {kDispatch, 40}});
  EXPECT_EQ(status.code(), base::Code::kDataLoss);
  EXPECT_NE(status.message().find("entry 40 of dispatch/0 names entry 400 of intake/0"),
            std::string::npos)
      << status.ToString();
  EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "no half file is left";
  EXPECT_TRUE(ExportTo(file_, {{kIntake, 395}, {kDispatch, 39}}).ok());
  EXPECT_EQ(ExportTo(file_, {}).code(), base::Code::kAlreadyExists);
}

TEST_F(TransferTest, NoFlippedBitAndNoCutPasses) {
  const std::string file = Exported(), whole = Bytes(file), other = folder_ + "/other";
  for (size_t i = 0; i < 30; ++i) {
    const size_t at = whole.size() * i / 30 + i % 7;
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (i % 8)));
    std::ofstream(other, std::ios::binary) << bytes;
    EXPECT_FALSE(CheckTransfer(other).ok()) << "byte " << at;
    std::ofstream(other, std::ios::binary) << whole.substr(0, at);
    EXPECT_FALSE(CheckTransfer(other).ok()) << "cut at " << at;
  }
  std::ofstream(other, std::ios::binary) << whole.substr(0, whole.size() - 40);
  EXPECT_NE(CheckTransfer(other).status().message().find("cut short"), std::string::npos);
  std::ofstream(other, std::ios::binary) << whole << "x";
  EXPECT_NE(CheckTransfer(other).status().message().find("goes on"), std::string::npos);
  std::ofstream(other, std::ios::binary) << "something else altogether";
  EXPECT_EQ(CheckTransfer(other).status().code(), base::Code::kInvalidArgument);
}

TEST_F(TransferTest, PartsInAnotherOrderAreNamed) {
  auto records = RecordsOf(Exported());
  const auto is_intake = [](const auto& record) { return record.run().service() == "intake"; };
  const auto first = std::find_if(records.begin(), records.end(), is_intake);
  ASSERT_TRUE(is_intake(*(first + 1))) << "expected several runs";
  std::swap(*first, *(first + 1));
  const auto status = CheckTransfer(Rewritten(records)).status();
  EXPECT_EQ(status.code(), base::Code::kDataLoss);
  EXPECT_NE(status.message().find("expected entry 1 of intake/0"), std::string::npos)
      << status.ToString();
  std::swap(*first, *(first + 1));
  records.erase(first + 1);
  EXPECT_EQ(CheckTransfer(Rewritten(records)).status().code(), base::Code::kDataLoss);
}

TEST_F(TransferTest, AnotherEntryBreaksTheChainAndAnotherCityIsNamed) {
  auto records = RecordsOf(Exported());
  auto changed = records;
  auto& run = *changed[1].mutable_run();
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(run.entries(3)));
  entry.set_traceparent("x");
  run.set_entries(3, entry.SerializeAsString());
  EXPECT_NE(CheckTransfer(Rewritten(changed)).status().message().find("is not what it was"),
            std::string::npos);
  records[0].mutable_header()->set_city("qingdao");
  EXPECT_NE(CheckTransfer(Rewritten(records)).status().message().find("found city 'weifang'"),
            std::string::npos);
  records[0].mutable_header()->set_format(2);
  EXPECT_EQ(CheckTransfer(Rewritten(records)).status().code(), base::Code::kInvalidArgument);
}

TEST_F(TransferTest, AJournalWithEntriesIsRefusedByName) {
  const std::string file = Exported();
  MemoryJournal living;
  Fill(living, kDispatch, 3);
  const auto status = ImportInto(living, file);
  EXPECT_EQ(status.code(), base::Code::kAlreadyExists);
  EXPECT_NE(status.message().find("3 entries of dispatch/0, of city weifang, journal j-1"),
            std::string::npos)
      << status.ToString();
  EXPECT_EQ(living.LastFence(kDispatch)->instance(), "city") << "its owner is not deposed";
  EXPECT_FALSE(living.LastFence(kIntake).ok());
  MemoryJournal done;
  ASSERT_TRUE(ImportInto(done, file).ok());
  EXPECT_EQ(ImportInto(done, file).code(), base::Code::kAlreadyExists);
}

// Fails at an append, and at each one after.
class Dying final : public Journal {
 public:
  Dying(Journal& below, int appends) : below_(below), left_(appends) {}
  base::Result<Opened> Open(const Slice& slice, v1::Fence fence) override {
    return below_.Open(slice, std::move(fence));
  }
  std::vector<Appended> Append(std::span<const Batch> batches) override {
    if (left_-- > 0) return below_.Append(batches);
    return {{Outcome::kUnknown, 0, "the disk is full"}};
  }
  base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override {
    return below_.Read(slice, after, visit);
  }
  base::Result<int64_t> LastSeq(const Slice& slice) const override { return below_.LastSeq(slice); }
  base::Result<v1::Fence> LastFence(const Slice& slice) const override {
    return below_.LastFence(slice);
  }

 private:
  Journal& below_;
  int left_;
};

TEST_F(TransferTest, AHalfImportIsNamedAndGoesOnWithTheSameFileOnly) {
  const std::string file = Exported();
  for (int appends = 0; appends < 3; ++appends) {
    MemoryJournal to;
    Dying dying(to, appends);
    const auto broken = ImportInto(dying, file);
    EXPECT_EQ(broken.code(), base::Code::kUnavailable);
    EXPECT_NE(broken.message().find("the disk is full"), std::string::npos);
    const auto half = CheckNoHalfImport(to, {kIntake, kDispatch});
    EXPECT_EQ(half.code(), base::Code::kFailedPrecondition);
    EXPECT_NE(half.message().find("half an import"), std::string::npos);

    const std::string other = folder_ + "/other-" + std::to_string(appends);
    ASSERT_TRUE(ExportTo(other, {{kIntake, 420}, {kDispatch, 39}}).ok());
    EXPECT_EQ(ImportInto(to, other).code(), base::Code::kFailedPrecondition);

    const auto status = ImportInto(to, file);
    ASSERT_TRUE(status.ok()) << status.ToString();
    ExpectEqual(to);
    EXPECT_TRUE(CheckNoHalfImport(to, {kIntake, kDispatch}).ok());
  }
}

TEST_F(TransferTest, ARestoreSaysSoAtTheEndOfEachSlice) {
  MemoryJournal to;
  ASSERT_TRUE(ImportInto(to, Exported(), 7).ok());
  const Stored entries = EntriesOf(to, kIntake);
  ASSERT_EQ(entries.size(), 421u);
  v1::Entry last;
  ASSERT_TRUE(last.ParseFromString(entries.back()));
  EXPECT_EQ(last.restored().incarnation(), 7);
  EXPECT_EQ(last.prev(), ChainHash(entries[419]));
  EXPECT_EQ(last.at_us(), 5'000'000);
  EXPECT_EQ(*to.LastSeq(kEmpty), 0) << "the city begins it, and says there which incarnation";
}

TEST_F(TransferTest, AnIdentityThatIsNotTheJournalsIsNotExported) {
  const auto refused = ExportAs(2);
  EXPECT_EQ(refused.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(refused.message().find("of incarnation 2, as the configuration says, found 1"),
            std::string::npos)
      << refused.ToString();
  EXPECT_TRUE(ExportAs(1).ok());
}

}  // namespace
}  // namespace wanmi::journal
