// MemoryJournal: the journal of tests and the smallest example of the contract.
//
// It keeps *records* as a broker would: fences and entries in the order in which they landed, also
// those that no reader takes. Tests reach below the contract through Land(), to let a deposed
// writer's entries land late, twice or out of order. Safe from any thread.
#pragma once

#include <map>
#include <mutex>

#include "journal/journal.h"

namespace wanmi::journal {

class MemoryJournal : public Journal {
 public:
  base::Result<Opened> Open(const Slice& slice, wanmi::journal::v1::Fence fence) override;
  std::vector<Appended> Append(std::span<const Batch> batches) override;
  base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override;
  base::Result<int64_t> LastSeq(const Slice& slice) const override;
  base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const override;

  // Puts a fence at the end with the epoch that it has. False: another with that epoch, or a higher
  // one, stands before it, and no reader takes this one.
  bool LandFence(const Slice& slice, const wanmi::journal::v1::Fence& fence);
  // Puts one record at the end as it is, whoever wrote it: the reader's rule decides its worth.
  void Land(const Writer& writer, int64_t seq, std::string bytes);
  // What Append would answer, without appending: the checks a writer can make.
  Appended Check(const Batch& batch) const;

 private:
  struct Record {
    int64_t seq;
    std::string bytes;
  };
  struct Topic {
    std::vector<wanmi::journal::v1::Fence> fences;
    std::vector<Record> valid;  // valid[i].seq == i + 1: what a reader takes
    int64_t void_records = 0;
  };

  Appended CheckLocked(const Batch& batch) const;
  void LandLocked(const Writer& writer, int64_t seq, std::string bytes);

  mutable std::mutex mutex_;
  std::map<Slice, Topic> topics_;  // guarded by mutex_
};

}  // namespace wanmi::journal
