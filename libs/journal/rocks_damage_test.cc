// RocksJournal over damaged files: a flipped bit or a lost end is named, wherever it is, or it
// harms nothing; what is read is what was written.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "journal/rocks_journal.h"

namespace wanmi::journal {
namespace {

namespace fs = std::filesystem;

const Slice kSlice{"intake", 3};
constexpr int kFlips = 16, kCuts = 6;  // of each file

std::string BytesOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class RocksDamage : public testing::Test {
 protected:
  // A folder with tables and a log of forty records that no clean end has flushed.
  void SetUp() override {
    fs::remove_all(root_);
    fs::create_directories(root_);
    const std::string live = root_ / "live";
    for (int round = 0; round < 2; ++round) {  // opening again makes tables of the first half
      auto log = OpenRocksLog(live);
      ASSERT_TRUE(log.ok()) << log.status().ToString();
      RocksJournal journal(*log, "weifang");
      wanmi::journal::v1::Fence fence;
      fence.set_instance("a");
      const auto writer = journal.Open(kSlice, fence)->writer;
      for (int i = 0; i < 40; ++i) {
        const std::string entry = fmt::format("entry {} ", entries_.size()) + std::string(300, 'x');
        const Batch batch{writer,
                          static_cast<int64_t>(entries_.size()) + 1,
                          entries_.empty() ? GenesisHash() : ChainHash(entries_.back()),
                          {entry}};
        ASSERT_EQ(journal.Append({&batch, 1}).front().outcome, Outcome::kOk);
        entries_.push_back(entry);
      }
      if (round == 1) fs::copy(live, whole_, fs::copy_options::recursive);  // as after a kill
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(whole_)) {
      const std::string name = file.path().filename();
      const bool unread = name.starts_with("LOG") || name.starts_with("OPTIONS") ||
                          name == "LOCK" || name == "IDENTITY" || file.file_size() == 0;
      if (unread) continue;
      files.push_back(file.path());
    }
    return files;
  }
  // Opens and reads everything. `entries` is what was read before something was named.
  base::Status OpenAndRead(std::vector<std::string>* entries) const {
    ASSIGN_OR_RETURN(const auto log, OpenRocksLog(damaged_));
    const RocksJournal journal(log, "weifang");
    ASSIGN_OR_RETURN(const int64_t last, journal.LastSeq(kSlice));
    RETURN_IF_ERROR(journal.Read(kSlice, 0, [&](int64_t, std::string_view bytes) {
      entries->emplace_back(bytes);
      return true;
    }));
    EXPECT_EQ(last, static_cast<int64_t>(entries->size()));
    return {};
  }
  // One file of the folder is other than it was.
  void ExpectNamedOrHarmless(const fs::path& file, const std::string& bytes,
                             const std::string& how) {
    fs::remove_all(damaged_);
    fs::copy(whole_, damaged_, fs::copy_options::recursive);
    std::ofstream(damaged_ / file.filename(), std::ios::binary) << bytes;
    std::vector<std::string> entries;
    const auto status = OpenAndRead(&entries);
    if (status.ok()) {
      ++harmless_;
      EXPECT_EQ(entries.size(), entries_.size()) << file << ": " << how;
      EXPECT_TRUE(entries == entries_) << file << ": " << how;
    } else {
      ++named_[file.extension() == ".log" || file.extension() == ".sst"
                   ? file.extension().string()
                   : file.filename().string().substr(0, 8)];
      EXPECT_TRUE(std::equal(entries.begin(), entries.end(), entries_.begin())) << file << how;
      EXPECT_TRUE(status.message().find(damaged_.string()) != std::string::npos ||
                  status.message().find("intake/3") != std::string::npos)
          << file << ": " << how << ": " << status.ToString();
    }
  }
  void PrintCounts() const {
    for (const auto& [kind, times] : named_) fmt::print("{}: named {} times\n", kind, times);
    fmt::print("harmless: {}\n", harmless_);
  }

  const fs::path root_ = testing::TempDir() + "rocks_damage_" + std::to_string(::getpid());
  const fs::path whole_ = root_ / "whole", damaged_ = root_ / "damaged";
  std::vector<std::string> entries_;
  std::map<std::string, int> named_;  // by kind of file
  int harmless_ = 0;
};

TEST_F(RocksDamage, AFlippedBitIsNamedOrHarmless) {
  std::mt19937_64 random(17);  // NOLINT: the same bits each time
  for (const auto& file : Files()) {
    const std::string whole = BytesOf(file);
    for (int i = 0; i < kFlips && !HasFailure(); ++i) {
      const size_t bit = random() % (whole.size() * 8);
      std::string bytes = whole;
      bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      ExpectNamedOrHarmless(file, bytes, fmt::format("bit {} of {}", bit, whole.size() * 8));
    }
  }
  PrintCounts();
  EXPECT_EQ(named_[".log"], kFlips);
  EXPECT_GT(named_[".sst"], kFlips / 2);
  EXPECT_EQ(named_["MANIFEST"], kFlips);
}

// Lengths and types of records are where RocksDB alone would take damage for a torn end.
TEST_F(RocksDamage, AFlippedBitInTheHeaderOfARecordIsNamed) {
  for (const auto& file : Files()) {
    if (file.extension() != ".log" && !file.filename().string().starts_with("MANIFEST")) continue;
    const std::string whole = BytesOf(file);
    for (size_t at = 0; at + 7 <= whole.size() && !HasFailure();) {
      const size_t length =
          static_cast<uint8_t>(whole[at + 4]) | static_cast<uint8_t>(whole[at + 5]) << 8;
      for (int bit = 32; bit < 56; bit += 5) {
        std::string bytes = whole;
        bytes[at + static_cast<size_t>(bit) / 8] ^= static_cast<char>(1 << (bit % 8));
        const auto before = named_;
        ExpectNamedOrHarmless(file, bytes, fmt::format("bit {} of the record at {}", bit, at));
        EXPECT_NE(named_, before) << file << ": bit " << bit << " of the record at " << at;
      }
      at += 7 + length;
    }
  }
  PrintCounts();
}

TEST_F(RocksDamage, ALostEndIsNamedOrHarmless) {
  std::mt19937_64 random(17);  // NOLINT: the same places each time
  for (const auto& file : Files()) {
    const std::string whole = BytesOf(file);
    for (int i = 0; i < kCuts && !HasFailure(); ++i) {
      const size_t left = i == 0 ? 0 : i == 1 ? whole.size() - 1 : random() % whole.size();
      ExpectNamedOrHarmless(file, whole.substr(0, left),
                            fmt::format("{} of {} bytes are left", left, whole.size()));
    }
  }
  PrintCounts();
  EXPECT_EQ(named_[".log"], kCuts);
}

TEST_F(RocksDamage, AMissingFileIsNamedOrHarmless) {
  for (const auto& file : Files()) {
    fs::remove_all(damaged_);
    fs::copy(whole_, damaged_, fs::copy_options::recursive);
    fs::remove(damaged_ / file.filename());
    std::vector<std::string> entries;
    const auto status = OpenAndRead(&entries);
    EXPECT_TRUE(!status.ok() || entries == entries_) << file;
  }
}

TEST_F(RocksDamage, ATornEndOfWhatNobodyWasToldIsTaken) {
  fs::path log;
  for (const auto& file : Files()) {
    if (file.extension() == ".log" && fs::file_size(file) > 0) log = file;
  }
  const std::string whole = BytesOf(log);
  for (const size_t bytes : {1, 6, 7, 30}) {  // of a record whose header promises more
    fs::remove_all(damaged_);
    fs::copy(whole_, damaged_, fs::copy_options::recursive);
    std::ofstream(damaged_ / log.filename(), std::ios::binary) << whole + whole.substr(0, bytes);
    std::vector<std::string> entries;
    const auto status = OpenAndRead(&entries);
    EXPECT_TRUE(status.ok()) << bytes << ": " << status.ToString();
    EXPECT_TRUE(entries == entries_);
  }
}

}  // namespace
}  // namespace wanmi::journal
