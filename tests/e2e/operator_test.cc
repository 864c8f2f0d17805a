// What an operator sees with `wanmi` of a city whose services are processes of their own, with
// certificates: two of them, intake and verification, over one journal in memory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "rules/directory_rows.h"
#include "runtime/replica_fixture.h"
#include "server/server.h"
#include "services/city/process.h"
#include "testkit/certificates.h"
#include "testkit/free_port.h"
#include "testkit/sample_city.h"
#include "tests/load/process.h"

namespace wanmi::e2e {
namespace {

struct Town {
  journal::MemoryJournal journal;
  base::MapRows people, rules;
  server::TlsFiles certificates;
};

// One service, which owns all its partitions and follows the directory as every process does.
class ServiceProcess {
 public:
  ServiceProcess(const std::string& service, Town& town)
      : address_(fmt::format("localhost:{}", testkit::FreePort())) {
    told_.Say({0, 1});
    runtime::HostOptions options;
    options.instance = service;
    options.address = address_;
    options.ownership = &told_;
    options.only_followed = {"directory"};
    options.directory = &town.people;
    options.rulebook = &town.rules;
    options.open_store = [](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
    };
    options.ask_elsewhere = [](std::string_view, std::string_view, const runtime::Behalf&,
                               const google::protobuf::Message&,
                               google::protobuf::Message* response) {
      response->CopyFrom(testkit::SamplePlace());  // the grid's only answer here
      return base::Status();
    };
    std::vector<rules::Definition> definitions;
    for (auto& definition : city::AllDefinitions()) {
      if (definition.name == service || definition.name == "directory")
        definitions.push_back(std::move(definition));
    }
    host_ = std::make_unique<runtime::Host>(runtime::City{"toy", "journal-1", 2, 1},
                                            std::move(definitions), town.journal, clock_,
                                            std::move(options));
    CHECK(host_->Open().ok(), "it opens");
    server::ServerOptions serving{.address = address_, .tls = town.certificates, .peers = &peers_};
    serving.works.rebuild = [this, service] {
      operations::v1::RebuildView view;
      auto& rebuilt = *view.add_services();
      rebuilt.set_service(service);
      rebuilt.set_sha256_hex(rebuilds_as);
      rebuilt.set_in_use_sha256_hex("as in use");
      return base::Result<operations::v1::RebuildView>(view);
    };
    auto server = server::Server::Start(*host_, *vault_, nullptr, serving);
    CHECK(server.ok(), "{}", server.status().ToString());
    server_ = std::move(*server);
    host_->Start();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!(host_->IsOpen(service, 0) && host_->IsOpen(service, 1)) &&
           std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~ServiceProcess() { server_->Shutdown(); }
  const std::string& address() const { return address_; }
  runtime::Host& host() { return *host_; }
  std::string rebuilds_as = "as in use";  // set while nobody asks

 private:
  const std::string address_;
  base::CityClock clock_;
  runtime::Told told_;
  std::unique_ptr<vault::Vault> vault_ =
      vault::MemoryVault(std::make_unique<vault::MapKeyStore>(), 1);
  server::Peers peers_{{}, grpc::InsecureChannelCredentials()};
  std::unique_ptr<runtime::Host> host_;
  std::unique_ptr<server::Server> server_;
};

bool Says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

class OperatorTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    const auto authority = testkit::Authority::Make(folder_, "authority").value();
    town_.certificates = authority.Issue("services", "subjectAltName=DNS:localhost").value();
    ours_ = authority.Issue("operator", "extendedKeyUsage=clientAuth").value();
    servers_ = authority.Issue("servers", "extendedKeyUsage=serverAuth").value();
    testkit::WriteSampleDirectory(town_.people);
    testkit::WriteSampleRulebook(town_.rules);
    AddOperator();
    intake_ = std::make_unique<ServiceProcess>("intake", town_);
    verification_ = std::make_unique<ServiceProcess>("verification", town_);
    address_ = "intake=" + intake_->address() + ";verification=" + verification_->address();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void AddOperator() {
    namespace rows = rules::directory_rows;
    directory::v1::Post post;
    post.set_id("operator");
    post.set_unit_id("base");
    post.set_kind(common::v1::POST_KIND_OPERATOR);
    rows::kPosts.Put(town_.people, post.id(), post);
    directory::v1::Holding holding;
    holding.set_person_id("p-operator");
    holding.set_post_id("operator");
    holding.set_from_us(1);
    rows::kHoldings.Put(town_.people, base::Key().Text("p-operator").Tail("operator"), holding);
  }
  static std::vector<std::string> Shown(const server::TlsFiles& files) {
    return {"--ca", files.ca, "--cert", files.certificate, "--key", files.key};
  }
  // What it says; its exit code must be this.
  std::string Run(std::vector<std::string> words, int code) {
    words.insert(words.begin(), WANMI_BINARY);
    const std::string log = folder_ + "/said-" + std::to_string(++said_);
    const auto found = demo::Run(words, log);
    std::ifstream in(log);
    const std::string said{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(found.ok() && *found == code)
        << fmt::format("{}", words[words.size() - 1]) << " ended with " << *found << " and said:\n"
        << said;
    return said;
  }
  // As the operator, to both services.
  std::string Wanmi(const std::vector<std::string>& words, int code = 0, std::string address = "") {
    std::vector<std::string> all{"--address", address.empty() ? address_ : address};
    for (const auto& word : Shown(ours_)) all.push_back(word);
    all.insert(all.end(), {"--person", "p-operator", "--post", "operator"});
    all.insert(all.end(), words.begin(), words.end());
    return Run(all, code);
  }
  // A report that verification has to look at, and which both have heard of.
  void Report(const std::string& id) {
    std::vector<std::string> words{"--address", address_};
    for (const auto& word : Shown(ours_)) words.push_back(word);
    words.insert(words.end(),
                 {"--person", "p-acceptor", "--post", "acceptor", "report", "--source", "12345",
                  "--class", "2013/event/01-10", "--at", "119.1,36.7", "--report", id});
    Run(words, 0);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto heard = [&] {
      const auto history = verification_->host().History(id);
      return history.ok() && !history->empty();
    };
    while (!heard() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(heard());
  }

  const std::string folder_ = testing::TempDir() + "operator_" + std::to_string(::getpid());
  Town town_;
  server::TlsFiles ours_, servers_;
  std::unique_ptr<ServiceProcess> intake_, verification_;
  std::string address_;
  int said_ = 0;
};

TEST_F(OperatorTest, CertificatesAreShownOrAskedFor) {
  EXPECT_TRUE(Says(Wanmi({"status"}), "ready"));
  const std::string bare = Run({"--address", address_, "status"}, 1);
  EXPECT_TRUE(Says(bare, "none of 2 answered") || Says(bare, "2 of 2 did not answer")) << bare;
  EXPECT_TRUE(Says(bare, "--ca, --cert and --key")) << bare;
  // By the environment, as in a pod.
  ::setenv("WANMI_ADDRESS", address_.c_str(), 1);
  ::setenv("WANMI_CA", ours_.ca.c_str(), 1);
  ::setenv("WANMI_CERT", ours_.certificate.c_str(), 1);
  EXPECT_TRUE(Says(Run({"status"}, 1), "found no --key"));
  ::setenv("WANMI_KEY", ours_.key.c_str(), 1);
  EXPECT_TRUE(Says(Run({"status"}, 0), "ready"));
  for (const char* name : {"WANMI_ADDRESS", "WANMI_CA", "WANMI_CERT", "WANMI_KEY"})
    ::unsetenv(name);
}

TEST_F(OperatorTest, FilesThatAreNotThereOrNoCertificatesAreNamed) {
  const std::vector<std::string> to{"--address", address_};
  const auto with = [&](const server::TlsFiles& files) {
    auto words = to;
    for (const auto& word : Shown(files)) words.push_back(word);
    words.push_back("status");
    return Run(words, 1);
  };
  EXPECT_TRUE(Says(with({"/no/ca.crt", ours_.certificate, ours_.key}), "/no/ca.crt"));
  EXPECT_TRUE(Says(with({ours_.ca, ours_.certificate, ours_.certificate}), "PRIVATE KEY"));
  // Of this authority, but not for clients; and one whose key is another's.
  EXPECT_TRUE(Says(with(servers_), "does it trust the one in --cert"));
  EXPECT_TRUE(Says(with({ours_.ca, ours_.certificate, servers_.key}), "no answer from"));
}

TEST_F(OperatorTest, EachServiceIsAskedAndSaysWhatIsItsOwn) {
  Report("r-1");
  const std::string status = Wanmi({"status"});
  EXPECT_TRUE(Says(status, intake_->address()) && Says(status, verification_->address())) << status;
  EXPECT_TRUE(Says(status, "2 of 2")) << "each decides its own: " << status;
  EXPECT_TRUE(Says(status, "not asked, since --address does not name them: directory")) << status;
  const std::string verified = Wanmi({"verify"});
  for (const char* slice :
       {"intake/0", "intake/1", "verification/0", "verification/1", "directory/0"})
    EXPECT_TRUE(Says(verified, slice)) << verified;
  EXPECT_TRUE(Says(verified, "in 5 slices")) << verified;
  const std::string digests = Wanmi({"digests"});
  EXPECT_TRUE(Says(digests, intake_->host().Digest("intake"))) << digests;
  EXPECT_TRUE(Says(digests, verification_->host().Digest("verification"))) << digests;
  EXPECT_TRUE(Says(Wanmi({"parked"}), "nothing is parked"));
  const std::string shown = Wanmi({"show", "r-1"});
  const size_t received = shown.find("ReportReceived"), opened = shown.find("CheckOpened");
  EXPECT_TRUE(received < opened && opened != std::string::npos) << shown;
  const std::string tail = Wanmi({"tail", "--once"});
  EXPECT_TRUE(Says(tail, "ReportReceived") && Says(tail, "CheckOpened")) << tail;
  EXPECT_FALSE(Says(Wanmi({"tail", "verification", "--once"}), "ReportReceived"));
  const std::string levels = Wanmi({"level"});
  EXPECT_TRUE(Says(levels, "intake at " + intake_->address())) << levels;
  EXPECT_TRUE(Says(levels, "verification at " + verification_->address())) << levels;
}

TEST_F(OperatorTest, EveryProcessRebuildsItsViews) {
  const std::string same = Wanmi({"rebuild"});
  EXPECT_TRUE(Says(same, "intake at " + intake_->address())) << same;
  EXPECT_TRUE(Says(same, "verification at " + verification_->address())) << same;
  verification_->rebuilds_as = "otherwise";
  const std::string other = Wanmi({"rebuild"}, 1);
  EXPECT_TRUE(Says(other, "differ from their rebuild at verification at")) << other;
  EXPECT_TRUE(Says(other, "intake at " + intake_->address())) << other;
}

TEST_F(OperatorTest, ARetryGoesToTheServiceThatItNames) {
  EXPECT_TRUE(Says(Wanmi({"retry", "verification/1/7"}, 1), "verification/1 has nothing parked"));
  EXPECT_TRUE(Says(Wanmi({"retry", "intake/0/7"}, 1), "intake/0 has nothing parked"));
  EXPECT_TRUE(Says(Wanmi({"retry", "alarms/0/7"}, 1), "does not say where alarms is served"));
}

TEST_F(OperatorTest, WhoCannotBeReachedIsNamedAndTheOthersAreShown) {
  Report("r-1");
  const std::string gone = verification_->address();
  verification_.reset();
  const std::string status = Wanmi({"status"}, 1);
  EXPECT_TRUE(Says(status, "not ready: verification at " + gone)) << status;
  EXPECT_TRUE(Says(status, "1 of 2 did not answer")) << status;
  EXPECT_TRUE(Says(status, intake_->address())) << status;
  for (const char* question : {"verify", "digests"}) {
    const std::string said = Wanmi({question}, 1);
    EXPECT_TRUE(Says(said, "verification: UNAVAILABLE: no answer from " + gone)) << said;
  }
  const std::string shown = Wanmi({"show", "r-1"}, 1);
  EXPECT_TRUE(Says(shown, "ReportReceived") && Says(shown, "no answer from " + gone)) << shown;
  EXPECT_TRUE(Says(Wanmi({"level"}, 1), "verification at " + gone));
}

TEST_F(OperatorTest, AnotherReplicaAnswersForOneThatIsGone) {
  const std::string dead = fmt::format("localhost:{}", testkit::FreePort());
  const std::string address = "intake=" + dead + "," + intake_->address();
  EXPECT_TRUE(Says(Wanmi({"digests"}, 0, address), intake_->host().Digest("intake")));
  const std::string status = Wanmi({"status"}, 1, address);
  EXPECT_TRUE(Says(status, "intake at " + dead + " did not answer")) << status;
  EXPECT_TRUE(Says(Wanmi({"status"}, 1, "intaek=" + dead), "found 'intaek'"));
  EXPECT_TRUE(Says(Wanmi({"status"}, 1, "intake=nowhere.invalid:1"), "cannot be resolved"));
}

}  // namespace
}  // namespace wanmi::e2e
