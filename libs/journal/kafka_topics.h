// The topics of a city: made if that is wanted, and checked before anything is read or written.
#pragma once

#include "journal/kafka_journal.h"

namespace wanmi::journal {

// FAILED_PRECONDITION names topic, setting, what was expected and what was found.
base::Status PrepareTopics(rd_kafka_t* handle, const KafkaOptions& options);

}  // namespace wanmi::journal
