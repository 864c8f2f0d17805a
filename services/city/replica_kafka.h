// What a configuration says of Kafka, opened.
#pragma once

#include <memory>
#include <optional>

#include "journal/transfer.h"
#include "kafka/client.h"
#include "runtime/city.h"
#include "vault/key_store.h"
#include "wanmi/config/v1/config.pb.h"

namespace wanmi::city {

kafka::Cluster ClusterOf(const config::v1::ServiceConfig& config);
runtime::City CityOf(const config::v1::ServiceConfig& config);
// Both wait up to a minute for brokers, and for topics that were just made.
base::Result<std::unique_ptr<journal::Journal>> OpenKafkaJournal(
    const config::v1::ServiceConfig& config);
base::Result<std::unique_ptr<vault::KeyStore>> OpenKeys(const config::v1::ServiceConfig& config);

// Names the topics themselves: those of the same name that an import or a restore fills later have
// another. None while they are empty.
base::Result<std::optional<std::string>> BirthOf(const config::v1::ServiceConfig& config);

// The consumer group whose members own the partitions of a service.
std::string GroupOf(const config::v1::ServiceConfig& config, const std::string& service);
// FAILED_PRECONDITION names a service of which processes serve.
base::Status CheckStopped(const config::v1::ServiceConfig& config);

// Puts the records of a vault's folder, or of its copy, into the topic of keys, as they are, and
// tries the master key on them. What is there already must be the same.
base::Status BringKeys(const std::string& vault_folder, const config::v1::ServiceConfig& config,
                       const journal::Progress& progress);

// Calls `open` until it says something else than that something is not there yet.
inline constexpr std::chrono::seconds kBrokersMost{60};
bool AwaitBrokers(const base::Status& status, std::chrono::steady_clock::time_point since);
template <class Open>
auto Patiently(Open open) -> decltype(open()) {
  const auto since = std::chrono::steady_clock::now();
  while (true) {
    auto opened = open();
    if (!AwaitBrokers(opened.status(), since)) return opened;
  }
}

}  // namespace wanmi::city
