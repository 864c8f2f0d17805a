// What the runtime does when there is too much, too little room, or doubt.
#include "runtime/runtime_fixture.h"

namespace wanmi::runtime {
namespace {

TEST_F(RuntimeTest, AFullInboxRefusesAtOnceAndTheRestGoesOn) {
  inbox_max_ = 2;
  Start();
  const auto ignore = [](base::Result<common::v1::Receipt>) {};
  for (int i = 0; i < 3; ++i) {
    auto request = AddTo("a", 2, "c" + std::to_string(i));
    request.answer = ignore;
    EXPECT_EQ(host_->HasRoom("account", "a").ok(), i < 2);
    EXPECT_EQ(host_->Offer("account", std::move(request)).ok(), i < 2);
  }
  EXPECT_EQ(host_->HasRoom("account", "a").code(), base::Code::kResourceExhausted);
  Settle();
  EXPECT_EQ(Total("account", "a").total(), 4);
  EXPECT_TRUE(host_->HasRoom("account", "a").ok());
}

// What nobody has reacted to yet counts too, unless who should react cannot: then it is of no use
// to wait, and the rest of the city goes on.
TEST_F(RuntimeTest, ABacklogOfReactionsRefusesNewCommands) {
  backlog_max_ = 3;
  Start();
  for (int i = 0; i < 4; ++i) Send(AddTo("a", 2, "c" + std::to_string(i)), "account", false);
  host_->Pump();  // decided; the mirror has not seen them
  EXPECT_EQ(host_->HasRoom("account", "a").code(), base::Code::kResourceExhausted);
  EXPECT_TRUE(host_->HasRoom("mirror", "a").ok());
  Settle();
  EXPECT_TRUE(host_->HasRoom("account", "a").ok());
  for (int i = 0; i < 6; ++i) Send(AddTo("a", 404, "held" + std::to_string(i)), "account", false);
  Settle();
  EXPECT_EQ(Total("mirror", "a").events(), 4) << "the mirror is held";
  EXPECT_TRUE(host_->HasRoom("account", "a").ok());
}

// More commands than one step takes, and one reaction in the same service at the same time: the
// reaction does not wait until nobody asks for anything any more.
TEST_F(RuntimeTest, CommandsWithoutEndDoNotKeepReactionsWaiting) {
  inbox_max_ = 100'000;
  Start();
  Send(AddTo("a", 2, "first"), "account", false);
  host_->Pump();  // what the mirror reacts to is there
  for (int i = 0; i < 600; ++i) {
    Send(AddTo("a", 3, "c" + std::to_string(i)), "mirror", false);
  }
  host_->Pump();
  EXPECT_GE(Total("mirror", "a").events(), 2);
  EXPECT_EQ(Total("mirror", "a").total() % 3, 2) << "the mirrored 2 is not there";
}

TEST_F(RuntimeTest, LanesOnThreadsOfTheirOwnGiveWhatOneThreadGives) {
  lanes_ = 4;
  Start();
  host_->Start();
  std::atomic<int> answered = 0, good = 0;
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < 4; ++client) {
      clients.emplace_back([&, client] {
        for (int i = 0; i < 100; ++i) {
          auto request = AddTo("s" + std::to_string(i % 13), 2,
                               std::to_string(client) + "-" + std::to_string(i));
          request.answer = [&](const base::Result<common::v1::Receipt>& result) {
            good += result.ok();
            ++answered;
          };
          while (!host_->Offer("account", std::move(request)).ok()) std::this_thread::yield();
        }
      });
    }
  }
  const auto total = [&](const std::string& service) {
    int64_t sum = 0;
    for (int i = 0; i < 13; ++i) sum += Total(service, "s" + std::to_string(i)).total();
    return sum;
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < until && (answered < 400 || total("mirror") < 800)) {
    std::this_thread::yield();
  }
  host_->Stop();
  EXPECT_EQ(good, 400);
  EXPECT_EQ(total("account"), 800);
  EXPECT_EQ(total("mirror"), 800);
  const std::string account = host_->Digest("account"), mirror = host_->Digest("mirror");
  lanes_ = 1;
  Start();
  EXPECT_EQ(host_->Digest("account"), account);
  EXPECT_EQ(host_->Digest("mirror"), mirror);
}

TEST_F(RuntimeTest, WithoutRoomNothingIsTakenAndNobodyWaits) {
  EXPECT_FALSE(Send(AddTo("a", 1, "c1"), "account", /*pump=*/false).has_value());
  const int64_t before = Entries("account");
  room_ = base::ResourceExhausted("no room");
  Request late = AddTo("a", 1, "c2");
  EXPECT_EQ(host_->Offer("account", std::move(late)).code(), base::Code::kResourceExhausted);
  EXPECT_FALSE(host_->Pump());
  EXPECT_EQ(Entries("account"), before);
  EXPECT_EQ(host_->Ready().message(), "no room");
  room_ = {};
  EXPECT_TRUE(host_->Ready().ok());
  Settle();
  EXPECT_EQ(Entries("account"), before) << "what waited was refused, so it is not taken later";
  EXPECT_TRUE((*Send(AddTo("a", 1, "c1"))).ok());
  EXPECT_EQ(Total("account", "a").total(), 1);
}

TEST_F(RuntimeTest, SaysThatItIsInDoubtBeforeAnybodyIsTold) {
  doubtful_.doubts = 1;
  bool told = false;
  in_doubt_ = [&](const std::string& why) {
    EXPECT_EQ(why, "in doubt");
    EXPECT_FALSE(told);
    told = true;
  };
  EXPECT_EQ((*Send(AddTo("a", 1, "c1"))).status().code(), base::Code::kUnavailable);
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace wanmi::runtime
