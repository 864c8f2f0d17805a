// How fences and entries are written as Kafka's records, and read back.
//
//   key      root of the entry's first stream, or the slice ("intake/3")
//   value    stored bytes of the entry, or the serialised Fence
//   headers  wanmi-kind      "entry" | "fence"
//            wanmi-epoch     decimal
//            wanmi-instance  of the writer
//            wanmi-seq       decimal             } entries only
//            wanmi-prev      16 bytes            }
//            ce_… content-type traceparent       CloudEvents 1.0 and W3C, for other tools; entries
//
// What has no such headers is foreign, and void.
#pragma once

#include "journal/kafka_rule.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"

namespace wanmi::journal {

// Headers of one slice's records; reused for one record after the other. For one thread.
class RecordHeaders {
 public:
  RecordHeaders(const std::string& city, const Writer& writer);
  // Good until the next call. `key` is of the entry.
  std::span<const kafka::Header> OfEntry(int64_t seq, std::string_view prev,
                                         std::string_view bytes);
  std::span<const kafka::Header> OfFence();
  std::string_view key() const { return key_; }

 private:
  const std::string source_, slice_, type_;
  const Writer& writer_;
  std::vector<kafka::Header> headers_;
  std::string key_;
};

// Views of the message.
Record ToRecord(const rd_kafka_message_t* message);

}  // namespace wanmi::journal
