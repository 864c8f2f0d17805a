#include "vault/kafka_key_store.h"

#include <sodium.h>

#include <condition_variable>
#include <cstdlib>
#include <set>
#include <thread>

#include "base/log.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"

namespace wanmi::vault {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kMost{10'000};

// How soon brokers drop what was replaced: a person is forgotten when the key is off their disks.
struct Bound {
  const char* setting;
  const char* most;
};
constexpr Bound kBounds[] = {{"max.compaction.lag.ms", "3600000"},
                             {"segment.ms", "3600000"},
                             {"min.cleanable.dirty.ratio", "0.01"}};

bool IsAtMost(const std::string& found, const char* most) {
  char* end = nullptr;
  const double number = std::strtod(found.c_str(), &end);
  return !found.empty() && *end == '\0' && number <= std::strtod(most, nullptr);
}

class KafkaKeyStore final : public KeyStore {
 public:
  explicit KafkaKeyStore(KafkaKeyStoreOptions options)
      : options_(std::move(options)), spot_{fmt::format("wanmi.{}.keys", options_.city), 0} {}

  base::Status Open();

  base::Result<std::optional<std::string>> Get(std::string_view name) const override;
  base::Result<std::vector<std::string>> NamesUnder(std::string_view prefix) const override;
  base::Result<std::vector<std::string>> NamesKnown(std::string_view prefix) const override;
  base::Status Put(const Records& records) override;
  base::Status Sync() override { return {}; }
  base::Status Sweep() override;
  base::Status CopyTo(const std::string& folder) const override;
  uint64_t Replaced() const override {
    const std::lock_guard lock(mutex_);
    return replaced_;
  }

 private:
  struct Known {
    std::string value;
    bool replaced = false;
    std::string made_by;          // the topic's key of the one that counts
    std::set<std::string> makes;  // the topic's keys of all that were made and are not dropped
  };
  struct Written {
    std::string key, value;
    bool tombstone = false;
  };

  base::Status PrepareTopic(rd_kafka_t* handle) const;
  base::Status CheckTopic(rd_kafka_t* handle, const kafka::Properties& exactly) const;
  // To the end that the topic has now.
  base::Status CatchUp() const;
  base::Status AwaitOffset(std::unique_lock<std::mutex>& lock, int64_t offset) const;
  // All of them acknowledged, and folded.
  base::Status Write(const std::vector<Written>& records);
  base::Result<std::shared_ptr<kafka::Producer>> Producer();
  void Follow(const std::stop_token& stop);
  void Fold(std::string key, std::optional<std::string> value);
  std::string Nonce();

  const KafkaKeyStoreOptions options_;
  const kafka::Spot spot_;
  std::unique_ptr<kafka::Consumer> consumer_;

  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  std::map<std::string, Known, std::less<>> records_;  // this and the next three: guarded by mutex_
  int64_t next_ = 0;                                   // offset
  uint64_t replaced_ = 0;
  base::Status broken_;

  std::mutex producer_mutex_;
  std::shared_ptr<kafka::Producer>
      producer_;         // guarded by producer_mutex_; whoever writes keeps it
  std::jthread follow_;  // the first to end
};

base::Status KafkaKeyStore::PrepareTopic(rd_kafka_t* handle) const {
  const kafka::Properties exactly{{"cleanup.policy", "compact"},
                                  {"unclean.leader.election.enable", "false"},
                                  {"min.insync.replicas", std::to_string(options_.min_insync)}};
  if (!options_.create) return CheckTopic(handle, exactly);
  kafka::Properties all = exactly;
  for (const auto& bound : kBounds) all[bound.setting] = bound.most;
  RETURN_IF_ERROR(
      kafka::CreateTopics(handle, {{spot_.topic, 1, options_.replication, all}}, kMost));
  return kafka::AwaitKnown([&] { return CheckTopic(handle, exactly); }, kMost);
}

base::Status KafkaKeyStore::CheckTopic(rd_kafka_t* handle, const kafka::Properties& exactly) const {
  ASSIGN_OR_RETURN(const auto shape, kafka::ShapeOf(handle, spot_.topic, kMost));
  ASSIGN_OR_RETURN(auto settings, kafka::SettingsOf(handle, spot_.topic, kMost));
  const auto refuse = [&](std::string_view setting, const auto& expected, const auto& found) {
    return base::FailedPrecondition(
        "topic {}: expected {} {}, found {}; change the topic's setting", spot_.topic, setting,
        expected, found);
  };
  if (shape.partitions != 1) return refuse("partitions", 1, shape.partitions);
  if (shape.replicas < options_.replication)
    return refuse("replication factor", options_.replication, shape.replicas);
  for (const auto& [setting, wanted] : exactly) {
    if (settings[setting] != wanted) return refuse(setting, wanted, settings[setting]);
  }
  for (const auto& [setting, most] : kBounds) {
    const std::string& found = settings[setting];
    if (!IsAtMost(found, most)) return refuse(setting, fmt::format("of at most {}", most), found);
  }
  return {};
}

base::Status KafkaKeyStore::Open() {
  if (sodium_init() < 0) return base::Internal("libsodium finds no randomness");
  ASSIGN_OR_RETURN(consumer_, kafka::Consumer::Make(options_.cluster, 4'096));
  RETURN_IF_ERROR(PrepareTopic(consumer_->handle()));
  RETURN_IF_ERROR(consumer_->Start(spot_, 0));
  follow_ = std::jthread([this](std::stop_token stop) { Follow(stop); });
  return CatchUp();
}

void KafkaKeyStore::Follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto taken = consumer_->Next(milliseconds(100));
    if (!taken) continue;
    const std::lock_guard lock(mutex_);
    if (taken->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      next_ = std::max(next_, taken->offset);
    } else if (taken->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
      broken_ = base::DataLoss(
          "topic {} has nothing at offset {}, which was there before; restore "
          "the vault from its backup",
          spot_.topic, next_);
      base::Log(base::Level::kError, "vault.lost", {{"why", broken_.message()}});
    } else if (taken->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::optional<std::string> value;
      if (taken->payload) value.emplace(static_cast<const char*>(taken->payload), taken->len);
      Fold({static_cast<const char*>(taken->key), taken->key_len}, std::move(value));
      next_ = taken->offset + 1;
    }
    moved_.notify_all();
  }
}

void KafkaKeyStore::Fold(std::string key, std::optional<std::string> value) {
  const size_t nul = key.find('\0');
  if (nul == std::string::npos) {
    if (!value) return;
    Known& known = records_[key];
    known.value = std::move(*value);
    known.replaced = true;
    ++replaced_;
    return;
  }
  const auto found = records_.find(std::string_view(key).substr(0, nul));
  if (!value) {
    if (found != records_.end()) found->second.makes.erase(key);
    return;
  }
  Known& known = found != records_.end() ? found->second : records_[key.substr(0, nul)];
  if (known.made_by.empty() && !known.replaced) {
    known.value = std::move(*value);
    known.made_by = key;
  }
  known.makes.insert(std::move(key));
}

base::Status KafkaKeyStore::AwaitOffset(std::unique_lock<std::mutex>& lock, int64_t offset) const {
  const bool there = moved_.wait_until(lock, steady_clock::now() + kMost,
                                       [&] { return !broken_.ok() || next_ >= offset; });
  RETURN_IF_ERROR(broken_);
  if (there) return {};
  return base::Unavailable(
      "expected the city's keys up to offset {}, found {}; see that the "
      "brokers serve",
      offset, next_);
}

base::Status KafkaKeyStore::CatchUp() const {
  ASSIGN_OR_RETURN(const auto ends, consumer_->EndsOf({spot_}, kMost));
  if (ends.front() < 0) return base::Unavailable("topic {} has no leader now", spot_.topic);
  std::unique_lock lock(mutex_);
  return AwaitOffset(lock, ends.front());
}

base::Result<std::optional<std::string>> KafkaKeyStore::Get(std::string_view name) const {
  for (const bool again : {true, false}) {
    {
      const std::lock_guard lock(mutex_);
      RETURN_IF_ERROR(broken_);
      const auto found = records_.find(name);
      if (found != records_.end()) return std::optional<std::string>(found->second.value);
    }
    // Another process may have made it a moment ago.
    if (again) RETURN_IF_ERROR(CatchUp());
  }
  return std::optional<std::string>();
}

base::Result<std::vector<std::string>> KafkaKeyStore::NamesUnder(std::string_view prefix) const {
  RETURN_IF_ERROR(CatchUp());
  return NamesKnown(prefix);
}

base::Result<std::vector<std::string>> KafkaKeyStore::NamesKnown(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(broken_);
  std::vector<std::string> names;
  for (auto at = records_.lower_bound(prefix); at != records_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    names.push_back(at->first);
  }
  return names;
}

std::string KafkaKeyStore::Nonce() {
  unsigned char bytes[8];
  randombytes_buf(bytes, sizeof(bytes));
  char hex[2 * sizeof(bytes) + 1];
  return sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
}

base::Result<std::shared_ptr<kafka::Producer>> KafkaKeyStore::Producer() {
  const std::lock_guard lock(producer_mutex_);
  if (!producer_ || producer_->failed()) {
    ASSIGN_OR_RETURN(producer_, kafka::Producer::Make(options_.cluster, {kMost, 4'096}));
  }
  return producer_;
}

base::Status KafkaKeyStore::Write(const std::vector<Written>& records) {
  if (records.empty()) return {};
  ASSIGN_OR_RETURN(const auto producer, Producer());
  const kafka::Topic topic = producer->MakeTopic(spot_.topic);
  kafka::Flight flight(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& [key, value, tombstone] = records[i];
    producer->Send({topic.get(), spot_.partition, key, value, tombstone, {}}, flight, i);
  }
  int64_t last = -1;
  for (const auto& ack : flight.Wait()) {
    if (!ack.acknowledged || ack.offset < 0)
      return base::Unavailable("a key was not acknowledged ({}); try again", ack.error);
    last = std::max(last, ack.offset);
  }
  std::unique_lock lock(mutex_);
  return AwaitOffset(lock, last + 1);
}

base::Status KafkaKeyStore::Put(const Records& records) {
  std::vector<Written> written;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, value] : records) {
      const bool known = records_.contains(name);
      written.push_back({known ? name : name + '\0' + Nonce(), value});
    }
  }
  RETURN_IF_ERROR(Write(written));
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& [name, value] = records[i];
    if (written[i].key == name) continue;
    const Known& known = records_.at(name);
    if (known.value != value && known.made_by != written[i].key)
      return base::AlreadyExists("another process made {} first; read it", name);
  }
  return {};
}

base::Status KafkaKeyStore::Sweep() {
  std::vector<Written> drops;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, known] : records_) {
      if (!known.replaced) continue;
      for (const auto& key : known.makes) drops.push_back({key, {}, true});
    }
  }
  return Write(drops);
}

base::Status KafkaKeyStore::CopyTo(const std::string& folder) const {
  RETURN_IF_ERROR(CatchUp());
  Records records;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, known] : records_) records.emplace_back(name, known.value);
  }
  ASSIGN_OR_RETURN(const auto copy, OpenRocksKeyStore(folder));
  RETURN_IF_ERROR(copy->Put(records));
  return copy->Sync();
}

}  // namespace

base::Result<std::unique_ptr<KeyStore>> OpenKafkaKeyStore(const KafkaKeyStoreOptions& options) {
  auto store = std::make_unique<KafkaKeyStore>(options);
  RETURN_IF_ERROR(store->Open());
  return std::unique_ptr<KeyStore>(std::move(store));
}

}  // namespace wanmi::vault
