// Between processes both sides show a certificate, or nothing is said.
#include "server/peers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/log.h"
#include "journal/memory_journal.h"
#include "server/server.h"
#include "testkit/certificates.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::server {
namespace {

constexpr char kGetCity[] = "/wanmi.operations.v1.Operations/GetCity";

class PeersTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    ours_ = Certify("ours");
    ours_.look_every_seconds = 1;
    theirs_ = Certify("theirs");
    host_ = std::make_unique<runtime::Host>(runtime::City{"toy", "journal-1", 4, 1},
                                            std::vector<rules::Definition>(), journal_, clock_,
                                            runtime::HostOptions());
    ASSERT_TRUE(host_->Open().ok());
    vault_ = vault::MemoryVault(std::make_unique<vault::MapKeyStore>(), 1);
    auto server =
        Server::Start(*host_, *vault_, nullptr, {.tls = ours_, .probe_address = "127.0.0.1:0"});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(*server);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // An authority of its own, and one certificate of it for this machine.
  TlsFiles Certify(const std::string& name) const {
    return testkit::Authority::Make(folder_, name + "-ca")
        .value()
        .Issue(name, "subjectAltName=DNS:localhost,IP:127.0.0.1")
        .value();
  }
  // In `address` {0} is the port.
  base::Status CallWith(std::shared_ptr<grpc::ChannelCredentials> credentials,
                        const std::string& address = "localhost:{0}") const {
    Peers peers({}, std::move(credentials));
    const auto channel = peers.At(fmt::format(fmt::runtime(address), server_->port()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    operations::v1::CityView view;
    RETURN_IF_ERROR(Call(*channel, kGetCity, context, operations::v1::GetCity(), &view));
    EXPECT_EQ(view.city(), "toy");
    return {};
  }

  const std::string folder_ = testing::TempDir() + "peers_" + std::to_string(::getpid());
  TlsFiles ours_, theirs_;
  journal::MemoryJournal journal_;
  base::CityClock clock_;
  std::unique_ptr<runtime::Host> host_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<Server> server_;
};

TEST_F(PeersTest, OnlyWhoShowsACertificateOfOurAuthorityIsHeard) {
  const auto good = CallWith(ClientCredentials(ours_));
  EXPECT_TRUE(good.ok()) << good.ToString();
  EXPECT_FALSE(CallWith(grpc::InsecureChannelCredentials()).ok());
  EXPECT_FALSE(CallWith(ClientCredentials(theirs_)).ok());
  // One that trusts us and shows another's.
  EXPECT_FALSE(CallWith(ClientCredentials({ours_.ca, theirs_.certificate, theirs_.key})).ok());
}

// So are the replicas of a service named where there is no DNS.
TEST_F(PeersTest, ByNumberAndByAListOfNumbersItIsTheCertificatesOwner) {
  for (const char* address : {"127.0.0.1:{0}", "127.0.0.1:{0},127.0.0.1:{0}"}) {
    const auto good = CallWith(ClientCredentials(ours_), address);
    EXPECT_TRUE(good.ok()) << address << ": " << good.ToString();
  }
  // Another place than the certificate is for, though the same server answers there.
  EXPECT_FALSE(CallWith(ClientCredentials(ours_), "127.0.0.2:{0},127.0.0.1:{0}").ok());
}

// As cert-manager renews them: the files change while the process runs.
TEST_F(PeersTest, NewCertificatesAreTakenUp) {
  ASSERT_FALSE(CallWith(ClientCredentials(theirs_)).ok());
  for (const auto& [from, to] : {std::pair{&theirs_.ca, &ours_.ca},
                                 {&theirs_.certificate, &ours_.certificate},
                                 {&theirs_.key, &ours_.key}}) {
    std::filesystem::copy_file(*from, *to + ".new");
    std::filesystem::rename(*to + ".new", *to);
  }
  base::Status status;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    status = CallWith(ClientCredentials(theirs_));
  } while (!status.ok() && std::chrono::steady_clock::now() < until);
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(Peers, AddressesAreOfEachServiceOrOfAll) {
  const auto each = Peers::Parse("intake=127.0.0.1:1,127.0.0.1:2;grid=dns:///grid:7400");
  EXPECT_EQ(each->at("intake"), "127.0.0.1:1,127.0.0.1:2");
  EXPECT_EQ(each->at("grid"), "dns:///grid:7400");
  EXPECT_EQ(Peers::Parse("127.0.0.1:7400")->at(""), "127.0.0.1:7400");
  EXPECT_EQ(Peers::Parse("").status().code(), base::Code::kInvalidArgument);
  Peers some({{"grid", "127.0.0.1:1"}}, grpc::InsecureChannelCredentials());
  EXPECT_TRUE(some.Of("grid").ok());
  EXPECT_EQ(some.Of("intake").status().code(), base::Code::kUnavailable);
}

}  // namespace
}  // namespace wanmi::server
