// SimHost: one process of the simulated city, and what it alone has: stores, an instance, a view of
// the journal, a seat in the group that divides the partitions.
//
// Where there are several, each sees the shared journal with a delay of its own: what others append
// is there for it once it has looked. A host is stepped, paused and killed by World, in one thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "runtime/host.h"
#include "testkit/faulty_journal.h"
#include "testkit/random.h"

namespace wanmi::sim {

// All nine; or the six that people use in the simulator, where the sample city's rows are what the
// other three would give.
std::vector<rules::Definition> SimDefinitions(bool all);

// What a group told one of its members, when that one asked last.
class Seat final : public runtime::Ownership {
 public:
  Assigned Now() const override { return assigned_; }
  void SetWilling(bool willing) override { willing_ = willing; }
  bool willing() const { return willing_; }
  void Look(std::set<int> partitions) {
    ++assigned_.look;
    assigned_.partitions = std::move(partitions);
  }

 private:
  Assigned assigned_;
  bool willing_ = false;
};

// The journal as one process of several sees it: others' entries and fences only up to where it
// looked last, as a reader of a broker is always somewhat behind.
class View final : public journal::Journal {
 public:
  View(testkit::FaultyJournal& below, testkit::Random& random, const base::Clock& clock)
      : below_(below), random_(random), clock_(clock) {}

  base::Result<journal::Opened> Open(const journal::Slice& slice,
                                     wanmi::journal::v1::Fence fence) override;
  std::vector<journal::Appended> Append(std::span<const journal::Batch> batches) override;
  base::Status Read(const journal::Slice& slice, int64_t after,
                    const Visitor& visit) const override;
  base::Result<int64_t> LastSeq(const journal::Slice& slice) const override;
  base::Result<wanmi::journal::v1::Fence> LastFence(const journal::Slice& slice) const override;
  base::Status CatchUp(const journal::Slice& slice, std::chrono::milliseconds most) override;
  std::chrono::steady_clock::time_point SeenToEnd(const journal::Slice& slice) const override;

  // Reads on in every slice: to the end, or now and then not so far in some of them.
  void Look(bool to_the_end);
  // Appends that were not Ok, and openings of what another had opened since we did: what we sent
  // before we saw that is not written down.
  int64_t doubts() const { return doubts_; }

 private:
  struct Seen {
    int64_t seq = 0;
    wanmi::journal::v1::Fence fence;  // epoch 0 = none
    int64_t opened = 0;               // the epoch of our own last fence
    std::chrono::steady_clock::time_point at{};
  };
  void SeeToEnd(const journal::Slice& slice, Seen& seen) const;
  Seen& At(const journal::Slice& slice) const;

  testkit::FaultyJournal& below_;
  testkit::Random& random_;
  const base::Clock& clock_;
  mutable std::map<journal::Slice, Seen> seen_;
  int64_t doubts_ = 0;
};

struct SimHost {
  // A process over what the one before it left.
  void Start(runtime::City city, journal::Journal& journal, const base::Clock& clock,
             runtime::HostOptions options);
  // The disk after a power loss: tails are gone, or a whole store.
  void LoseStores(testkit::Random& random);

  std::map<std::string, std::shared_ptr<store::MemoryStore>> stores;
  std::string address;
  Seat seat;
  std::unique_ptr<View> view;    // null = it has the journal to itself
  std::shared_ptr<int> process;  // what a dead process answers and writes reaches nobody
  // Bytes that a store::WriteBehind keeps of the youngest rows, and a crash takes; 0 = there is
  // none.
  size_t young_most = 0;
  std::unique_ptr<runtime::Host> host;
  int paused = 0;         // rounds for which it still stands still
  bool stepping = false;  // in the middle of a round, while others go on
};

}  // namespace wanmi::sim
