// Partition: one slice of a journal with its rows, stepped by one thread at a time.
//
// A step is Prepare() → the host appends all partitions' batches with one sync → it commits to each
// store what ToCommit() gives → Finish(). Nothing is answered before, and nothing committed before
// the append. After any doubt the partition is closed;
// Open() fences, replays the rest and goes on: there is no other recovery.
//
// Offer() is safe from any thread; everything else is for the thread of its lane.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/partition.h"
#include "base/time.h"
#include "journal/journal.h"
#include "rules/definition.h"
#include "runtime/city.h"
#include "runtime/families.h"
#include "runtime/feed.h"
#include "runtime/input_mark.h"
#include "runtime/kinds.h"
#include "runtime/metrics.h"
#include "runtime/request.h"
#include "runtime/streams.h"
#include "store/store.h"

namespace wanmi::runtime {

// Where a reader of a slice that is as far as `seq` may begin: see journal::Journal::HintAt. Only a
// cache.
struct Hint {
  journal::Slice slice;
  int64_t seq = 0;
  std::string hint;
};

// Where a partition finds everything outside itself. The host owns all of it.
struct Surroundings {
  const City& city;
  journal::Journal& journal;
  store::Store& store;
  Feed& feed;
  const base::Clock& clock;
  const base::Rows& directory;  // reference rows, as committed
  rules::Documents& documents;  // of the rulebook
  const base::Rows& rulebook;
  std::string instance;  // of this process, new at every start
  std::string address;
  std::string mark_file;              // of inputs being taken after an unclean end; empty = none
  bool unclean = false;               // the process before ended without closing
  size_t inbox_max = 64;              // commands that may wait
  int64_t backlog_max = 1'024;        // entries that may wait for a listener in this process
  RuntimeMetrics* metrics = nullptr;  // may be null
  int reads = kReadsLevel;
  base::Span lead{0};
  std::span<const Hint> hints = {};  // of other processes
};

class Partition {
 public:
  Partition(const rules::Definition& definition, int index, Surroundings surroundings);

  const journal::Slice& slice() const { return slice_; }
  // RESOURCE_EXHAUSTED when the inbox is full; then the answer is not called.
  base::Status Offer(Request request);
  // What Offer() would say now, without a request: safe from any thread.
  base::Status HasRoom() const;

  // Answers everything in the inbox with this: nothing of it was taken.
  void RefuseWaiting(const base::Status& status);

  // Fences, replays, and writes the genesis of an empty slice. FAILED_PRECONDITION and DATA_LOSS
  // are for an operator; UNAVAILABLE may pass.
  base::Status Open();
  bool open() const { return open_.load(); }  // safe from any thread
  // Folds what our slice has that the store has not, and has the journal read it on from there.
  // True if there was something.
  base::Result<bool> Follow();
  // Has the journal read what this partition listens to, from its cursors: after Follow() of all
  // partitions.
  base::Status FollowUpstreams();
  // Until what is followed was seen to its end: whoever decides before would wait there.
  void AwaitFollowed(std::chrono::steady_clock::time_point until);
  // Where a reader may begin that is as far as our store. Safe from any thread.
  std::vector<Hint> Hints() const;
  // Folds what others appended to our slice. True if there was something.
  base::Result<bool> FoldNew();
  // The last fold met what this binary does not read.
  bool outgrown() const { return outgrown_; }
  // FAILED_PRECONDITION if what is folded is of another journal, or of another incarnation.
  base::Status CheckFolded() const;
  // Takes no more inputs: another process has it, or will. What waits is refused with `why`.
  void Close(const base::Status& why);
  // Folds the journal into the store without fencing, up to and with `until` (nothing = its end):
  // for a rebuild beside a running owner.
  base::Status FoldOnly(std::optional<int64_t> until);

  // Takes inputs. True if there is a step to finish; batch() may be empty all the same.
  bool Prepare();
  // Inputs that the last Prepare() took, also those that gave nothing to finish.
  int inputs_taken() const { return inputs_taken_; }
  const journal::Batch& batch() const { return step_.batch; }
  // What the store is to be told once the batch is appended; null if nothing.
  const store::Changes* ToCommit();
  void Finish(const journal::Appended& appended, const base::Status& committed);
  // What became of messages, and a mark if cursors moved silently: on graceful close. Prepares a
  // step like Prepare().
  bool PrepareMark();

  // Whether a step would take anything. Upstreams as of the feed's last Refresh().
  bool HasWork() const;
  // Committed seq; safe from any thread.
  int64_t seq() const { return committed_seq_.load(); }
  int64_t epoch() const { return writer_.epoch; }
  base::Time last_at() const { return base::FromMicros(last_at_us_.load()); }  // likewise
  size_t inbox_size() const;
  // How far each upstream was taken as of the last step, and how far it goes. Safe from any thread.
  struct Cursor {
    journal::Slice upstream;
    int64_t taken = 0;
    int64_t end = 0;
  };
  std::vector<Cursor> Cursors() const;
  // Streams that the last finished step changed, for memory views.
  const std::set<std::string>& touched() const { return touched_; }
  // Messages to the world that wait, oldest first; the host sends them and offers Delivered. None
  // while what became of the last ones is not yet written, so that nothing is sent twice.
  struct Pending {
    int64_t seq;
    int index;
    rows::PendingNotice notice;
  };
  std::vector<Pending> PendingNotices(int most);
  void Delivered(std::vector<wanmi::journal::v1::Delivery> deliveries);

 private:
  using Message = google::protobuf::Message;
  using Entry = wanmi::journal::v1::Entry;

  // One input while it is being decided: its writes and its entry, dropped as one.
  struct Input {
    Input(const base::Rows& below, int partition, const rules::Definition& definition,
          Streams& warm)
        : rows(below, partition),
          streams(definition, &warm),
          made(std::make_shared<ParsedEntry>()) {}
    Entry& entry() { return made->entry; }
    store::Overlay rows;
    Streams streams;
    std::shared_ptr<ParsedEntry> made;
    int events = 0;
    bool under_list = false;  // the entry's actor is who signed a white list, and not the system
    std::string number;       // readable number that an event gave
    std::set<std::string> touched;
  };
  struct Step {
    journal::Batch batch;
    std::vector<std::shared_ptr<const ParsedEntry>> made;  // the batch's entries, for the feed
    std::unique_ptr<store::Overlay> rows;
    rows::Position position;
    std::vector<std::function<void(const base::Status& doubt)>> answers;
    std::set<std::string> touched;
    size_t bytes = 0;
    int inputs = 0;
  };
  struct Upstream {
    journal::Slice slice;
    const rules::Listener* listener = nullptr;
    Feed::Tail* tail = nullptr;
    int64_t taken = 0;    // in memory; written with the next entry
    int64_t written = 0;  // in the last entry that has it
    int silent = 0;       // entries with events that caused nothing since the last entry
    std::chrono::steady_clock::time_point held_until{};
    Feed::Tail::Reader* shown = nullptr;  // what other threads see of this
  };

  // open.cc
  using Reading = std::function<base::Status(const journal::Journal::Visitor&)>;
  base::Status Replay(int64_t last_seq);
  // Folds what `read` visits, up to and with `until` (nothing = all of it). `much`: it is known to
  // be. Whatever comes of it, the position is the store's.
  base::Status Fold(bool much, std::optional<int64_t> until, const Reading& read);
  base::Status FoldAndCommit(bool much, std::optional<int64_t> until, const Reading& read);
  base::Result<bool> Folded(const base::Status& status);
  std::string BestHint(const journal::Slice& slice, int64_t seq) const;
  base::Status FoldParsed(base::RowWriter& rows, Streams& streams, const ParsedEntry& parsed,
                          std::string_view bytes, std::set<std::string>* touched);
  base::Status LoadPosition();
  base::Status CheckEnd(int64_t last_seq) const;
  base::Status CheckIncarnation() const;
  void RememberHints(base::RowWriter& rows) const;
  base::Status CheckGenesis(const wanmi::journal::v1::Genesis& genesis) const;
  base::Status AppendGenesis();
  void RestoreCursors();

  // step.cc: which inputs, in which order
  void BeginStep();
  void TakeRequests();
  void TakeUpstreams();
  void TakeTimers();
  bool Full() const;
  bool ReadsEnough() const;  // to decide at the level that the city has now
  // Answers all that the step took, as not decided, and closes.
  void Drop(const base::Status& why);
  void TakeRequest(Request& request);
  base::Status RoomFor(size_t waiting) const;
  common::v1::Receipt ReceiptAt(int64_t seq, const std::string& stream) const;
  bool TakeUpstreamEntry(Upstream& upstream, const ParsedEntry& parsed, int64_t retry_of);
  bool React(const Upstream& upstream, const ParsedEntry& parsed,
             const wanmi::journal::v1::Cause& cause, std::optional<Input>& input);
  bool TakeTimer(base::Time due, std::string_view stream);
  void ShowPosition();  // to whoever asks how far we are
  void Committed();
  void LookAnew(const base::Status& why);
  void LookAtChanges();
  void TakeDeliveries();
  base::Status RetryParked(int64_t seq);
  void ShowTaken();
  void ClearMark();
  bool AlreadyMarked(const wanmi::journal::v1::Cause& cause);

  // decide.cc: one input to one entry
  base::Status Decide(Input& input, std::string_view stream, const Message& command);
  void Fold(Input& input, std::string_view stream, std::vector<std::unique_ptr<Message>> events);
  // Gives the input its place in the step.
  void Seal(Input& input);
  void Park(wanmi::journal::v1::Cause cause, const std::string& reason);
  Input NewInput(const common::v1::Actor& actor, wanmi::journal::v1::Cause cause);
  common::v1::Actor SystemActor() const;

  // fold.cc: shared by live and replay
  void FoldChange(base::RowWriter& rows, Streams& streams, const Entry& entry, int first_index,
                  std::string_view stream, const std::vector<std::unique_ptr<Message>>& events,
                  std::string* number, std::set<std::string>* touched);
  void FoldRest(base::RowWriter& rows, Streams& streams, const Entry& entry,
                const std::string& number);
  // The place in the chain and the cursors after `entry`, whose stored bytes are `bytes`.
  static void MovePosition(rows::Position& position, const Entry& entry, std::string_view bytes);

  base::Time Now() const;

  const rules::Definition& definition_;
  const int index_;
  const journal::Slice slice_;
  const Kinds kinds_;
  const Surroundings around_;
  const store::PartitionRows stored_;

  mutable std::mutex inbox_mutex_;
  std::deque<Request> inbox_;  // guarded by inbox_mutex_

  // The lane's own.
  std::atomic<bool> open_{false};
  bool outgrown_ = false;
  std::atomic<int64_t> last_at_us_{0};
  journal::Writer writer_;
  rows::Position position_;
  std::atomic<int64_t> committed_seq_{0};
  std::vector<Upstream> upstreams_;
  std::optional<base::Time> next_due_;  // no timer is due before it
  std::chrono::steady_clock::time_point timers_held_until_{};
  // Messages that wait, by key, as stored: all there are if outbox_whole_, else the first of them.
  std::map<std::string, std::string> outbox_;
  bool outbox_whole_ = false;
  std::atomic<Feed::Tail*> own_tail_{nullptr};  // where listeners to us look; null = nobody does
  Step step_;
  Streams warm_;  // as the step's rows have them
  int inputs_taken_ = 0;
  std::set<std::string> touched_;
  std::vector<wanmi::journal::v1::Delivery> deliveries_;
  std::unique_ptr<InputMark> mark_;
};

}  // namespace wanmi::runtime
