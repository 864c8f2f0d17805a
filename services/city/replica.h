// Replica: one of several processes that serve one service of a city, over Kafka.
//
// It folds the whole service and both reference services, owns the partitions that its group gives
// it, answers every query, and hands commands for other partitions on to their owners. It keeps
// nothing that is not elsewhere: its folder may be deleted. What it keeps is of the topics that it
// was folded from (<folder>/of-<their birth>/); when they are others it is dropped.
#pragma once

#include <string>

#include "base/status.h"
#include "journal/transfer.h"
#include "services/city/backup.h"
#include "wanmi/config/v1/config.pb.h"

namespace wanmi::city {

// INVALID_ARGUMENT names the key, what was expected and what was found.
base::Result<config::v1::ServiceConfig> ReadServiceConfig(const std::string& file);

// Serves until a signal. Prints the ready line once everything is folded. `reads`: see Serve().
base::Status ServeReplica(const std::string& service, const std::string& instance,
                          const config::v1::ServiceConfig& config, int reads);

// The journal of a city on Kafka, its processes being stopped, to a file and from one; keys go to
// the vault's folder and come from it, unless that is "". `wanmi export-journal` of one process is
// the other end. The configuration is that of any process of the city; its folder is used for what
// is in between.
base::Status ExportFromKafka(const config::v1::ServiceConfig& config, const std::string& file,
                             const std::string& vault_folder, const journal::Progress& progress);
base::Status ImportIntoKafka(const config::v1::ServiceConfig& config, const std::string& file,
                             const std::string& vault_folder, const journal::Progress& progress);

// Reads the topics of a city at work; the folders are made where this runs.
base::Result<operations::v1::BackupView> BackUpKafka(const config::v1::ServiceConfig& config,
                                                     const operations::v1::Backup& order);
// Into topics that nobody ever wrote to; what the topic of keys has already must be the same. The
// configuration's incarnation does not count: a new one is made, and told.
base::Status RestoreIntoKafka(const config::v1::ServiceConfig& config, const RestoreOrder& order,
                              const journal::Progress& progress);

}  // namespace wanmi::city
