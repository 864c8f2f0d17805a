// KafkaJournal: the journal of many processes, on Apache Kafka through librdkafka.
//
// Topic `wanmi.<city>.<service>`, one record a fence or entry (kafka_record.h). What counts is
// decided by the reader's rule (kafka_rule.h), so safety needs neither transactions nor a lock.
// *Durable* means acknowledged by all in-sync replicas, not synced to their disks.
//
// One consumer reads all followed slices on one thread, and keeps of each the last entries and
// sparse places to begin at; older entries are read by consumers that come and go. There is one
// producer, made at the first Open; when it fails for good another is made, and every writer opened
// before is dead. While this journal writes a slice it does not read it back: it folds what was
// acknowledged, and looks twice a second whether somebody else wrote.
//
// A slice that is read or opened without having been followed is followed from its start.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "journal/journal.h"
#include "kafka/client.h"

namespace wanmi::journal {

struct KafkaOptions {
  kafka::Cluster cluster;
  std::string city;
  std::map<std::string, int> partitions;  // of each service's topic
  int replication = 3;
  int min_insync = 2;
  bool create = false;                                // topics that are not there
  std::chrono::milliseconds message_timeout{10'000};  // until an append is given up
  int producer_kbytes = 64 * 1024;
  int consumer_kbytes = 4 * 1024;  // fetched ahead, of one slice
  size_t window_bytes = 4 << 20;   // kept of one slice
  size_t window_entries = 4'096;
};

std::string TopicOf(const std::string& city, const std::string& service);

class KafkaJournal final : public Journal {
 public:
  // UNAVAILABLE if no broker answers; FAILED_PRECONDITION names a topic's setting that must not be.
  static base::Result<std::unique_ptr<KafkaJournal>> Connect(KafkaOptions options);
  ~KafkaJournal() override;

  base::Result<Opened> Open(const Slice& slice, wanmi::journal::v1::Fence fence) override;
  std::vector<Appended> Append(std::span<const Batch> batches) override;
  base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override;
  base::Result<int64_t> LastSeq(const Slice& slice) const override;
  base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const override;

  std::string HintAt(const Slice& slice, int64_t seq) const override;
  base::Status Follow(const Slice& slice, int64_t after, const std::string& hint) override;
  base::Status ReadAndFollow(const Slice& slice, int64_t after, const std::string& hint,
                             const Visitor& visit) override;
  base::Status CatchUp(const Slice& slice, std::chrono::milliseconds most) override;
  std::chrono::steady_clock::time_point SeenToEnd(const Slice& slice) const override;
  void OnGrowth(std::function<void(const Slice&)> grown) override;

 private:
  struct Impl;
  explicit KafkaJournal(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace wanmi::journal
