// Journal: the append-only log of decisions, one topic per service, each in partitions.
//
// The contract, kept by the memory, rocks and kafka journals and tested by one suite:
//
// * A partition has at most one writer that counts. Open() raises a *fence* with the next epoch;
//   from then on nothing that an earlier writer appends is ever read by anybody.
// * An entry proves its own place. A reader takes it only if its writer is that of the last fence
//   and its seq follows the last one taken; everything else is void, for all readers.
// * Append() is durable when it says kOk. kFenced and kUnknown tell how many entries landed, which
//   may be more than none; the only way on from either is to open again.
// * A position is a `seq`. Stored bytes come back as they were given.
//
// One Journal object is of one city. All functions are safe from any thread; two appends to one
// partition at a time are the caller's mistake.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wanmi/journal/v1/entry.pb.h"

namespace wanmi::journal {

inline constexpr size_t kEntryBytesMax = 512 * 1024;
inline constexpr size_t kHashBytes = 16;

// First 16 bytes of SHA-256 over the stored bytes of an entry: the `prev` of the next one.
std::string ChainHash(std::string_view entry_bytes);
std::string GenesisHash();  // the `prev` of seq 1: 16 zero bytes

struct Slice {  // one partition of one service's topic
  std::string service;
  int partition = 0;
  friend auto operator<=>(const Slice&, const Slice&) = default;
};
std::string ToString(const Slice& slice);  // "intake/3"

// Who may append. Made by Open, good until somebody else opens.
struct Writer {
  Slice slice;
  int64_t epoch = 0;
  std::string instance;
};

struct Opened {
  Writer writer;
  int64_t last_seq = 0;  // of the last valid entry; 0 = none
};

struct Batch {
  Writer writer;
  int64_t first_seq = 0;             // last seq + 1
  std::string prev;                  // chain hash of the entry before
  std::vector<std::string> entries;  // serialised, in order of seq
};

enum class Outcome { kOk, kFenced, kUnknown };
struct Appended {
  Outcome outcome = Outcome::kUnknown;
  int landed = 0;  // the longest prefix that surely landed
  std::string why;
};

inline constexpr std::chrono::seconds kCatchUpMost{60};  // with a slice, at the start

class Journal {
 public:
  // Returns false to stop.
  using Visitor = std::function<bool(int64_t seq, std::string_view bytes)>;

  virtual ~Journal() = default;
  // Fences every earlier writer of the slice. `fence` gives instance, address and level; its epoch
  // is chosen here.
  virtual base::Result<Opened> Open(const Slice& slice, wanmi::journal::v1::Fence fence) = 0;
  // Appends several partitions' batches with one sync. One answer per batch, in order.
  // A batch that does not follow the last entry (seq or prev) is kUnknown: the caller must look.
  virtual std::vector<Appended> Append(std::span<const Batch> batches) = 0;
  // Visits valid entries with seq > after, in order. DATA_LOSS names what is broken and where.
  virtual base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const = 0;
  virtual base::Result<int64_t> LastSeq(const Slice& slice) const = 0;
  // The fence that holds; NOT_FOUND if nobody ever opened.
  virtual base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const = 0;

  // ---- where others may append: a journal of one process has nothing to do here ----

  // Where a reader may begin later: opaque, good for this journal only; "" if it is not known.
  virtual std::string HintAt(const Slice&, int64_t /*seq*/) const { return {}; }
  // From now on the slice is read as it grows, from behind `after`; a hint for that seq saves
  // reading it from its start. A slice that is followed already stays as it is.
  virtual base::Status Follow(const Slice&, int64_t /*after*/, const std::string& /*hint*/) {
    return {};
  }
  // Read() to the end that the slice has now, and Follow() from there, so that nothing is read
  // twice. One that is followed already is caught up with and read. Errors: as Read() and Follow().
  virtual base::Status ReadAndFollow(const Slice& slice, int64_t after, const std::string& /*hint*/,
                                     const Visitor& visit) {
    RETURN_IF_ERROR(CatchUp(slice, kCatchUpMost));
    return Read(slice, after, visit);
  }
  // Waits until the slice is read to the end that it had when this was called.
  virtual base::Status CatchUp(const Slice&, std::chrono::milliseconds /*most*/) { return {}; }
  // When the slice was last seen to its end; max() where nobody else appends.
  virtual std::chrono::steady_clock::time_point SeenToEnd(const Slice&) const {
    return std::chrono::steady_clock::time_point::max();
  }
  // Called on a thread of the journal's after a followed slice grew or was fenced. Set before
  // anything is followed; once it is set to nothing, nobody calls any more.
  virtual void OnGrowth(std::function<void(const Slice&)> /*grown*/) {}
};

}  // namespace wanmi::journal
