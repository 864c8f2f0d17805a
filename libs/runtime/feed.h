// Feed: entries of other topics (and of our own, for On<Self>), parsed once for all who listen.
//
// What this process appends is handed over in memory (Offer), so that a listener near the end never
// reads the journal; older entries are read from it in runs. Watch() comes before all else; the
// rest is safe from the threads that step partitions.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "journal/journal.h"
#include "rules/definition.h"

namespace wanmi::runtime {

struct ParsedEntry {
  wanmi::journal::v1::Entry entry;
  // events[c][e] is the e-th event of changes(c).
  std::vector<std::vector<std::unique_ptr<google::protobuf::Message>>> events;
  bool unknown_event = false;  // an event of a kind that this binary does not know
  // One that is not ignorable either; or one of a higher level than it reads, in which a field may
  // be that it would overlook.
  bool stops_listeners = false;
};

// As a binary sees it that reads up to level `reads`.
std::shared_ptr<const ParsedEntry> ParseEntry(std::string_view bytes,
                                              const google::protobuf::Message& event_prototype,
                                              int reads);

class Feed {
 public:
  // One slice that somebody listens to.
  class Tail {
   public:
    // A listener, and how far it is. Written by its own thread, read by any. Until it is opened it
    // takes nothing, and where another process decides that is for ever.
    struct Reader {
      std::atomic<int64_t> taken{0};
      std::atomic<bool> held{true};  // it takes nothing for a reason of its own, however much waits
    };

    // As of the last Refresh() or Offer().
    int64_t last_seq() const { return last_seq_.load(); }
    // Entries that wait for the slowest listener which is not held. Safe from any thread.
    int64_t Backlog() const;
    // For the life of the feed. Before all else, like Watch().
    Reader* AddReader() { return &readers_.emplace_back(); }

   private:
    friend class Feed;
    struct Run {
      int64_t first_seq = 1;
      std::deque<std::shared_ptr<const ParsedEntry>> entries;
      int64_t end() const { return first_seq + static_cast<int64_t>(entries.size()); }
      std::shared_ptr<const ParsedEntry> Find(int64_t seq) const;
      void Add(int64_t seq, std::shared_ptr<const ParsedEntry> entry);
    };
    void Grow(int64_t seq);
    journal::Slice slice_;
    const google::protobuf::Message* event_ = nullptr;  // prototype
    std::atomic<int64_t> last_seq_{0};
    std::deque<Reader> readers_;
    std::mutex mutex_;
    Run recent_;  // handed over; guarded by mutex_
    Run older_;   // read from the journal; guarded by mutex_
  };

  Feed(const journal::Journal& journal, int reads) : journal_(journal), reads_(reads) {}
  // The tail of a slice; the same for all its listeners, for the life of the feed.
  Tail* Watch(const journal::Slice& slice, const google::protobuf::Message& event_prototype);
  // Null if nobody watches it.
  Tail* Find(const journal::Slice& slice);
  // Looks how far each watched slice goes. A slice that cannot be read stays as it was.
  void Refresh();
  // An entry of ours that is durable.
  void Offer(Tail& tail, std::shared_ptr<const ParsedEntry> entry);
  // The first entry of the slice after `after`, or null at its end.
  base::Result<std::shared_ptr<const ParsedEntry>> Next(Tail& tail, int64_t after);

 private:
  const journal::Journal& journal_;
  const int reads_;
  std::map<journal::Slice, Tail> tails_;
};

}  // namespace wanmi::runtime
