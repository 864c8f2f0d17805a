// FaultyJournal: a memory journal with the faults that a real one has, drawn from a seed.
//
// Injected, because they are what a broker or a disk may do to a writer:
//   * an append of which a subset landed, and the writer is told Unknown;
//   * an append that landed whole, and the answer was lost (Unknown);
//   * an append that did not land, and the writer is told Unknown; its entries land *later*,
//   perhaps
//     after the next fence, perhaps twice;
//   * one slice that takes no appends for as long as it is told to;
//   * others go on in the middle of an opening or an append of ours, and may open what we open;
//   * the process dies at an append, before, in the middle or after it (CrashNow is thrown).
// Not injected: loss of what was acknowledged as Ok. Used by one thread.
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <optional>

#include "journal/memory_journal.h"
#include "testkit/random.h"

namespace wanmi::testkit {

struct CrashNow : std::exception {};

struct Faults {  // in 1/10,000 of appends
  int unknown_landed = 0;
  int unknown_subset = 0;
  int unknown_late = 0;
  int crash = 0;
};

class FaultyJournal final : public journal::Journal {
 public:
  FaultyJournal(journal::MemoryJournal& below, Random& random, Faults faults)
      : below_(below), random_(random), faults_(faults) {}

  base::Result<journal::Opened> Open(const journal::Slice& slice,
                                     wanmi::journal::v1::Fence fence) override;
  std::vector<journal::Appended> Append(std::span<const journal::Batch> batches) override;
  base::Status Read(const journal::Slice& slice, int64_t after,
                    const Visitor& visit) const override {
    return below_.Read(slice, after, visit);
  }
  base::Result<int64_t> LastSeq(const journal::Slice& slice) const override {
    return below_.LastSeq(slice);
  }
  base::Result<wanmi::journal::v1::Fence> LastFence(const journal::Slice& slice) const override {
    return below_.LastFence(slice);
  }

  void set_faults(Faults faults) { faults_ = faults; }
  int64_t injected() const { return injected_; }
  // Called between an opener's look and its fence, and before and after what is appended has
  // landed: whoever shares the journal may go on there.
  void set_meanwhile(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }
  // This slice takes nothing until another is named, or none: its partition stands still while the
  // others go on.
  void set_stalled(std::optional<journal::Slice> slice) { stalled_ = std::move(slice); }

 private:
  enum class Fate { kFine, kUnknownLanded, kUnknownSubset, kUnknownLate };
  Fate Draw();
  // Each entry lands or not, whatever became of the one before it.
  void LandSubset(const journal::Batch& batch);
  journal::Appended AppendAsBroker(const journal::Batch& batch);
  void LandLate();
  void Meanwhile() const {
    if (meanwhile_) meanwhile_();
  }

  journal::MemoryJournal& below_;
  Random& random_;
  Faults faults_;
  std::deque<std::tuple<journal::Writer, int64_t, std::string>> late_;
  std::optional<journal::Slice> stalled_;
  std::function<void()> meanwhile_;
  int64_t injected_ = 0;
};

}  // namespace wanmi::testkit
