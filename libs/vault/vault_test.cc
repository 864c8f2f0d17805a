// vault: sealing, digests and forgetting, over records in memory.
#include "vault/vault.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <set>
#include <thread>
#include <vector>

namespace wanmi::vault {
namespace {

using base::Code;

constexpr std::string_view kWords = "王女士, 13800000000: the lamp before my door is dark";

struct MemoryCase {
  explicit MemoryCase(std::unique_ptr<MapKeyStore> image = std::make_unique<MapKeyStore>(),
                      uint64_t seed = 1)
      : records(image.get()), vault(MemoryVault(std::move(image), seed)) {}
  MapKeyStore* const records;  // owned by the vault
  const std::unique_ptr<Vault> vault;
};

TEST(Vault, OpensWhatItSealed) {
  MemoryCase c;
  const auto sealed = c.vault->Seal("person/1", kWords);
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(sealed->subject(), "person/1");
  EXPECT_EQ(sealed->key_id(), "1");
  EXPECT_EQ(sealed->ciphertext().find("13800000000"), std::string::npos);
  EXPECT_EQ(*c.vault->Open(*sealed), kWords);
  EXPECT_EQ(*c.vault->Open(*c.vault->Seal("person/1", "")), "");
}

TEST(Vault, NeverSealsTwiceAlike) {
  MemoryCase c;
  EXPECT_NE(c.vault->Seal("person/1", kWords)->ciphertext(),
            c.vault->Seal("person/1", kWords)->ciphertext());
}

TEST(Vault, RefusesNamesThatAreNoSubject) {
  MemoryCase c;
  for (const std::string& subject :
       {std::string(), std::string("!city"), std::string("a\0b", 3), std::string(300, 'x')}) {
    EXPECT_EQ(c.vault->Seal(subject, "x").status().code(), Code::kInvalidArgument);
    EXPECT_EQ(c.vault->Forget(subject).code(), Code::kInvalidArgument);
  }
}

TEST(Vault, NoticesEveryFlippedBit) {
  MemoryCase c;
  const Sealed sealed = *c.vault->Seal("person/1", "short");
  for (size_t bit = 0; bit < sealed.ciphertext().size() * 8; ++bit) {
    Sealed bad = sealed;
    auto& byte = (*bad.mutable_ciphertext())[bit / 8];
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
    ASSERT_EQ(c.vault->Open(bad).status().code(), Code::kDataLoss) << "bit " << bit;
  }
  Sealed cut = sealed;
  cut.mutable_ciphertext()->resize(20);
  EXPECT_EQ(c.vault->Open(cut).status().code(), Code::kDataLoss);
}

TEST(Vault, NoticesAnotherSubject) {
  MemoryCase c;
  Sealed sealed = *c.vault->Seal("person/1", kWords);
  ASSERT_TRUE(c.vault->Seal("person/2", "so that it has a key").ok());
  sealed.set_subject("person/2");
  EXPECT_EQ(c.vault->Open(sealed).status().code(), Code::kDataLoss);
}

TEST(Vault, SaysWhenAKeyIsMissingThatNobodyForgot) {
  MemoryCase c;
  MemoryCase other(std::make_unique<MapKeyStore>(), 2);
  const auto missing = c.vault->Open(*other.vault->Seal("person/1", kWords));
  EXPECT_EQ(missing.status().code(), Code::kDataLoss);
}

TEST(Vault, ForgetsOneAndKeepsTheOthers) {
  MemoryCase c;
  const Sealed one = *c.vault->Seal("person/1", kWords);
  const Sealed longer = *c.vault->Seal("person/1/2", kWords);
  const Sealed ten = *c.vault->Seal("person/10", kWords);
  ASSERT_TRUE(c.vault->Forget("person/1").ok());
  EXPECT_EQ(c.vault->Open(one).status().code(), Code::kNotFound);
  EXPECT_NE(c.vault->Open(one).status().message().find("forgotten"), std::string::npos);
  EXPECT_EQ(*c.vault->Open(longer), kWords);
  EXPECT_EQ(*c.vault->Open(ten), kWords);
  EXPECT_EQ(c.vault->Seal("person/1", "again").status().code(), Code::kFailedPrecondition);
  EXPECT_TRUE(c.vault->Forget("person/1").ok()) << "repeating it is harmless";
  EXPECT_EQ(c.vault->Forget("person/3").code(), Code::kNotFound);
}

TEST(Vault, HasForgottenAfterARestart) {
  MemoryCase c;
  const Sealed sealed = *c.vault->Seal("person/1", kWords);
  ASSERT_TRUE(c.vault->Forget("person/1").ok());
  MemoryCase again(c.records->AfterPowerLoss(), 2);
  EXPECT_EQ(again.vault->Open(sealed).status().code(), Code::kNotFound);
  EXPECT_EQ(again.vault->Seal("person/1", "x").status().code(), Code::kFailedPrecondition);
}

TEST(Vault, FinishesASweepThatACrashCutShort) {
  MemoryCase c;
  ASSERT_TRUE(c.records->Put({{"!sweep", "due"}}).ok());
  MemoryCase again(c.records->Copy(), 2);
  EXPECT_EQ(**again.records->Get("!sweep"), "done");
}

TEST(Vault, SyncsAllNewKeysOnce) {
  MemoryCase c;
  const int before = c.records->syncs();
  EXPECT_FALSE(c.vault->dirty());
  for (const char* subject : {"person/1", "person/2", "case/3"}) {
    ASSERT_TRUE(c.vault->Seal(subject, kWords).ok());
  }
  EXPECT_TRUE(c.vault->dirty());
  ASSERT_TRUE(c.vault->Sync().ok());
  EXPECT_FALSE(c.vault->dirty());
  ASSERT_TRUE(c.vault->Seal("person/1", kWords).ok());
  ASSERT_TRUE(c.vault->Sync().ok());
  EXPECT_EQ(c.records->syncs(), before + 1) << "nothing new, nothing to sync";
}

TEST(Vault, LosesOnlyKeysThatWereNotSynced) {
  MemoryCase c;
  const Sealed kept = *c.vault->Seal("person/1", kWords);
  ASSERT_TRUE(c.vault->Sync().ok());
  const Sealed lost = *c.vault->Seal("person/2", kWords);
  MemoryCase again(c.records->AfterPowerLoss(), 2);
  EXPECT_EQ(*again.vault->Open(kept), kWords);
  EXPECT_EQ(again.vault->Open(lost).status().code(), Code::kDataLoss);
  // The lost key's number is given again; the old ciphertext still does not pass for the new one's.
  EXPECT_EQ(again.vault->Seal("person/2", kWords)->key_id(), lost.key_id());
  EXPECT_EQ(again.vault->Open(lost).status().code(), Code::kDataLoss);
}

TEST(Vault, ReportsABadBitInAnyRecord) {
  MemoryCase c;
  const Sealed sealed = *c.vault->Seal("person/1", kWords);
  const size_t bits = (*c.records->Get("person/1/1"))->size() * 8;
  for (size_t bit = 0; bit < bits; ++bit) {
    MemoryCase bad(c.records->Copy(), 2);
    bad.records->FlipBit("person/1/1", bit);
    ASSERT_EQ(bad.vault->Open(sealed).status().code(), Code::kDataLoss) << "bit " << bit;
    ASSERT_EQ(bad.vault->Seal("person/1", "x").status().code(), Code::kDataLoss) << "bit " << bit;
  }
}

TEST(Vault, ReportsABadBitInATombstone) {
  MemoryCase c;
  const Sealed sealed = *c.vault->Seal("person/1", kWords);
  ASSERT_TRUE(c.vault->Forget("person/1").ok());
  c.records->FlipBit("person/1/1", 200);
  EXPECT_EQ(c.vault->Open(sealed).status().code(), Code::kDataLoss);
}

TEST(Digest, IsOfTheSubjectOrOfTheCity) {
  MemoryCase c;
  const KeyedDigest of_person = *c.vault->Digest("person/1", "body");
  const KeyedDigest of_city = *c.vault->Digest(std::nullopt, "body");
  EXPECT_EQ(of_person.bytes.size(), 16u);
  EXPECT_NE(of_person.bytes, of_city.bytes);
  EXPECT_TRUE(*c.vault->Matches(of_person, "person/1", "body"));
  EXPECT_FALSE(*c.vault->Matches(of_person, "person/1", "another body"));
  EXPECT_FALSE(*c.vault->Matches(of_person, std::nullopt, "body"));
  EXPECT_TRUE(*c.vault->Matches(of_city, std::nullopt, "body"));
}

TEST(Digest, GoesWithTheSubject) {
  MemoryCase c;
  const KeyedDigest digest = *c.vault->Digest("person/1", "body");
  ASSERT_TRUE(c.vault->Forget("person/1").ok());
  EXPECT_EQ(c.vault->Matches(digest, "person/1", "body").status().code(), Code::kNotFound);
  EXPECT_EQ(c.vault->Digest("person/1", "body").status().code(), Code::kFailedPrecondition);
}

TEST(Digest, OfTheCityOutlivesARestart) {
  MemoryCase c;
  const KeyedDigest digest = *c.vault->Digest(std::nullopt, "body");
  MemoryCase again(c.records->AfterPowerLoss(), 2);
  EXPECT_TRUE(*again.vault->Matches(digest, std::nullopt, "body"));
}

TEST(MemoryVault, GivesTheSameBytesForTheSameSeed) {
  MemoryCase a(std::make_unique<MapKeyStore>(), 7);
  MemoryCase b(std::make_unique<MapKeyStore>(), 7);
  MemoryCase c(std::make_unique<MapKeyStore>(), 8);
  const std::string of_a = a.vault->Seal("person/1", kWords)->ciphertext();
  EXPECT_EQ(of_a, b.vault->Seal("person/1", kWords)->ciphertext());
  EXPECT_NE(of_a, c.vault->Seal("person/1", kWords)->ciphertext());
}

TEST(Vault, MakesOneKeyForASubjectFromManyThreads) {
  MemoryCase c;
  constexpr int kThreads = 4;
  std::vector<Sealed> sealed(kThreads);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { sealed[i] = *c.vault->Seal("person/1", kWords); });
    }
  }
  MemoryCase again(c.records->Copy(), 2);
  std::set<std::string> ciphertexts;
  for (const auto& one : sealed) {
    EXPECT_EQ(*again.vault->Open(one), kWords);
    ciphertexts.insert(one.ciphertext());
  }
  EXPECT_EQ(ciphertexts.size(), static_cast<size_t>(kThreads));
}

// Like brokers that hang: whoever needs a key of `slow` waits.
class SlowStore final : public KeyStore {
 public:
  explicit SlowStore(std::string slow) : slow_(std::move(slow)) {}
  base::Result<std::optional<std::string>> Get(std::string_view name) const override {
    if (name.starts_with(slow_)) Wait();
    return records_.Get(name);
  }
  base::Result<std::vector<std::string>> NamesUnder(std::string_view prefix) const override {
    return records_.NamesUnder(prefix);
  }
  base::Status Put(const Records& records) override {
    if (records.front().first.starts_with(slow_)) Wait();
    return records_.Put(records);
  }
  base::Status Sync() override { return records_.Sync(); }
  base::Status Sweep() override { return records_.Sweep(); }
  base::Status CopyTo(const std::string& folder) const override { return records_.CopyTo(folder); }

  std::latch& waits() const { return waits_; }
  std::latch& goes_on() const { return goes_on_; }

 private:
  void Wait() const {
    if (!waits_.try_wait()) waits_.count_down();
    goes_on_.wait();
  }
  const std::string slow_;
  MapKeyStore records_;
  mutable std::latch waits_{1}, goes_on_{1};
};

TEST(Vault, WhoWaitsForAKeyKeepsNobodyElseWaiting) {
  auto store = std::make_unique<SlowStore>("person/slow");
  const SlowStore& slow = *store;
  const auto vault = *Vault::Over(std::move(store), Secret(), [](unsigned char* to, size_t size) {
    std::fill_n(to, size, static_cast<unsigned char>('r'));
  });
  Sealed sealed;
  std::jthread waiting([&] { sealed = *vault->Seal("person/slow", kWords); });
  slow.waits().wait();
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(vault->Open(*vault->Seal(fmt::format("person/{}", i), kWords)).ok());
  EXPECT_TRUE(vault->Digest(std::nullopt, kWords).ok());
  EXPECT_TRUE(vault->Sync().ok());
  EXPECT_FALSE(vault->dirty());
  slow.goes_on().count_down();
  waiting.join();
  EXPECT_TRUE(vault->dirty()) << "its key is newer than the sync";
  EXPECT_EQ(*vault->Open(sealed), kWords);
}

}  // namespace
}  // namespace wanmi::vault
