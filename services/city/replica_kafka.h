// What a configuration says of Kafka, opened.
#pragma once

#include <memory>

#include "journal/journal.h"
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
