#include "journal/kafka_record.h"

#include <charconv>

#include "base/partition.h"
#include "base/time.h"

namespace wanmi::journal {
namespace {

constexpr char kKind[] = "wanmi-kind", kEpoch[] = "wanmi-epoch", kInstance[] = "wanmi-instance",
               kSeq[] = "wanmi-seq", kPrev[] = "wanmi-prev";

int64_t NumberOf(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

RecordHeaders::RecordHeaders(const std::string& city, const Writer& writer)
    : source_(fmt::format("/wanmi/{}/{}", city, ToString(writer.slice))),
      slice_(ToString(writer.slice)),
      type_(fmt::format("wanmi.{}.entry.v1", writer.slice.service)),
      writer_(writer) {}

std::span<const kafka::Header> RecordHeaders::OfFence() {
  key_ = slice_;
  headers_ = {
      {kKind, "fence"}, {kEpoch, std::to_string(writer_.epoch)}, {kInstance, writer_.instance}};
  return headers_;
}

std::span<const kafka::Header> RecordHeaders::OfEntry(int64_t seq, std::string_view prev,
                                                      std::string_view bytes) {
  const std::string number = std::to_string(seq);
  headers_ = {{kKind, "entry"},
              {kEpoch, std::to_string(writer_.epoch)},
              {kInstance, writer_.instance},
              {kSeq, number},
              {kPrev, std::string(prev)},
              {"ce_specversion", "1.0"},
              {"ce_id", number},
              {"ce_type", type_},
              {"ce_source", source_},
              {"content-type", "application/protobuf"}};
  key_ = slice_;
  wanmi::journal::v1::Entry entry;
  if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return headers_;
  if (entry.at_us() != 0)
    headers_.push_back({"ce_time", base::FormatUtc(base::FromMicros(entry.at_us()))});
  if (!entry.traceparent().empty()) headers_.push_back({"traceparent", entry.traceparent()});
  if (entry.changes_size() > 0 && !entry.changes(0).stream().empty()) {
    key_ = base::RootOf(entry.changes(0).stream());
    headers_.push_back({"ce_subject", entry.changes(0).stream()});
  }
  return headers_;
}

Record ToRecord(const rd_kafka_message_t* message) {
  Record record;
  record.offset = message->offset;
  record.value = {static_cast<const char*>(message->payload), message->len};
  const std::string_view kind = kafka::HeaderOf(message, kKind);
  record.epoch = NumberOf(kafka::HeaderOf(message, kEpoch));
  record.instance = kafka::HeaderOf(message, kInstance);
  if (kind == "fence") record.kind = Record::Kind::kFence;
  if (kind != "entry") return record;
  record.kind = Record::Kind::kEntry;
  record.seq = NumberOf(kafka::HeaderOf(message, kSeq));
  record.prev = kafka::HeaderOf(message, kPrev);
  return record;
}

}  // namespace wanmi::journal
