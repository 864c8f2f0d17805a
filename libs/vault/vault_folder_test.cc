// vault on disk: the key file, restarts, crash images, and that forgetting leaves no bytes behind.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include "vault/vault.h"

namespace wanmi::vault {
namespace {

namespace fs = std::filesystem;
using base::Code;

constexpr std::string_view kWords = "the lamp before my door is dark";

std::string ReadAll(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

class VaultFolder : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("vault_") + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  OpenOptions Options(bool create = false) const {
    return {.folder = (root_ / "vault").string(),
            .master_key_file = (root_ / "master.key").string(),
            .create = create};
  }
  std::unique_ptr<Vault> Create() const {
    auto vault = OpenVault(Options(true));
    EXPECT_TRUE(vault.ok()) << vault.status().ToString();
    return vault.ok() ? std::move(*vault) : nullptr;
  }
  std::vector<fs::path> FilesWith(const std::string& bytes) const {
    std::vector<fs::path> found;
    for (const auto& file : fs::recursive_directory_iterator(root_ / "vault")) {
      if (file.is_regular_file() && ReadAll(file.path()).find(bytes) != std::string::npos) {
        found.push_back(file.path());
      }
    }
    return found;
  }
  // The stored bytes of a record; only while the vault is closed.
  std::string Record(std::string_view name) const {
    const auto store = OpenRocksKeyStore((root_ / "vault").string());
    return **(*store)->Get(name);
  }

  fs::path root_;
};

TEST_F(VaultFolder, MakesAKeyFileForItsOwnerOnly) {
  ASSERT_NE(Create(), nullptr);
  struct stat about = {};
  ASSERT_EQ(stat((root_ / "master.key").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_EQ(ReadAll(root_ / "master.key").size(), 65u);
}

TEST_F(VaultFolder, OpensAgainWhatItSealed) {
  const Sealed sealed = *Create()->Seal("person/1", kWords);
  const auto again = OpenVault(Options());
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ(*(*again)->Open(sealed), kWords);
}

TEST_F(VaultFolder, RefusesAnotherMasterKey) {
  ASSERT_NE(Create(), nullptr);
  fs::remove(root_ / "master.key");
  EXPECT_EQ(OpenVault(Options(true)).status().code(), Code::kNotFound)
      << "an old vault must not get a new key";
  ASSERT_TRUE(CreateMasterKey((root_ / "master.key").string()).ok());
  const auto wrong = OpenVault(Options());
  EXPECT_EQ(wrong.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(wrong.status().message().find("master key"), std::string::npos);
}

TEST_F(VaultFolder, RefusesAKeyFileThatAnyoneCanReadOrThatIsNone) {
  ASSERT_NE(Create(), nullptr);
  fs::permissions(root_ / "master.key", fs::perms(0644));
  EXPECT_EQ(OpenVault(Options()).status().code(), Code::kFailedPrecondition);
  std::ofstream(root_ / "master.key") << "not a key\n";
  fs::permissions(root_ / "master.key", fs::perms(0600));
  EXPECT_EQ(OpenVault(Options()).status().code(), Code::kInvalidArgument);
}

TEST_F(VaultFolder, IsNotMadeUnasked) {
  EXPECT_EQ(OpenVault(Options()).status().code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(root_ / "vault"));
  EXPECT_FALSE(fs::exists(root_ / "master.key"));
}

TEST_F(VaultFolder, SurvivesACopyTakenInFullRun) {
  const auto vault = Create();
  const Sealed sealed = *vault->Seal("person/1", kWords);
  ASSERT_TRUE(vault->Sync().ok());
  fs::copy(root_ / "vault", root_ / "image", fs::copy_options::recursive);
  OpenOptions options = Options();
  options.folder = (root_ / "image").string();
  const auto image = OpenVault(options);
  ASSERT_TRUE(image.ok()) << image.status().ToString();
  EXPECT_EQ(*(*image)->Open(sealed), kWords);
}

TEST_F(VaultFolder, CopiesItselfForABackup) {
  const auto vault = Create();
  const Sealed sealed = *vault->Seal("person/1", kWords);
  ASSERT_TRUE(vault->CopyTo((root_ / "backup").string()).ok());
  OpenOptions options = Options();
  options.folder = (root_ / "backup").string();
  EXPECT_EQ(*(*OpenVault(options))->Open(sealed), kWords);
}

TEST_F(VaultFolder, LeavesNoBytesOfAForgottenKey) {
  Sealed old_key;
  Sealed kept;
  {
    const auto vault = Create();
    old_key = *vault->Seal("person/old", kWords);
    kept = *vault->Seal("person/kept", kWords);
  }
  const std::string in_table = Record("person/old/1");
  const std::string kept_bytes = Record("person/kept/1");
  {
    auto vault = OpenVault(Options());
    ASSERT_FALSE(FilesWith(in_table).empty()) << "the search itself must be able to find";
    ASSERT_TRUE((*vault)->Forget("person/old").ok());
    EXPECT_TRUE(FilesWith(in_table).empty()) << FilesWith(in_table).front();
    EXPECT_FALSE(FilesWith(kept_bytes).empty());
    EXPECT_EQ(*(*vault)->Open(kept), kWords);
  }
  EXPECT_TRUE(FilesWith(in_table).empty()) << "closing must not bring it back";
  EXPECT_EQ((*OpenVault(Options()))->Open(old_key).status().code(), Code::kNotFound);
}

TEST_F(VaultFolder, SweepsWhatIsOnlyInTheWriteAheadLog) {
  const auto store = std::move(*OpenRocksKeyStore((root_ / "vault").string()));
  const std::string bytes = "a record that is in the write-ahead log and in no table yet";
  ASSERT_TRUE(store->Put({{"a/1", bytes}}).ok());
  ASSERT_FALSE(FilesWith(bytes).empty());
  ASSERT_TRUE(store->Put({{"a/1", "gone"}}).ok());
  ASSERT_TRUE(store->Sweep().ok());
  EXPECT_TRUE(FilesWith(bytes).empty()) << FilesWith(bytes).front();
}

TEST_F(VaultFolder, ReportsABadBitInItsFiles) {
  Sealed sealed;
  {
    const auto vault = Create();
    sealed = *vault->Seal("person/1", kWords);
    ASSERT_TRUE(vault->Seal("person/2", kWords).ok());
  }
  const std::string record = Record("person/1/1");
  const auto files = FilesWith(record);
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    std::string bytes = ReadAll(file);
    bytes[bytes.find(record) + 30] ^= 4;
    std::ofstream(file, std::ios::binary) << bytes;
  }
  const auto vault = OpenVault(Options());
  const Code code = vault.ok() ? (*vault)->Open(sealed).status().code() : vault.status().code();
  EXPECT_EQ(code, Code::kDataLoss);
}

TEST_F(VaultFolder, NamesAFlippedBitOrALostEndInAnyFileOrIsNotHarmed) {
  std::vector<Sealed> sealed;
  for (int round = 0; round < 2; ++round) {  // opening again makes tables of the first half
    const auto vault = Create();
    for (int i = 0; i < 10; ++i)
      sealed.push_back(*vault->Seal(fmt::format("person/{}-{}", round, i), kWords));
    ASSERT_TRUE(vault->Sync().ok());
    if (round == 1) fs::copy(root_ / "vault", root_ / "whole", fs::copy_options::recursive);
  }
  std::mt19937_64 random(17);  // NOLINT: the same places each time
  OpenOptions options = Options();
  options.folder = (root_ / "damaged").string();
  int named = 0;
  for (const auto& file : fs::directory_iterator(root_ / "whole")) {
    const std::string name = file.path().filename();
    if (name.starts_with("LOG") || name.starts_with("OPTIONS") || file.file_size() == 0) continue;
    const std::string whole = ReadAll(file.path());
    for (int i = 0; i < 10; ++i) {
      std::string bytes = whole;
      const size_t bit = random() % (bytes.size() * 8);
      bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      if (i >= 8) bytes = whole.substr(0, bit / 8);
      fs::remove_all(options.folder);
      fs::copy(root_ / "whole", options.folder, fs::copy_options::recursive);
      std::ofstream(fs::path(options.folder) / name, std::ios::binary) << bytes;
      const auto vault = OpenVault(options);
      named += vault.ok() ? 0 : 1;
      if (!vault.ok()) continue;
      for (const auto& words : sealed) {
        const auto opened = (*vault)->Open(words);
        if (!opened.ok()) {
          EXPECT_EQ(opened.status().code(), Code::kDataLoss) << opened.status().ToString();
        } else {
          EXPECT_EQ(*opened, kWords);
        }
        EXPECT_TRUE(opened.ok() || name.ends_with(".sst")) << name << ": found too late";
      }
    }
  }
  EXPECT_GT(named, 30);
}

TEST_F(VaultFolder, TellsDamageInTheWriteAheadLogFromATornEnd) {
  const std::string folder = (root_ / "vault").string();
  const std::string bytes = "a record that other records follow";
  {
    const auto store = std::move(*OpenRocksKeyStore(folder));
    ASSERT_TRUE(store->Put({{"a/1", bytes}}).ok());
    ASSERT_TRUE(store->Put({{"b/1", "the last one"}}).ok());
  }
  const auto logs = FilesWith(bytes);
  ASSERT_EQ(logs.size(), 1u);
  const std::string whole = ReadAll(logs[0]);
  std::string damaged = whole;
  damaged[damaged.find(bytes)] ^= 1;
  std::ofstream(logs[0], std::ios::binary) << damaged;
  EXPECT_EQ(OpenRocksKeyStore(folder).status().code(), Code::kDataLoss);
  std::ofstream(logs[0], std::ios::binary) << whole.substr(0, whole.size() - 5);
  const auto torn = OpenRocksKeyStore(folder);
  ASSERT_TRUE(torn.ok()) << torn.status().ToString();
  EXPECT_EQ(**(*torn)->Get("a/1"), bytes);
  EXPECT_FALSE((*torn)->Get("b/1")->has_value());
}

}  // namespace
}  // namespace wanmi::vault
