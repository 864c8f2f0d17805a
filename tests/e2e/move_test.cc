// The drill: a city at work is backed up, and restored as another incarnation; it is stopped,
// exported and imported elsewhere as the same one.
#include "tests/e2e/drill_fixture.h"

namespace wanmi::e2e {
namespace {

class MoveTest : public DrillFixture {
 protected:
  void BackUpUnderLoad() {
    std::jthread load([this](const std::stop_token& stop) { Play(0, 100'000, stop); });
    ASSERT_TRUE(AwaitClosed(20));
    Wanmi({"backup", "--out", folder_ + "/backup", "--vault-out", folder_ + "/keys", "--digests"});
    // Each export fails if what it took is not closed.
    for (int i = 0; i < 4; ++i)
      Wanmi({"backup", "--out", folder_ + "/backup-" + std::to_string(i), "--without-vault"});
    ASSERT_TRUE(AwaitClosed(closed_ + 10)) << "it goes on meanwhile";
    Wanmi({"verify-backup", folder_ + "/backup"});
    Wanmi({"verify-backup", folder_ + "/keys"});
    load.request_stop();
  }
  // One bit of the copy of a backup.
  void FlipABit() {
    const std::string folder = folder_ + "/backup-0", file = folder + "/journal.wanmi";
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(file) / 2);
    bytes.seekg(middle);
    const int byte = bytes.get();
    bytes.seekp(middle);
    bytes.put(static_cast<char>(byte ^ 4));
    bytes.close();
    EXPECT_NE(Wanmi({"verify-backup", folder}, 1).find("expected journal.wanmi"),
              std::string::npos);
  }
  void Restore() {
    ConfigureMoved("again");
    std::filesystem::create_directories(folder_ + "/again");
    const std::vector<std::string> words{
        "restore",         "--in",     folder_ + "/backup", "--vault",
        folder_ + "/keys", "--config", ConfigOf("again")};
    auto older = words;
    older[2] = folder_ + "/backup-3";
    EXPECT_NE(Wanmi(older, 1).find("made before the backup"), std::string::npos);
    // Without the master key: half a restore, which nothing can be started from.
    EXPECT_NE(Wanmi(words, 1).find("while opening the restored vault"), std::string::npos);
    EXPECT_NE(demo::Run({binary_, "--config", ConfigOf("again")}, folder_ + "/refused").value_or(0),
              0);
    std::filesystem::remove_all(folder_ + "/again");
    std::filesystem::create_directories(folder_ + "/again");
    std::filesystem::copy(folder_ + "/city/master.key", folder_ + "/again/master.key");
    Wanmi(words);
  }
};

TEST_F(MoveTest, IsBackedUpUnderLoadAndRestoredAsAnotherIncarnation) {
  Found();
  const std::string token = SendOwn().token();
  BackUpUnderLoad();
  StopOne();
  if (HasFailure()) return;
  const auto backup = city::VerifyBackup(folder_ + "/backup");
  ASSERT_TRUE(backup.ok()) << backup.status().ToString();
  FlipABit();
  Restore();

  journal::Positions positions;
  int64_t entries = 0;
  for (const auto& at : backup->positions()) {
    positions[{at.service(), at.partition()}] = at.seq();
    entries += at.seq();
  }
  std::map<std::string, std::string> rows;
  for (const auto& sum : backup->rows()) rows[sum.service()] = sum.sha256_hex();
  EXPECT_GT(entries, 500);
  EXPECT_EQ(rows.size(), 9u);
  EXPECT_EQ(FoldedTo("city", positions), rows) << "a rebuild of the original as of then";
  EXPECT_EQ(FoldedTo("again", positions), rows);

  StartAs("again");
  Wanmi({"verify"});
  Wanmi({"rebuild"});
  const auto old = ReadWith(token);
  EXPECT_EQ(old.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(old.message().find("before a restore"), std::string::npos) << old.ToString();
  const auto repeated = SendOwn();
  EXPECT_TRUE(repeated.repeated()) << "it was before the backup";
  EXPECT_TRUE(ReadWith(repeated.token()).ok());
  Play(500'000, 10, {});
  EXPECT_EQ(closed_, 10);
  StopOne();
}

TEST_F(MoveTest, IsExportedAndImportedAsTheSameCity) {
  Found();
  const auto receipt = SendOwn();
  Play(0, 30, {});
  const std::string file = folder_ + "/journal.wanmi";
  EXPECT_NE(Wanmi({"export-journal", "--config", ConfigOf("city"), "--out", file}, 1)
                .find("stop the city first"),
            std::string::npos);
  StopOne();
  Wanmi({"export-journal", "--config", ConfigOf("city"), "--out", file});

  ConfigureMoved("moved");
  std::ofstream(ConfigOf("other")) << R"({"city":"qingdao","folder":")" << folder_ << "/other\"}";
  EXPECT_NE(Wanmi({"import-journal", "--config", ConfigOf("other"), "--in", file}, 1)
                .find("found city weifang"),
            std::string::npos);
  const std::vector<std::string> words{"import-journal", "--config", ConfigOf("moved"), "--in",
                                       file};
  Wanmi(words);
  EXPECT_NE(Wanmi(words, 1).find("expected an empty journal"), std::string::npos);
  for (const std::string part : {"/vault", "/master.key"}) {
    std::filesystem::copy(folder_ + "/city" + part, folder_ + "/moved" + part,
                          std::filesystem::copy_options::recursive);
  }
  const auto ends = EndsOf("city");
  EXPECT_EQ(EndsOf("moved"), ends);
  EXPECT_EQ(FoldedTo("moved", ends), FoldedTo("city", ends));

  StartAs("moved");
  const auto repeated = SendOwn();
  EXPECT_TRUE(repeated.repeated());
  EXPECT_EQ(repeated.seq(), receipt.seq());
  EXPECT_EQ(repeated.partition(), receipt.partition());
  EXPECT_EQ(repeated.number(), receipt.number());
  const auto read = ReadWith(receipt.token());
  EXPECT_TRUE(read.ok()) << "the token of before is good: " << read.ToString();
  Wanmi({"verify"});
  Wanmi({"rebuild"});
  Play(500'000, 5, {});
  EXPECT_EQ(closed_, 5);
  StopOne();
}

}  // namespace
}  // namespace wanmi::e2e
