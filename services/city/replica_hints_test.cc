// What a process with an empty disk hears from another of its service, and who else may ask.
#include "services/city/replica_hints.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/memory_journal.h"
#include "server/server.h"

namespace wanmi::city {
namespace {

constexpr char kGetHints[] = "/wanmi.operations.v1.Operations/GetHints";

class ReplicaHintsTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    ASSERT_TRUE(host_.Open().ok());
  }
  std::unique_ptr<server::Server> Serve(server::Peers* peers) {
    server::ServerOptions options{.peers = peers};
    options.works.hints = [] {
      operations::v1::HintsView view;
      view.set_birth("these topics");
      auto& hint = *view.add_hints();
      hint.set_service("dispatch");
      hint.set_partition(3);
      hint.set_seq(17);
      hint.set_hint("here");
      return view;
    };
    auto server = server::Server::Start(host_, *vault_, nullptr, options);
    EXPECT_TRUE(server.ok()) << server.status().ToString();
    return std::move(*server);
  }
  static server::Peers PeersAt(int port) {
    return {{{"intake", fmt::format("127.0.0.1:{}", port)}}, grpc::InsecureChannelCredentials()};
  }
  static base::Code CodeOf(int port, const char* name) {
    server::Peers peers = PeersAt(port);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    context.AddMetadata(name, "intake");
    operations::v1::HintsView view;
    return server::Call(**peers.Of("intake"), kGetHints, context, operations::v1::GetHints(), &view)
        .code();
  }

  journal::MemoryJournal journal_;
  base::ManualClock clock_{base::FromMicros(1'773'190'800'000'000)};
  runtime::Host host_{runtime::City{"toy", "journal-1", 4, 1}, {}, journal_, clock_, {}};
  const std::unique_ptr<vault::Vault> vault_ =
      vault::MemoryVault(std::make_unique<vault::MapKeyStore>(), 1);
  server::Peers none_{{}, grpc::InsecureChannelCredentials()};
};

TEST_F(ReplicaHintsTest, AnotherOfItsServiceSaysWhereToBegin) {
  const auto server = Serve(&none_);
  server::Peers peers = PeersAt(server->port());
  const auto hints = HintsFromPeers(peers, "intake", "these topics");
  ASSERT_EQ(hints.size(), 1u);
  EXPECT_EQ(hints[0].slice, (journal::Slice{"dispatch", 3}));
  EXPECT_EQ(hints[0].seq, 17);
  EXPECT_EQ(hints[0].hint, "here");
  EXPECT_TRUE(HintsFromPeers(peers, "intake", "others of that name").empty());
}

TEST_F(ReplicaHintsTest, WithNobodyThereItGoesOnWithout) {
  server::Peers gone = PeersAt(1);
  EXPECT_TRUE(HintsFromPeers(gone, "intake", "these topics").empty());
  EXPECT_TRUE(HintsFromPeers(none_, "intake", "these topics").empty());
}

TEST_F(ReplicaHintsTest, OnlyTheCityMayAsk) {
  const auto server = Serve(&none_);
  EXPECT_EQ(CodeOf(server->port(), "wanmi-peer"), base::Code::kOk);
  EXPECT_EQ(CodeOf(server->port(), "wanmi-person"), base::Code::kUnauthenticated);
  const auto alone = Serve(nullptr);
  EXPECT_EQ(CodeOf(alone->port(), "wanmi-peer"), base::Code::kUnauthenticated)
      << "where no process has another, none is believed";
}

}  // namespace
}  // namespace wanmi::city
