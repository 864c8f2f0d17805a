// A KeyStore on Kafka, for a city of many processes: the compacted topic `wanmi.<city>.keys`.
//
// Every process folds the topic into memory when it opens it, and follows it. A record of the
// topic:
//
//   key <name> NUL <nonce>, value   the record is made. Of several for one name the first counts:
//   two
//                                   processes may make a subject's key at the same time
//   key <name>, value               the record is replaced (a subject is forgotten)
//   key <name> NUL <nonce>, none    what was made is dropped from the medium, once it is replaced
//
// The nonce is the maker's own, so that compaction, which keeps the last of each key, keeps all
// that were made and never what came second alone. Put() returns when the records are acknowledged
// and read back, ALREADY_EXISTS if another process made one of them first; nothing is left in
// doubt, and Sync() has nothing to do. Sweep() writes the last kind; the brokers' files lose the
// bytes when they compact, within two hours (max.compaction.lag.ms and the roll of a segment),
// which is why a topic with larger ones is refused.
//
// Safe from any thread; one thread of its own.
#pragma once

#include <memory>
#include <string>

#include "kafka/client.h"
#include "vault/key_store.h"

namespace wanmi::vault {

struct KafkaKeyStoreOptions {
  kafka::Cluster cluster;
  std::string city;
  int replication = 3;
  int min_insync = 2;
  bool create = false;  // the topic, if it is not there
};

// FAILED_PRECONDITION names a setting of the topic that must not be.
base::Result<std::unique_ptr<KeyStore>> OpenKafkaKeyStore(const KafkaKeyStoreOptions& options);

}  // namespace wanmi::vault
