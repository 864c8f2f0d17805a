// The real binary on a disk that fills: it refuses writes before, goes on reading, and goes on by
// itself when there is room; where nothing is kept free it ends, and starts again when it can.
#include <thread>

#include "server/rpc.h"
#include "tests/e2e/city_fixture.h"
#include "tests/e2e/tiny_disk.h"
#include "wanmi/grid/v1/grid.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::e2e {
namespace {

constexpr int64_t kMegabyte = 1 << 20;
constexpr int64_t kDiskBytes = 224 * kMegabyte;
constexpr int64_t kKeepFree = 24 * kMegabyte;
constexpr int64_t kLittle = 4 * kMegabyte;
constexpr int kExitInDoubt = 74;
constexpr int kClients = 4;

// Waits for what another process or thread does; false if it does not within half a minute.
bool Await(const std::function<bool()>& so) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!so()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

class DiskTest : public CityFixture {
 protected:
  // Says what the disk does not do for this test.
  base::Status UseTinyDisk(int64_t keep_free) {
    RETURN_IF_ERROR(disk_.Mount(folder_ + "/disk", kDiskBytes));
    Configure(folder_ + "/disk/city", fmt::format(R"("keepFreeBytes":{})", keep_free));
    return {};
  }
  void TearDown() override {
    KillNow();
    // What is in memory only would be gone with it.
    if (HasFailure())
      std::filesystem::copy(folder_ + "/disk/city", folder_ + "/city",
                            std::filesystem::copy_options::recursive);
    disk_.Unmount();
    CityFixture::TearDown();
  }
  // One call and its answer, without the client's patience.
  base::Status CallOnce(const std::string& path, const google::protobuf::Message& request,
                        google::protobuf::Message* response) const {
    const auto channel = grpc::CreateChannel(process_.grpc(), grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    context.AddMetadata("wanmi-person", kBootstrap.person);
    context.AddMetadata("wanmi-post", kBootstrap.post);
    return server::Call(*channel, path, context, request, response);
  }
  base::Status TryCommand() const {
    grid::v1::OpenRegion open;
    open.set_id("a command of no importance");
    open.mutable_region()->set_code("370799000001");
    open.mutable_region()->set_parent("370799000");
    open.mutable_region()->set_name("demo");
    open.mutable_region()->set_level("community");
    common::v1::Receipt receipt;
    return CallOnce("/wanmi.grid.v1.Grid/OpenRegion", open, &receipt);
  }
  operations::v1::CityView City() const {
    operations::v1::CityView view;
    const auto status =
        CallOnce("/wanmi.operations.v1.Operations/GetCity", operations::v1::GetCity(), &view);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return view;
  }
  int64_t Entries() const {
    int64_t entries = 0;
    const auto city = City();
    for (const auto& slice : city.slices()) entries += slice.seq();
    return entries;
  }
  std::vector<std::jthread> StartLoad(demo::Client& client) {
    std::vector<std::jthread> callers;
    for (int c = 0; c < kClients; ++c) {
      callers.emplace_back(
          [&client, c](std::stop_token stop) { LoadCity(client, c, std::move(stop)); });
    }
    return callers;
  }
  void ExpectNothingLostOrTwice(demo::Client& client) {
    const Audited audited = Audit(client);
    fmt::print("{} commands, {} calls refused or in doubt: {} lost, {} twice\n", client.commands(),
               client.in_doubt(), audited.lost, audited.twice);
    EXPECT_EQ(audited.lost, 0);
    EXPECT_EQ(audited.twice, 0);
    Stop(client);
    EXPECT_EQ(Rebuild(), 0);
  }

  TinyDisk disk_;
};

TEST_F(DiskTest, RefusesWritesBeforeItIsFullAndGoesOnWhenThereIsRoom) {
  if (const auto status = UseTinyDisk(kKeepFree); !status.ok())
    GTEST_SKIP() << "SKIPPED: " << status.ToString();
  demo::Client client(7, 0);
  Start(client);
  {
    const auto callers = StartLoad(client);
    ASSERT_TRUE(Await([&] { return client.commands() > 100; }));
    disk_.FillBut(kKeepFree / 2);
    base::Status refused;
    ASSERT_TRUE(Await([&] { return !(refused = TryCommand()).ok(); }));
    EXPECT_EQ(refused.code(), base::Code::kResourceExhausted);
    EXPECT_NE(refused.message().find("bytes free"), std::string::npos) << refused.ToString();
    EXPECT_NE(refused.message().find(fmt::format("{} are kept", kKeepFree)), std::string::npos);

    // Whoever reads, reads; nothing is written; and it says why it is not ready.
    int64_t entries = 0;  // when what was under way is over
    ASSERT_TRUE(Await([&] {
      const int64_t before = std::exchange(entries, Entries());
      return entries == before;
    }));
    operations::v1::ReadEntries read;
    read.set_service("directory");
    operations::v1::EntryPage page;
    EXPECT_TRUE(CallOnce("/wanmi.operations.v1.Operations/ReadEntries", read, &page).ok());
    EXPECT_GT(page.entries_size(), 0);
    EXPECT_EQ(City().ready(), refused.message());
    EXPECT_EQ(TryCommand().code(), base::Code::kResourceExhausted);
    EXPECT_EQ(Entries(), entries);
    EXPECT_LE(disk_.free_bytes(), kKeepFree / 2);
    EXPECT_GT(disk_.free_bytes(), kKeepFree / 4) << "what is kept is not used up meanwhile";

    disk_.MakeRoom();
    EXPECT_TRUE(Await([&] { return TryCommand().ok() && Entries() > entries + kClients; }));
    EXPECT_EQ(City().ready(), "");
  }
  ExpectNothingLostOrTwice(client);
}

TEST_F(DiskTest, EndsWhenItIsFullAndStartsAgainWhenThereIsRoom) {
  if (const auto status = UseTinyDisk(0); !status.ok())
    GTEST_SKIP() << "SKIPPED: " << status.ToString();
  disk_.FillBut(kLittle);  // before the start: the journal claims room ahead where there is some
  demo::Client client(7, 0);
  Start(client);
  {
    const auto callers = StartLoad(client);
    EXPECT_EQ(process_.WaitForEnd(), kExitInDoubt);
    // A supervisor tries in vain, or it works for a moment and ends again.
    if (process_.Start(Command(), folder_ + "/log", true).ok()) {
      EXPECT_EQ(process_.WaitForEnd(), kExitInDoubt);
    }
    process_.WaitForEnd();
    disk_.MakeRoom();
    Start(client);
    const int64_t commands = client.commands();
    EXPECT_TRUE(Await([&] { return client.commands() > commands + 10; }));
  }
  ExpectNothingLostOrTwice(client);
}

}  // namespace
}  // namespace wanmi::e2e
