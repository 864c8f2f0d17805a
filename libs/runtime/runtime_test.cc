// The runtime's promises, on toy services: who is answered what, what is written, what survives.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/host.h"
#include "runtime/toy/toy.h"

namespace wanmi::runtime {
namespace {

using journal::Slice;
constexpr base::Time kStart = base::FromMicros(1'773'190'800'000'000);

// Answers Unknown for the next appends, landed or not, as told.
class Doubtful final : public journal::Journal {
 public:
  explicit Doubtful(journal::MemoryJournal& below) : below_(below) {}
  base::Result<journal::Opened> Open(const Slice& slice, wanmi::journal::v1::Fence fence) override {
    return below_.Open(slice, std::move(fence));
  }
  std::vector<journal::Appended> Append(std::span<const journal::Batch> batches) override {
    if (doubts == 0) return below_.Append(batches);
    --doubts;
    if (lands) (void)below_.Append(batches);
    return std::vector<journal::Appended>(batches.size(),
                                          {journal::Outcome::kUnknown, 0, "in doubt"});
  }
  base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override {
    return below_.Read(slice, after, visit);
  }
  base::Result<int64_t> LastSeq(const Slice& slice) const override { return below_.LastSeq(slice); }
  base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const override {
    return below_.LastFence(slice);
  }
  int doubts = 0;
  bool lands = false;

 private:
  journal::MemoryJournal& below_;
};

class RuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    toy::mirror_is_mended = false;
    Start();
  }

  void Start(bool unclean = false) {
    HostOptions options;
    options.lanes = lanes_;
    options.inbox_max = inbox_max_;
    options.backlog_max = backlog_max_;
    options.instance = "test";
    options.unclean = unclean;
    options.mark_folder = mark_folder_;
    options.room = [this] { return room_; };
    options.in_doubt = [this](const std::string& why) {
      if (in_doubt_) in_doubt_(why);
    };
    options.open_store =
        [this](const rules::Definition& definition) -> base::Result<std::unique_ptr<store::Store>> {
      auto store = std::make_unique<store::MemoryStore>();
      stores_[definition.name] = store.get();
      return std::unique_ptr<store::Store>(std::move(store));
    };
    std::vector<rules::Definition> definitions;
    definitions.push_back(toy::Account());
    definitions.push_back(toy::Mirror());
    host_ = std::make_unique<Host>(City{"toy", "journal-1", 4, 1, 1}, std::move(definitions),
                                   doubtful_, clock_, std::move(options));
    const auto opened = host_->Open();
    ASSERT_TRUE(opened.ok()) << opened.ToString();
  }

  Request Add(const std::string& stream, int64_t amount, const std::string& id) {
    toy::Add add;
    add.set_amount(amount);
    Request request;
    request.stream = stream;
    request.command = std::make_unique<toy::Command>(rules::Wrap<toy::Command>(add));
    request.id = id;
    request.digest = std::to_string(amount);
    return request;
  }
  std::optional<base::Result<common::v1::Receipt>> Send(Request request,
                                                        const std::string& service = "account",
                                                        bool pump = true) {
    auto answer = std::make_shared<std::optional<base::Result<common::v1::Receipt>>>();
    request.answer = [answer](base::Result<common::v1::Receipt> result) {
      *answer = std::move(result);
    };
    EXPECT_TRUE(host_->Offer(service, std::move(request)).ok());
    if (pump) Settle();
    return *answer;
  }
  void Settle() {
    for (int i = 0; i < 50 && (host_->Pump() || i < 3); ++i) {
    }
  }
  toy::Row Total(const std::string& service, const std::string& stream) {
    return toy::kTotals.Get(host_->RowsOf(service), stream).value_or(toy::Row());
  }
  int64_t Entries(const std::string& service) {
    int64_t entries = 0;
    for (int p = 0; p < 4; ++p) entries += *memory_.LastSeq({service, p}) - 1;
    return entries;
  }

  std::string mark_folder_;
  base::Status room_;
  std::function<void(const std::string&)> in_doubt_;
  int lanes_ = 1;
  size_t inbox_max_ = 512;
  int64_t backlog_max_ = 1'024;
  base::ManualClock clock_{kStart};
  journal::MemoryJournal memory_;
  Doubtful doubtful_{memory_};
  std::map<std::string, store::MemoryStore*> stores_;
  std::unique_ptr<Host> host_;
};

TEST_F(RuntimeTest, ACommandIsAnsweredWithItsPlaceAndItsToken) {
  const auto answer = Send(Add("a", 2, "c1"));
  ASSERT_TRUE(answer && answer->ok()) << answer->status().ToString();
  EXPECT_EQ((*answer)->seq(), 2);  // the genesis is 1
  EXPECT_FALSE((*answer)->repeated());
  EXPECT_TRUE(host_->Await("account", (*answer)->token(), std::chrono::milliseconds(0)).ok());
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, TheSameIdAgainGivesTheSameReceiptAndNoEvent) {
  const auto first = Send(Add("a", 2, "c1"));
  const auto entries = Entries("account");
  const auto second = Send(Add("a", 2, "c1"));
  ASSERT_TRUE(second->ok());
  EXPECT_TRUE((*second)->repeated());
  EXPECT_EQ((*second)->seq(), (*first)->seq());
  EXPECT_EQ(Entries("account"), entries);
  EXPECT_EQ(Send(Add("a", 4, "c1"))->status().code(), base::Code::kAlreadyExists);
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, ARefusalLeavesNoTrace) {
  EXPECT_EQ(Send(Add("a", 0, "c1"))->status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(Entries("account"), 0);
}

TEST_F(RuntimeTest, ARuleThatBreaksRefusesThatOneInputOnly) {
  const auto good = std::make_shared<bool>(false);
  auto request = Add("a", 2, "c1");
  auto broken = Send(Add("a", 666, "c0"), "account", false);
  const auto answer = Send(std::move(request));
  ASSERT_TRUE(answer->ok());
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, NothingIsAnsweredBeforeTheStepIsDurable) {
  doubtful_.doubts = 1;
  auto answer = std::make_shared<std::optional<base::Result<common::v1::Receipt>>>();
  auto request = Add("a", 2, "c1");
  request.answer = [answer](base::Result<common::v1::Receipt> result) {
    *answer = std::move(result);
  };
  ASSERT_TRUE(host_->Offer("account", std::move(request)).ok());
  host_->Pump();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((*answer)->status().code(), base::Code::kUnavailable);
  Settle();
  EXPECT_EQ(Total("account", "a").total(), 0);
  EXPECT_EQ((*Send(Add("a", 2, "c1")))->repeated(), false);
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, AnAppendInDoubtThatLandedIsFoundByReopening) {
  doubtful_.doubts = 1;
  doubtful_.lands = true;
  EXPECT_EQ(Send(Add("a", 2, "c1"))->status().code(), base::Code::kUnavailable);
  EXPECT_EQ(Total("account", "a").total(), 2);
  EXPECT_TRUE((*Send(Add("a", 2, "c1")))->repeated());
  EXPECT_EQ(Total("account", "a").total(), 2);
}

TEST_F(RuntimeTest, AnUpstreamEntryCausesOneEntryOnce) {
  Send(Add("a", 2, "c1"));
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  EXPECT_EQ(Entries("mirror"), 1);
  Start();  // empty stores: everything is folded again
  Settle();
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  EXPECT_EQ(Entries("mirror"), 1);
}

TEST_F(RuntimeTest, ARefusedReactionIsAnEntry) {
  Send(Add("a", 13, "c1"));
  EXPECT_EQ(Total("mirror", "a").total(), 0);
  const auto history = *host_->History("a");
  EXPECT_EQ(Entries("mirror"), 1);
  int64_t seq = 0;
  ASSERT_TRUE(memory_
                  .Read({"mirror", base::PartitionOf("a", 4)}, 1,
                        [&](int64_t at, std::string_view bytes) {
                          const auto parsed = ParseEntry(bytes, toy::Event::default_instance());
                          seq = at;
                          EXPECT_EQ(parsed->entry.refusals_size(), 1);
                          EXPECT_EQ(parsed->entry.cause().upstream().service(), "account");
                          EXPECT_EQ(parsed->entry.cursors(0).seq(), 2);
                          return true;
                        })
                  .ok());
  EXPECT_EQ(seq, 2);
}

TEST_F(RuntimeTest, AReactionThatBreaksIsParkedAndCanBeRetried) {
  Send(Add("a", 665, "c1"));
  Send(Add("a", 2, "c2"));
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  auto parked = host_->Parked(10);
  ASSERT_EQ(parked.size(), 1u);
  EXPECT_NE(parked[0].input.reason().find("breaks the mirror"), std::string::npos);
  Request retry;
  retry.stream = "a";
  retry.id = "r1";
  retry.retry_of = parked[0].seq;
  retry.partition = parked[0].partition;
  EXPECT_EQ(Send(std::move(retry), "mirror")->status().code(), base::Code::kInternal);
  toy::mirror_is_mended = true;
  Request again;
  again.stream = "a";
  again.id = "r2";
  again.retry_of = parked[0].seq;
  again.partition = parked[0].partition;
  const auto answer = Send(std::move(again), "mirror");
  ASSERT_TRUE(answer->ok()) << answer->status().ToString();
  EXPECT_EQ(Total("mirror", "a").total(), 667);
  EXPECT_TRUE(host_->Parked(10).empty());
}

TEST_F(RuntimeTest, AnUnavailableReactionHoldsItsUpstreamAndWritesNothing) {
  Send(Add("a", 404, "c1"));
  Send(Add("a", 2, "c2"));
  EXPECT_EQ(Entries("mirror"), 0);
  toy::mirror_is_mended = true;
  clock_.Advance(std::chrono::seconds(1));
  Settle();
  EXPECT_EQ(Total("mirror", "a").total(), 406);
  EXPECT_EQ(Entries("mirror"), 2);
}

TEST_F(RuntimeTest, OnSelfReachesAnotherRoot) {
  Send(Add("a", 7, "c1"));
  EXPECT_EQ(Total("mirror", "a").total(), 7);
  EXPECT_EQ(Total("mirror", "other").total(), 70);
  Start();
  Settle();
  EXPECT_EQ(Total("mirror", "other").total(), 70);
}

TEST_F(RuntimeTest, SilentEntriesAreMarkedOnlyWhenThereAreMany) {
  for (int i = 0; i < 1'001; ++i)
    Send(Add("a", 1, "c" + std::to_string(i)), "account", i % 100 == 0);
  Settle();
  EXPECT_EQ(Entries("mirror"), 1);
  Start();
  EXPECT_EQ(host_->SeqOf("mirror", base::PartitionOf("a", 4)), 2);
}

TEST_F(RuntimeTest, ATimerFiresOnceWhenItIsDue) {
  toy::SetAlarm alarm;
  alarm.set_due_us(base::ToMicros(kStart + std::chrono::minutes(5)));
  Request request;
  request.stream = "a";
  request.id = "c1";
  request.command = std::make_unique<toy::Command>(rules::Wrap<toy::Command>(alarm));
  ASSERT_TRUE(Send(std::move(request))->ok());
  clock_.Advance(std::chrono::minutes(4));
  Settle();
  EXPECT_EQ(Entries("account"), 1);
  Start();  // a restart forgets no timer
  clock_.Advance(std::chrono::minutes(2));
  Settle();
  EXPECT_EQ(Entries("account"), 2);
  clock_.Advance(std::chrono::hours(2));
  Settle();
  EXPECT_EQ(Entries("account"), 2);
}

TEST_F(RuntimeTest, RecordedTimeNeverGoesBack) {
  Send(Add("a", 2, "c1"));
  clock_.JumpTo(kStart - std::chrono::hours(1));
  Send(Add("a", 2, "c2"));
  int64_t before = 0;
  ASSERT_TRUE(memory_
                  .Read({"account", base::PartitionOf("a", 4)}, 0,
                        [&](int64_t, std::string_view bytes) {
                          const auto parsed = ParseEntry(bytes, toy::Event::default_instance());
                          EXPECT_GE(parsed->entry.at_us(), before);
                          before = parsed->entry.at_us();
                          return true;
                        })
                  .ok());
  EXPECT_FALSE(host_->Ready().ok());
}

TEST_F(RuntimeTest, ACommandPastItsDeadlineIsNotDecided) {
  auto request = Add("a", 2, "c1");
  request.deadline = clock_.Steady() - std::chrono::seconds(1);
  EXPECT_EQ(Send(std::move(request))->status().code(), base::Code::kDeadlineExceeded);
  EXPECT_EQ(Entries("account"), 0);
}

TEST_F(RuntimeTest, AStoreBeyondItsJournalIsRefused) {
  Send(Add("a", 2, "c1"));
  const int p = base::PartitionOf("a", 4);
  rows::Position ahead = *kPosition.Get(store::PartitionRows(*stores_["account"], p), "");
  ahead.set_seq(99);
  ASSERT_TRUE(
      stores_["account"]->Commit({{store::PhysicalKey(2, p, ""), ahead.SerializeAsString()}}).ok());
  City city{"toy", "journal-1", 4, 1, 1};
  Feed feed(memory_);
  base::MapRows none;
  rules::Documents documents(none);
  const auto definition = toy::Account();
  Partition partition(definition, p,
                      {city, memory_, *stores_["account"], feed, clock_, none, documents, none, "x",
                       "", "", false, 8, 8, nullptr});
  const auto status = partition.Open();
  EXPECT_EQ(status.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("99"), std::string::npos);
}

TEST_F(RuntimeTest, ATokenOfAnotherIncarnationIsRefused) {
  wanmi::journal::v1::Token token;
  token.set_city("toy");
  token.set_journal_id("journal-1");
  token.set_incarnation(2);
  EXPECT_EQ(host_->Await("account", token.SerializeAsString(), std::chrono::milliseconds(0)).code(),
            base::Code::kFailedPrecondition);
  token.set_incarnation(1);
  auto& position = *token.add_positions();
  position.set_service("account");
  position.set_seq(1'000);
  EXPECT_EQ(host_->Await("account", token.SerializeAsString(), std::chrono::milliseconds(1)).code(),
            base::Code::kUnavailable);
}

TEST_F(RuntimeTest, AnInputThatKillsTheProcessAgainAndAgainIsParked) {
  mark_folder_ = testing::TempDir() + "marks_" + std::to_string(::getpid());
  std::filesystem::remove_all(mark_folder_);
  std::filesystem::create_directories(mark_folder_);
  Send(Add("a", 2, "c1"), "account", false);
  // The process before died while taking this very upstream entry.
  const int p = base::PartitionOf("a", 4);
  Settle();
  wanmi::journal::v1::Cause cause;
  cause.mutable_upstream()->set_service("account");
  cause.mutable_upstream()->set_partition(p);
  cause.mutable_upstream()->set_seq(3);
  cause.set_hops(1);
  const std::string file = mark_folder_ + "/mark-mirror-" + std::to_string(p);
  for (int met = 0; met < InputMark::kMarksMax; ++met) {
    // Met a few times, it may have been somebody's kill: it is taken again.
    EXPECT_FALSE(InputMark::Open(file)->Condemned(cause.ShortDebugString()));
    ASSERT_TRUE(InputMark::Open(file)->Write(cause.ShortDebugString()).ok());
  }
  host_.reset();
  Start(true);
  Send(Add("a", 8, "c2"));
  ASSERT_EQ(host_->Parked(10).size(), 1u);
  EXPECT_EQ(Total("mirror", "a").total(), 2);
  EXPECT_EQ(Total("account", "a").total(), 10);
  // What did no harm is not held against anybody at the next unclean start.
  host_.reset();
  Start(true);
  Send(Add("a", 8, "c3"));
  EXPECT_EQ(host_->Parked(10).size(), 1u);
  EXPECT_EQ(Total("mirror", "a").total(), 10);
}

TEST_F(RuntimeTest, EveryViewIsEqualAfterARebuild) {
  for (int i = 0; i < 200; ++i)
    Send(Add("s" + std::to_string(i % 17), 1 + i % 15, "c" + std::to_string(i)), "account",
         i % 10 == 0);
  Settle();
  const std::string account = host_->Digest("account"), mirror = host_->Digest("mirror");
  Start();
  EXPECT_EQ(host_->Digest("account"), account);
  EXPECT_EQ(host_->Digest("mirror"), mirror);
}

TEST_F(RuntimeTest, AFullInboxRefusesAtOnceAndTheRestGoesOn) {
  inbox_max_ = 2;
  Start();
  const auto ignore = [](base::Result<common::v1::Receipt>) {};
  for (int i = 0; i < 3; ++i) {
    auto request = Add("a", 2, "c" + std::to_string(i));
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
  for (int i = 0; i < 4; ++i) Send(Add("a", 2, "c" + std::to_string(i)), "account", false);
  host_->Pump();  // decided; the mirror has not seen them
  EXPECT_EQ(host_->HasRoom("account", "a").code(), base::Code::kResourceExhausted);
  EXPECT_TRUE(host_->HasRoom("mirror", "a").ok());
  Settle();
  EXPECT_TRUE(host_->HasRoom("account", "a").ok());
  for (int i = 0; i < 6; ++i) Send(Add("a", 404, "held" + std::to_string(i)), "account", false);
  Settle();
  EXPECT_EQ(Total("mirror", "a").events(), 4) << "the mirror is held";
  EXPECT_TRUE(host_->HasRoom("account", "a").ok());
}

// More commands than one step takes, and one reaction in the same service at the same time: the
// reaction does not wait until nobody asks for anything any more.
TEST_F(RuntimeTest, CommandsWithoutEndDoNotKeepReactionsWaiting) {
  inbox_max_ = 100'000;
  Start();
  Send(Add("a", 2, "first"), "account", false);
  host_->Pump();  // what the mirror reacts to is there
  for (int i = 0; i < 600; ++i) {
    Send(Add("a", 3, "c" + std::to_string(i)), "mirror", false);
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
          auto request = Add("s" + std::to_string(i % 13), 2,
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
  EXPECT_FALSE(Send(Add("a", 1, "c1"), "account", /*pump=*/false).has_value());
  const int64_t before = Entries("account");
  room_ = base::ResourceExhausted("no room");
  Request late = Add("a", 1, "c2");
  EXPECT_EQ(host_->Offer("account", std::move(late)).code(), base::Code::kResourceExhausted);
  EXPECT_FALSE(host_->Pump());
  EXPECT_EQ(Entries("account"), before);
  EXPECT_EQ(host_->Ready().message(), "no room");
  room_ = {};
  EXPECT_TRUE(host_->Ready().ok());
  Settle();
  EXPECT_EQ(Entries("account"), before) << "what waited was refused, so it is not taken later";
  EXPECT_TRUE((*Send(Add("a", 1, "c1"))).ok());
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
  EXPECT_EQ((*Send(Add("a", 1, "c1"))).status().code(), base::Code::kUnavailable);
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace wanmi::runtime
