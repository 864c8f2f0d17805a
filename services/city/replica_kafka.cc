#include "services/city/replica_kafka.h"

#include <thread>

#include "base/log.h"
#include "journal/kafka_journal.h"
#include "services/city/process.h"
#include "vault/kafka_key_store.h"

namespace wanmi::city {
namespace {

constexpr std::chrono::milliseconds kLookAgain{250};

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

}  // namespace wanmi::city
