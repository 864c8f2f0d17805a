// The vault over Kafka: what several processes make of one city's keys.
#include "vault/vault.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/check.h"
#include "kafka/consumer.h"
#include "testkit/kafka_broker.h"
#include "vault/kafka_key_store.h"

namespace wanmi::vault {
namespace {

using base::Code;
constexpr std::string_view kWords = "王女士, 13800000000: the lamp before my door is dark";

testkit::KafkaBrokers& Brokers() {
  static const auto brokers = [] {
    auto started = testkit::KafkaBrokers::Start(
        WANMI_BROKERS, testing::TempDir() + "kafka_vault_" + std::to_string(::getpid()));
    CHECK(started.ok(), "{}", started.status().ToString());
    return std::move(*started);
  }();
  return *brokers;
}

class KafkaVault : public testing::Test {
 protected:
  KafkaVault() {
    static int made = 0;
    options_ = {{Brokers().bootstrap(), {}}, "city" + std::to_string(++made), 1, 1, true};
  }
  std::unique_ptr<KeyStore> OpenStore() const {
    auto store = OpenKafkaKeyStore(options_);
    CHECK(store.ok(), "{}", store.status().ToString());
    return std::move(*store);
  }
  // As another process has it.
  std::unique_ptr<Vault> OpenOne() const {
    static unsigned char random = 0;
    auto vault = Vault::Over(OpenStore(), Secret(), [](unsigned char* to, size_t size) {
      for (size_t i = 0; i < size; ++i) to[i] = ++random;
    });
    CHECK(vault.ok(), "{}", vault.status().ToString());
    return std::move(*vault);
  }

  KafkaKeyStoreOptions options_;
};

TEST_F(KafkaVault, AnotherProcessOpensWhatThisOneSealed) {
  const auto one = OpenOne(), two = OpenOne();
  const auto sealed = one->Seal("person/1", kWords);
  ASSERT_TRUE(sealed.ok()) << sealed.status().ToString();
  ASSERT_TRUE(one->Sync().ok());
  EXPECT_EQ(*two->Open(*sealed), kWords);
  EXPECT_EQ(*one->Open(*two->Seal("person/1", kWords)), kWords);
  EXPECT_EQ(*OpenOne()->Open(*sealed), kWords) << "folded at the start";
  EXPECT_TRUE(*two->Matches(*one->Digest(std::nullopt, "body"), std::nullopt, "body"));
}

TEST_F(KafkaVault, OfTwoThatMakeOneKeyTheFirstCounts) {
  const auto one = OpenOne(), two = OpenOne(), reader = OpenOne();
  for (int i = 0; i < 10; ++i) {
    const std::string subject = "person/" + std::to_string(i);
    Sealed of_one, of_two;
    {
      std::jthread first([&] { of_one = *one->Seal(subject, kWords); });
      std::jthread second([&] { of_two = *two->Seal(subject, kWords); });
    }
    for (const auto* sealed : {&of_one, &of_two}) {
      EXPECT_EQ(*reader->Open(*sealed), kWords);
      EXPECT_EQ(*one->Open(*sealed), kWords);
      EXPECT_EQ(*two->Open(*sealed), kWords);
    }
  }
}

TEST_F(KafkaVault, WhoeverMakesARecordSecondIsTold) {
  const auto one = OpenStore(), two = OpenStore();
  std::vector<base::Status> told(2);
  for (int i = 0; i < 10; ++i) {
    const std::string name = "person/x/" + std::to_string(i);
    {
      std::jthread first([&] { told[0] = one->Put({{name, "ones"}}); });
      std::jthread second([&] { told[1] = two->Put({{name, "twos"}}); });
    }
    // Who read the other's in time replaced it, which a vault does only when it forgets.
    for (const auto& status : told)
      EXPECT_TRUE(status.ok() || status.code() == Code::kAlreadyExists) << status.ToString();
    ASSERT_TRUE(one->NamesUnder("person/").ok());
    ASSERT_TRUE(two->NamesUnder("person/").ok());
    EXPECT_EQ(**one->Get(name), **two->Get(name));
  }
}

TEST_F(KafkaVault, WhatOneForgetsAllForget) {
  const auto one = OpenOne(), two = OpenOne();
  const Sealed sealed = *one->Seal("person/1", kWords);
  const Sealed other = *two->Seal("person/2", kWords);
  EXPECT_EQ(*two->Open(sealed), kWords) << "it keeps the key now";
  ASSERT_TRUE(one->Forget("person/1").ok());
  // A key that two does not know makes it read on to the end.
  EXPECT_EQ(two->Forget("person/3").code(), Code::kNotFound);
  EXPECT_EQ(two->Open(sealed).status().code(), Code::kNotFound);
  EXPECT_EQ(two->Seal("person/1", kWords).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(OpenOne()->Open(sealed).status().code(), Code::kNotFound);
  EXPECT_EQ(*one->Open(other), kWords);
  // On the medium: whatever was made under the name is dropped, for compaction to take away.
  const auto consumer = kafka::Consumer::Make(options_.cluster, 1'024);
  ASSERT_TRUE((*consumer)->Start({"wanmi." + options_.city + ".keys", 0}, 0).ok());
  std::map<std::string, bool> has_value;
  while (const auto taken = (*consumer)->Next(std::chrono::milliseconds(5'000))) {
    if (taken->err != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    has_value[{static_cast<const char*>(taken->key), taken->key_len}] = taken->payload != nullptr;
  }
  int makes = 0;
  for (const auto& [key, kept] : has_value) {
    if (!key.starts_with("person/1/1") || key.find('\0') == std::string::npos) continue;
    ++makes;
    EXPECT_FALSE(kept) << key;
  }
  EXPECT_GT(makes, 0);
}

TEST_F(KafkaVault, KeysOutliveAKilledBroker) {
  const auto vault = OpenOne();
  const Sealed sealed = *vault->Seal("person/1", kWords);
  ASSERT_TRUE(vault->Sync().ok());
  Brokers().Kill(0);
  ASSERT_TRUE(Brokers().Restart(0).ok());
  ASSERT_TRUE(Brokers().Await().ok());
  EXPECT_EQ(*vault->Open(sealed), kWords);
  EXPECT_EQ(*OpenOne()->Open(sealed), kWords);
  EXPECT_TRUE(vault->Seal("person/2", kWords).ok());
}

TEST_F(KafkaVault, ACopyIsAVaultOnDisk) {
  const auto vault = OpenOne();
  const Sealed sealed = *vault->Seal("person/1", kWords);
  const Sealed gone = *vault->Seal("person/2", kWords);
  ASSERT_TRUE(vault->Forget("person/2").ok());
  const std::string folder = testing::TempDir() + "kafka_vault_copy_" + std::to_string(::getpid());
  ASSERT_TRUE(vault->CopyTo(folder).ok());
  const auto copy = Vault::Over(*OpenRocksKeyStore(folder), Secret(), [](auto*, size_t) {});
  ASSERT_TRUE(copy.ok()) << copy.status().ToString();
  EXPECT_EQ(*(*copy)->Open(sealed), kWords);
  EXPECT_EQ((*copy)->Open(gone).status().code(), Code::kNotFound);
  std::filesystem::remove_all(folder);
}

// Settings that would lose keys, and those that would keep what was destroyed on disk for long.
TEST_F(KafkaVault, SettingsThatWouldLoseOrKeepKeysAreRefused) {
  const auto handle = kafka::MakeHandle(RD_KAFKA_PRODUCER, options_.cluster, {});
  const kafka::Properties good = {{"cleanup.policy", "compact"},
                                  {"min.insync.replicas", "1"},
                                  {"min.cleanable.dirty.ratio", "0.005"},
                                  {"max.compaction.lag.ms", "3600000"},
                                  {"segment.ms", "600000"}};
  KafkaKeyStoreOptions wanted = options_;
  wanted.create = false;
  const auto opened = [&](const std::string& city, const kafka::Properties& settings) {
    wanted.city = options_.city + city;
    EXPECT_TRUE(kafka::CreateTopics(handle->get(),
                                    {{"wanmi." + wanted.city + ".keys", 1, 1, settings}},
                                    std::chrono::seconds(10))
                    .ok());
    return OpenKafkaKeyStore(wanted).status();
  };
  const auto as_it_must_be = opened("good", good);
  EXPECT_TRUE(as_it_must_be.ok()) << as_it_must_be.ToString();
  // Each as the brokers have it where nobody says otherwise, or worse.
  for (const auto& [setting, value] :
       kafka::Properties{{"cleanup.policy", "delete"},
                         {"min.insync.replicas", "2"},
                         {"unclean.leader.election.enable", "true"},
                         {"min.cleanable.dirty.ratio", "0.5"},
                         {"max.compaction.lag.ms", "9223372036854775807"},
                         {"segment.ms", "604800000"}}) {
    kafka::Properties settings = good;
    settings[setting] = value;
    std::string city = setting;
    std::replace(city.begin(), city.end(), '.', '-');
    const auto refused = opened(city, settings);
    EXPECT_EQ(refused.code(), Code::kFailedPrecondition) << setting;
    EXPECT_NE(refused.message().find("expected " + setting), std::string::npos)
        << refused.message();
    EXPECT_NE(refused.message().find("found " + value), std::string::npos) << refused.message();
  }
}

}  // namespace
}  // namespace wanmi::vault
