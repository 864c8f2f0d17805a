// The reader's rule on Kafka, and the writer's: pure functions over records and acknowledgements.
//
// Anybody may write into a partition at any time; what counts is decided by whoever reads, and all
// readers decide alike, because Take() sees nothing but the records in their order:
//
//   fence   holds if its epoch is higher than that of the last; of two with one epoch the first
//   entry   is valid if epoch and instance are the last fence's, its seq follows and its prev is
//           the hash of the one before
//   else    void
//
// Records are views of bytes that others own. Values; safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/journal.h"
#include "kafka/ack.h"

namespace wanmi::journal {

struct Record {
  enum class Kind { kForeign, kFence, kEntry };
  Kind kind = Kind::kForeign;
  int64_t offset = 0;
  int64_t epoch = 0;
  std::string_view instance;
  int64_t seq = 0;
  std::string_view prev;
  std::string_view value;  // the serialised fence, or the stored bytes of the entry
  std::string hash;        // of an entry, if it is known
};

// All that a reader knows between two records.
struct Place {
  int64_t offset = 0;  // of the next record
  wanmi::journal::v1::Fence fence;
  int64_t seq = 0;  // of the last valid entry
  std::string hash = GenesisHash();
};
std::string ToHint(const Place& place);
std::optional<Place> FromHint(const std::string& hint);

// A gap: records before it were not seen, so nothing can be said of it. There are none in a topic
// without transactions and compaction, but in what a consumer gives that was stopped and started.
enum class Worth { kVoid, kFence, kEntry, kGap };
// Moves the place behind the record, unless it is a gap. DATA_LOSS if the writer that counts builds
// on an entry that is not there.
base::Result<Worth> Take(const Record& record, Place& place);

// One batch that was sent, and what was reported of its entries.
struct Flown {
  int64_t expected = 0;  // the offset at which its first entry should stand
  std::span<const kafka::Ack> acks;
  // Of the first fence with a higher epoch, if there is one.
  std::optional<int64_t> higher_fence;
};
struct Landing {
  Appended answer;
  bool gap = false;   // records of others lie between: read them and judge again
  bool lost = false;  // it landed before its place: the brokers lost what they had acknowledged
};
// One for each, in order.
std::vector<Landing> Judge(std::span<const Flown> batches);

}  // namespace wanmi::journal
