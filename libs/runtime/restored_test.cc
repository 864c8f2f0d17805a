// After a restore: which identity, store, token and message id belong to which past.
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/host.h"
#include "runtime/toy/toy.h"

namespace wanmi::runtime {
namespace {

using journal::Slice;

// Reads and writes the rows of another store, which outlives it.
class Lent final : public store::Store {
 public:
  using Store::Commit;
  explicit Lent(store::MemoryStore& below) : below_(below) {}
  std::optional<std::string> Get(std::string_view key) const override { return below_.Get(key); }
  std::unique_ptr<store::Cursor> NewCursor(std::string_view begin,
                                           std::string_view end) const override {
    return below_.NewCursor(begin, end);
  }
  base::Status Commit(std::span<const store::Changes* const> all) override {
    return below_.Commit(all);
  }

 private:
  store::MemoryStore& below_;
};

class Written final : public Outlet {
 public:
  base::Status Send(const std::string& id, const rows::PendingNotice&) override {
    ids.push_back(id);
    return down ? base::Unavailable("the far side is down") : base::Status();
  }
  std::vector<std::string> ids;
  bool down = false;
};

using Stores = std::map<std::string, store::MemoryStore>;

class RestoredTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    ASSERT_TRUE(Start(1, stores_).ok());
  }
  base::Status Start(int incarnation, Stores& stores, const std::string& id = "journal-1") {
    HostOptions options;
    options.instance = "test";
    options.outlet = &outlet_;
    options.open_store = [&](const rules::Definition& definition) {
      return base::Result<std::unique_ptr<store::Store>>(
          std::make_unique<Lent>(stores[definition.name]));
    };
    std::vector<rules::Definition> definitions;
    definitions.push_back(toy::Account());
    definitions.back().notify = [](const rules::Fact<google::protobuf::Message>&) {
      return std::vector<rules::Notice>{{"sms", "somebody", "told"}};
    };
    definitions.push_back(toy::Mirror());
    host_ = std::make_unique<Host>(City{"toy", id, 4, incarnation}, std::move(definitions),
                                   journal_, clock_, std::move(options));
    return host_->Open();
  }
  void Do(const std::string& id) {
    toy::Add add;
    add.set_amount(1);
    Request request;
    request.stream = "a";
    request.command = std::make_unique<toy::Command>(rules::Wrap<toy::Command>(add));
    request.id = id;
    base::Status told = base::Internal("nobody was told");
    request.answer = [&](base::Result<common::v1::Receipt> result) { told = result.status(); };
    EXPECT_TRUE(host_->Offer("account", std::move(request)).ok());
    for (int i = 0; i < 50 && (host_->Pump() || i < 3); ++i) {
    }
    EXPECT_TRUE(told.ok()) << told.ToString();
  }
  // What a restore does: the entries up to these of `account`, and Restored behind them.
  void Restore(int incarnation, int64_t last_of_a) {
    for (const std::string service : {"account", "mirror"}) {
      for (int p = 0; p < 4; ++p) {
        const Slice slice{service, p};
        const int64_t end = slice == Slice{"account", At()} ? last_of_a : *journal_.LastSeq(slice);
        std::vector<std::string> entries;
        ASSERT_TRUE(journal_
                        .Read(slice, 0,
                              [&](int64_t seq, std::string_view bytes) {
                                entries.emplace_back(bytes);
                                return seq < end;
                              })
                        .ok());
        wanmi::journal::v1::Entry entry;
        entry.set_seq(end + 1);
        entry.set_prev(journal::ChainHash(entries.back()));
        entry.set_at_us(base::ToMicros(clock_.Now()));
        entry.mutable_restored()->set_incarnation(incarnation);
        entries.push_back(entry.SerializeAsString());
        const auto opened = restored_.Open(slice, {});
        const journal::Batch batch{opened->writer, 1, journal::GenesisHash(), std::move(entries)};
        ASSERT_EQ(restored_.Append({&batch, 1}).front().outcome, journal::Outcome::kOk);
      }
    }
    host_.reset();
    journal_.Become(restored_);
  }
  Stores CopyOfStores() {
    Stores copy;
    for (auto& [service, store] : stores_) {
      store::Changes rows;
      const auto cursor = store.NewCursor("", "");
      for (cursor->Seek(""); cursor->Valid(); cursor->Next())
        rows[std::string(cursor->key())] = std::string(cursor->value());
      EXPECT_TRUE(copy[service].Commit(rows).ok());
    }
    return copy;
  }
  static int At() { return base::PartitionOf("a", 4); }

  // A journal whose content a restore exchanges.
  class Exchangeable final : public journal::Journal {
   public:
    void Become(journal::MemoryJournal& other) { at_ = &other; }
    base::Result<journal::Opened> Open(const Slice& slice,
                                       wanmi::journal::v1::Fence fence) override {
      return at_->Open(slice, std::move(fence));
    }
    std::vector<journal::Appended> Append(std::span<const journal::Batch> batches) override {
      return at_->Append(batches);
    }
    base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override {
      return at_->Read(slice, after, visit);
    }
    base::Result<int64_t> LastSeq(const Slice& slice) const override { return at_->LastSeq(slice); }
    base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const override {
      return at_->LastFence(slice);
    }

   private:
    journal::MemoryJournal first_;
    journal::MemoryJournal* at_ = &first_;
  };

  base::ManualClock clock_{base::FromMicros(1'773'190'800'000'000)};
  Exchangeable journal_;
  journal::MemoryJournal restored_;
  Stores stores_;
  Written outlet_;
  std::unique_ptr<Host> host_;
};

TEST_F(RestoredTest, TheIdentityMustBeThatOfTheJournal) {
  Do("c1");
  EXPECT_EQ(Start(2, stores_).code(), base::Code::kFailedPrecondition) << "nobody restored it";
  Stores fresh;
  const auto other = Start(1, fresh, "journal-2");
  EXPECT_EQ(other.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(other.message().find("found slice account/0 of toy, journal journal-1"),
            std::string::npos)
      << other.ToString();
  Restore(7, 2);
  Stores empty;
  EXPECT_EQ(Start(1, empty).code(), base::Code::kFailedPrecondition) << "an old configuration";
  EXPECT_TRUE(Start(7, empty).ok() || Start(7, stores_).ok());
}

TEST_F(RestoredTest, AStoreOfWhatIsKeptWillDoAndOneOfWhatIsLostWillNot) {
  Do("c1");
  Stores kept = CopyOfStores();
  Do("c2");
  Restore(7, *journal_.LastSeq({"account", At()}) - 2);  // c2 and what it sent are lost
  const auto lost = Start(7, stores_);
  EXPECT_EQ(lost.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(lost.message().find("delete the store's"), std::string::npos) << lost.ToString();
  const auto status = Start(7, kept);
  EXPECT_TRUE(status.ok()) << status.ToString();
  Do("c3");
  EXPECT_EQ(toy::kTotals.Get(host_->RowsOf("account"), "a")->total(), 2);
}

TEST_F(RestoredTest, TokensAndMessagesOfWhatIsLostAreNotTakenForNewOnes) {
  outlet_.down = true;
  Do("c1");
  const std::string token = host_->TokenNow("account");
  const std::string first = outlet_.ids.at(0);
  Restore(7, 2);
  outlet_.ids.clear();
  Stores empty;
  ASSERT_TRUE(Start(7, empty).ok());
  const auto old = host_->Await("account", token, std::chrono::milliseconds(0));
  EXPECT_EQ(old.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(old.message().find("before a restore"), std::string::npos);
  Do("c2");
  ASSERT_FALSE(outlet_.ids.empty());
  EXPECT_EQ(outlet_.ids.at(0), first) << "what waited is still the same message";
  clock_.Advance(std::chrono::seconds(60));
  outlet_.down = false;
  for (int i = 0; i < 10; ++i) host_->Pump();
  EXPECT_TRUE(outlet_.ids.back().ends_with("/i7")) << outlet_.ids.back();
}

}  // namespace
}  // namespace wanmi::runtime
