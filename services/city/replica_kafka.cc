#include "services/city/replica_kafka.h"

#include <filesystem>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/sha256.h"
#include "journal/kafka_journal.h"
#include "journal/kafka_record.h"
#include "kafka/group.h"
#include "services/city/process.h"
#include "vault/kafka_key_store.h"
#include "vault/vault.h"

namespace wanmi::city {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLookAgain{250}, kMembersMost{5'000}, kBirthMost{10'000};
constexpr size_t kRecordsAtOnce = 1'000;

base::Result<std::unique_ptr<journal::Journal>> OpenOnce(const config::v1::ServiceConfig& config) {
  journal::KafkaOptions options;
  options.cluster = ClusterOf(config);
  options.city = config.name();
  for (const auto& definition : AllDefinitions())
    options.partitions[definition.name] = definition.reference ? 1 : config.partitions();
  options.replication = config.kafka().replication();
  options.min_insync = config.kafka().min_insync();
  options.create = config.kafka().create_topics();
  ASSIGN_OR_RETURN(auto journal, journal::KafkaJournal::Connect(std::move(options)));
  return std::unique_ptr<journal::Journal>(std::move(journal));
}

// Records are wrapped by the master key, so they move as they are.
base::Status BringRecords(const std::string& vault_folder, const config::v1::ServiceConfig& config,
                          const journal::Progress& progress) {
  ASSIGN_OR_RETURN(const auto from, vault::OpenRocksKeyStore(vault_folder));
  ASSIGN_OR_RETURN(auto to, OpenKeys(config));
  ASSIGN_OR_RETURN(const auto names, from->NamesUnder(""));
  ASSIGN_OR_RETURN(const auto there, to->NamesUnder(""));
  const std::set<std::string> known(there.begin(), there.end());
  vault::KeyStore::Records records;
  const auto put = [&]() -> base::Status {
    RETURN_IF_ERROR(to->Put(records));
    records.clear();
    return {};
  };
  for (const auto& name : names) {
    ASSIGN_OR_RETURN(auto record, from->Get(name));
    if (!record) continue;
    if (!known.contains(name)) {
      records.emplace_back(name, std::move(*record));
      if (records.size() == kRecordsAtOnce) RETURN_IF_ERROR(put());
      continue;
    }
    ASSIGN_OR_RETURN(const auto other, to->Get(name));
    if (other == record) continue;  // of one that was cut short
    return base::AlreadyExists(
        "expected topic wanmi.{}.keys to be empty, or to have the record {} as it is in the vault, "
        "found another; delete the topic, or go without the vault if the topic's keys are newer",
        config.name(), name);
  }
  RETURN_IF_ERROR(put());
  progress(fmt::format("{} keys", names.size()));
  return vault::OpenVault(std::move(to), config.master_key_file())
      .status()
      .With("while trying the master key on the keys");
}

}  // namespace

kafka::Cluster ClusterOf(const config::v1::ServiceConfig& config) {
  kafka::Cluster cluster{config.kafka().bootstrap_servers(), {}};
  for (const auto& [name, value] : config.kafka().properties()) cluster.properties[name] = value;
  return cluster;
}

runtime::City CityOf(const config::v1::ServiceConfig& config) {
  return {config.name(), config.journal_id(), config.partitions(), config.incarnation()};
}

bool AwaitBrokers(const base::Status& status, std::chrono::steady_clock::time_point since) {
  const bool may_come =
      status.code() == base::Code::kUnavailable || status.code() == base::Code::kNotFound;
  if (!may_come || std::chrono::steady_clock::now() - since > kBrokersMost) return false;
  base::Log(base::Level::kWarning, "brokers.awaited", {{"reason", status.ToString()}});
  std::this_thread::sleep_for(kLookAgain);
  return true;
}

base::Result<std::unique_ptr<journal::Journal>> OpenKafkaJournal(
    const config::v1::ServiceConfig& config) {
  return Patiently([&] { return OpenOnce(config); });
}

base::Result<std::unique_ptr<vault::KeyStore>> OpenKeys(const config::v1::ServiceConfig& config) {
  vault::KafkaKeyStoreOptions options;
  options.cluster = ClusterOf(config);
  options.city = config.name();
  options.replication = config.kafka().replication();
  options.min_insync = config.kafka().min_insync();
  options.create = config.kafka().create_topics();
  return Patiently([&] { return vault::OpenKafkaKeyStore(options); });
}

base::Result<std::optional<std::string>> BirthOf(const config::v1::ServiceConfig& config) {
  // The fence of whoever opened it first, with its time.
  const kafka::Spot first{journal::TopicOf(config.name(), "directory"), 0};
  ASSIGN_OR_RETURN(const auto consumer, kafka::Consumer::Make(ClusterOf(config), 64));
  RETURN_IF_ERROR(consumer->Start(first, 0));
  const auto until = std::chrono::steady_clock::now() + kBirthMost;
  while (std::chrono::steady_clock::now() < until) {
    const auto taken = consumer->Next(kLookAgain);
    if (!taken) continue;
    if (taken->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return std::optional<std::string>();
    if (taken->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const std::string at = std::to_string(rd_kafka_message_timestamp(taken.get(), nullptr)) + " ";
    const std::string sum = base::Sha256(at + std::string(journal::ToRecord(taken.get()).value));
    return std::optional(base::Hex(sum).substr(0, 16));
  }
  return base::Unavailable("{} cannot be read from its start; see that the brokers serve",
                           first.topic);
}

std::string GroupOf(const config::v1::ServiceConfig& config, const std::string& service) {
  return fmt::format("wanmi.{}.{}", config.name(), service);
}

base::Status CheckStopped(const config::v1::ServiceConfig& config) {
  ASSIGN_OR_RETURN(const auto handle, kafka::MakeHandle(RD_KAFKA_PRODUCER, ClusterOf(config), {}));
  for (const auto& definition : AllDefinitions()) {
    const std::string group = GroupOf(config, definition.name);
    ASSIGN_OR_RETURN(const int members, Patiently([&] {
                       return kafka::MembersOf(handle.get(), group, kMembersMost);
                     }));
    if (members == 0) continue;
    return base::FailedPrecondition(
        "expected a city that is stopped, found {} processes in the consumer group {}; stop all "
        "processes of the city first (one that was killed is counted for 6 s)",
        members, group);
  }
  return {};
}

base::Status BringKeys(const std::string& vault_folder, const config::v1::ServiceConfig& config,
                       const journal::Progress& progress) {
  // A copy is not touched: opening it would change the files that its sums are of.
  const std::string scratch = config.folder() + "/keys";
  std::error_code error;
  fs::remove_all(scratch, error);
  fs::create_directories(config.folder(), error);
  if (!fs::exists(vault_folder + "/CURRENT"))
    return base::NotFound("expected a vault or its copy in {}, found none", vault_folder);
  fs::copy(vault_folder, scratch, fs::copy_options::recursive, error);
  fs::remove(scratch + "/backup.json");
  const auto brought = error ? base::Unavailable("{} cannot be copied to {}: {}", vault_folder,
                                                 scratch, error.message())
                             : BringRecords(scratch, config, progress);
  fs::remove_all(scratch, error);
  return brought;
}

}  // namespace wanmi::city
