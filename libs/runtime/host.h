// Host: the services of one city in one process: their partitions, stores and lanes.
//
// Partitions are dealt out to *lanes*; one thread steps all of a lane: a round takes a step of
// every partition that has work and appends them with one sync. Lanes share nothing but the
// journal, the stores and the feed, so that one works while another waits for the disk. Tests have
// one lane and call Pump() themselves, so that a whole city runs in one thread, from a seed.
// Offer(), Ask() and the other reads are safe from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "journal/journal.h"
#include "rules/definition.h"
#include "runtime/lag_clock.h"
#include "runtime/metrics.h"
#include "runtime/outlet.h"
#include "runtime/ownership.h"
#include "runtime/partition.h"

namespace wanmi::runtime {

struct HostOptions {
  std::string instance;  // new at every start
  std::string address;
  std::string mark_folder;  // for inputs that kill the process; empty = none
  bool unclean = false;     // the process before did not close
  // Opens the store of a service; called once per service.
  std::function<base::Result<std::unique_ptr<store::Store>>(const rules::Definition&)> open_store;
  // Makes everything durable that an append relies on (new keys): called before each append.
  std::function<base::Status()> before_append;
  // Reference rows from elsewhere (fixtures); null = of the directory and rulebook served here.
  const base::Rows* directory = nullptr;
  const base::Rows* rulebook = nullptr;
  // Whether there is room to write. If not, commands are refused with what it says, and the lanes
  // rest: they take no input, no timer and no message. Asked often, by any thread; empty = yes.
  std::function<base::Status()> room;
  // Called before anybody is told that an append is in doubt, when a store could not be written,
  // and when a partition cannot be opened again, by any lane: what a process does that would rather
  // end and look anew (docs/adr/0009). Empty = go on.
  std::function<void(const std::string& why)> in_doubt;
  Outlet* outlet = nullptr;           // null = nothing is sent and nothing waits
  RuntimeMetrics* metrics = nullptr;  // may be null
  // Commands that may wait for one partition: some 50 ms of work. What would wait longer is better
  // told at once when to come back.
  size_t inbox_max = 64;
  // Entries of a partition that may wait for a listener of this process before new commands for it
  // are refused: about a second of work, so that a city is itself again soon after a rush.
  int64_t backlog_max = 1'024;
  int reads = kReadsLevel;  // the highest level of a city that is read and written here
  // From the publishing of a document to its effect, city time: kLead × the clock's rate where
  // several processes share the city.
  base::Span lead{0};
  int lanes = 1;  // threads that step partitions; at most one a partition
  // Where several processes serve one service: which partitions are ours to own, for now. All
  // others are folded as they grow. Null = we own all there is.
  Ownership* ownership = nullptr;
  // Services whose journals are only folded here, for the reference rows and what they answer.
  std::set<std::string> only_followed = {};
  // Where slices may be read from, as another process knows it: see Hints().
  std::vector<Hint> hints = {};
  // A query of a service that is not served here; empty = it cannot be had.
  std::function<base::Status(std::string_view service, std::string_view method,
                             const Behalf& behalf, const google::protobuf::Message& request,
                             google::protobuf::Message* response)>
      ask_elsewhere = {};
};

// The service whose rows hold the documents that every decision reads.
inline constexpr std::string_view kRulebook = "rulebook";

class Host {
 public:
  Host(City city, std::vector<rules::Definition> definitions, journal::Journal& journal,
       const base::Clock& clock, HostOptions options);
  ~Host();

  // Opens every partition. A status here is for an operator: nothing runs.
  base::Status Open();
  // Folds every journal into the stores without fencing anybody, up to and with the seqs of `until`
  // (a slice that it lacks: to its end), then only serves reads.
  base::Status Fold(const std::map<journal::Slice, int64_t>& until = {});
  // One round of each lane. True if anything was done. Not once Start() was called.
  bool Pump();
  void Start();
  // Stops every lane after its round, writes marks: a graceful end.
  void Stop();

  const City& city() const { return city_; }
  const base::Clock& clock() const { return clock_; }
  // The city's, as of the last round; and what this process reads.
  int level() const { return level_; }
  int reads() const { return options_.reads; }
  const rules::Definition* Find(std::string_view service) const;
  std::vector<std::string> services() const;

  // RESOURCE_EXHAUSTED while nothing may be written.
  base::Status Room() const { return options_.room ? options_.room() : base::Status(); }
  // UNAVAILABLE if its partition is not open, RESOURCE_EXHAUSTED if its inbox is full.
  base::Status Offer(std::string_view service, Request request);
  // What Offer() would say of a command for `stream` now: asked before the work of preparing it.
  base::Status HasRoom(std::string_view service, std::string_view stream) const;
  // Who decides about `stream`, if that is another process as far as the journal tells; UNAVAILABLE
  // if nobody does now. Empty = we do.
  base::Result<std::string> OwnerElsewhere(std::string_view service, std::string_view stream) const;
  // The same of a partition. INVALID_ARGUMENT if the service has no such one.
  base::Result<std::string> OwnerElsewhere(std::string_view service, int partition) const;
  base::Result<std::unique_ptr<google::protobuf::Message>> Ask(
      std::string_view service, std::string_view method,
      const google::protobuf::Message& request) const;
  // The same, wherever the service is served.
  base::Status AskAnywhere(std::string_view service, std::string_view method, const Behalf& behalf,
                           const google::protobuf::Message& request,
                           google::protobuf::Message* response) const;
  // Waits until what the token saw of this service is here. See §3 for the codes.
  base::Status Await(std::string_view service, const std::string& token,
                     std::chrono::milliseconds most);
  std::string TokenNow(std::string_view service) const;
  // Whether this process decides any partition, as far as the journal tells.
  bool DecidesAny() const;
  // Every partition is open, there is room to write, this process reads the city's level, and the
  // clock is not behind the journal.
  base::Status Ready() const;

  // Sets the gauges that are looked at and not counted: lag, inboxes, parked, the services' own;
  // and leaves ownership to others while this process is far behind. By one thread, once a second.
  void Observe();

  // ---- for operators ----
  struct HistoryEntry {
    std::string service;
    int partition;
    std::shared_ptr<const ParsedEntry> parsed;
  };
  // What happened to everything under one root, over all services here, in order of recorded time.
  base::Result<std::vector<HistoryEntry>> History(std::string_view id) const;
  struct ParkedEntry {
    std::string service;
    int partition;
    int64_t seq;
    rows::ParkedInput input;
  };
  std::vector<ParkedEntry> Parked(int most) const;
  // SHA-256 over every row of a service: equal for equal views.
  std::string Digest(std::string_view service) const;
  // The same as of one moment, with the seqs that the rows are of: for a rebuild to compare with.
  struct DigestAt {
    std::string digest;
    std::map<journal::Slice, int64_t> seqs;
  };
  DigestAt DigestNow(std::string_view service) const;
  const base::Rows& RowsOf(std::string_view service) const;  // merged
  bool IsOpen(std::string_view service, int partition) const;
  int64_t SeqOf(std::string_view service, int partition) const;
  // Where a process that folds the same services may begin to read what they listen to.
  std::vector<Hint> Hints() const;
  journal::Journal& journal() const { return journal_; }
  // The resolved actor of a person in a post, now.
  base::Result<common::v1::Actor> ResolveActor(std::string_view person,
                                               std::string_view post) const;

 private:
  struct Served {
    rules::Definition definition;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<base::Rows> all;
    std::vector<std::unique_ptr<base::Rows>> each;  // by partition
    std::mutex memory_mutex;                        // one lane at a time writes the memory view
    std::unique_ptr<rules::MemoryView> memory;
    std::vector<std::unique_ptr<Partition>> partitions;
  };
  class ServedViews;
  struct Backoff {
    std::chrono::steady_clock::time_point until{};
    int tries = 0;
    int64_t closed_at_look = 0;  // see Ownership::Assigned
  };
  using PartitionAt = std::pair<Served*, size_t>;
  // What one thread steps.
  struct Lane {
    std::vector<PartitionAt> partitions;  // in order of their services
    std::unique_ptr<rules::Documents> documents;
    int64_t rulebook_seen = -1;  // see rulebook_changes_
    std::map<const Partition*, Backoff> backoffs;
    std::map<const Partition*, std::chrono::steady_clock::time_point> sending_held;
    std::map<const Partition*, std::chrono::steady_clock::time_point> folding_held;
    std::mutex wake_mutex;
    std::condition_variable_any wake;  // the thread rests here
    bool woken = false;                // guarded by wake_mutex
    std::jthread thread;
  };

  base::Status MakePartitions();
  void MakeLanes(const base::Rows& rulebook);
  base::Status InLanes(const std::function<base::Status(Served&, size_t)>& work);
  int PartitionFor(const Served& served, std::string_view stream) const;
  // INVALID_ARGUMENT if it has no such partition.
  base::Status HasPartition(const Served& served, int partition) const;
  Lane& LaneOf(size_t partition) { return *lanes_[partition % lanes_.size()]; }
  void Run(Lane& lane, std::stop_token stop);
  static void Wake(Lane& lane);
  // host.cc: opening; round.cc: a round of a lane
  // False, and whoever waits is refused, while there is no room.
  bool MayWrite(Lane& lane);
  // follow.cc: partitions that others own, or may come to own
  base::Status FollowAll();
  bool OwnsAll() const { return !options_.ownership && options_.only_followed.empty(); }
  bool IsDeposed(const Partition& partition) const;
  bool IsOurs(const Served& served, size_t partition, const Ownership::Assigned& assigned) const;
  // What is not ours is closed and folded, what is ours is opened. True if anything was done.
  bool Turn(Lane& lane, Served& served, size_t partition, const Ownership::Assigned& assigned);
  bool FoldNew(Lane& lane, Served& served, size_t partition);
  void NoteFolded(const Partition& partition, const base::Status& status);
  base::Status WhyNotFolded(const Partition& partition) const;
  // FAILED_PRECONDITION while the city is at a higher level than this process reads. It then opens
  // nothing and closes what is open.
  base::Status ReadsEnough() const;
  void LookAtLevel(Lane& lane);
  base::Status LearnLevel();
  base::Status DecidedHere(const Partition& partition) const;
  base::Status ReferencesAreFresh() const;
  base::Status FollowsClosely(const Partition& partition) const;
  base::Status FollowsAllClosely() const;
  void LookWhetherWilling();
  void Reopen(Lane& lane, Served& served, size_t partition);
  bool Round(Lane& lane);
  bool AppendAndFinish(const std::vector<PartitionAt>& steps);
  std::vector<journal::Appended> Append(const std::vector<journal::Batch>& batches);
  void FinishOne(Served& served, size_t p, const journal::Appended& appended,
                 const base::Status& committed);
  bool SendNotices(Lane& lane);
  bool SendNoticesOf(Lane& lane, Served& served, Partition& partition);
  void ObserveCursors(const Served& served, std::chrono::steady_clock::time_point now);
  const Served* FindServed(std::string_view service) const;
  base::Result<const Served*> ServedHere(std::string_view service) const;  // or UNIMPLEMENTED
  int PartitionsOf(const Served& served) const {
    return static_cast<int>(served.partitions.size());
  }

  const City city_;
  journal::Journal& journal_;
  const base::Clock& clock_;
  const HostOptions options_;
  Feed feed_;
  base::MapRows no_rows_;
  std::vector<std::unique_ptr<Served>> served_;  // constant after Open()
  std::atomic<int64_t> rulebook_changes_{0};     // counted, so that each lane looks anew
  std::atomic<int> level_{1};                    // never falls
  std::vector<std::unique_ptr<Lane>> lanes_;

  mutable std::mutex not_folded_mutex_;
  std::map<const Partition*, base::Status> not_folded_;  // and why; guarded by not_folded_mutex_

  // Of who calls Observe().
  bool willing_ = true;
  std::chrono::steady_clock::time_point followed_closely_at_{};
  // By listener and upstream.
  std::map<std::pair<journal::Slice, journal::Slice>, LagClock> lag_clocks_;
  std::chrono::steady_clock::time_point count_rows_at_{};

  std::mutex commit_mutex_;
  std::condition_variable committed_;  // token waiters wait here, with commit_mutex_
};

}  // namespace wanmi::runtime
