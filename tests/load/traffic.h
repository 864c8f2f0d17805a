// Traffic: a light load on a city of many processes and, for each partition of the loop's services,
// a client that always has one command under way: what is refused or lost is sent again after 10 ms
// under the same id, what is answered is followed by the next after 10 ms.
//
// So a partition's pause is as long as its client waited. In intake the commands are reports, whose
// entries are durable before they are answered; elsewhere they are about cases that are not there,
// which only who decides the partition can say. Runs on a thread of its own; safe from any thread.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/load/caller.h"
#include "tests/load/loop_script.h"

namespace wanmi::demo {

class Traffic {
 public:
  using Slot = std::pair<std::string, int>;           // service, partition
  static const std::vector<std::string>& Services();  // that have such clients

  static base::Result<std::unique_ptr<Traffic>> Start(const std::string& address,
                                                      const Client& client, const Roster& roster,
                                                      int partitions, uint64_t seed, double rate);
  ~Traffic();

  // When a command for the slot was answered that was sent after `since`; max() if none was yet.
  Moment ServedSince(const Slot& slot, Moment since) const;
  // Waits for that; DEADLINE_EXCEEDED names the slot.
  base::Result<Moment> AwaitServed(const Slot& slot, Moment since, std::chrono::seconds most) const;
  // The longest that a client of these slots waited for an answer, of those that waited at any time
  // between the two moments.
  double LongestWaitMs(const std::vector<Slot>& slots, Moment from, Moment to) const;
  std::vector<double> WaitsMs() const;  // of all clients of partitions
  std::vector<Slot> slots() const;

  // Ends it. The first refusal that nothing should have met.
  base::Status Stop();
  // Sends every command again that was told Ok, and counts those that are told something else than
  // the first time: the entry is not there any more, or not where it was said to be.
  struct Told {
    int64_t commands = 0, differ = 0;
    std::string first;  // of those
  };
  base::Result<Told> SendAllAgain();

 private:
  struct Probe {
    Slot slot;
    LoopCall call;
    Moment first{}, last{}, next{};  // sent first, and last; when it is due
    bool under_way = false, again = false;
    int64_t number = 0;  // of the last call of its partition
  };
  struct Answer {
    size_t probe;
    Moment first, sent, at;  // sent first, and last
  };
  struct Kept {
    LoopCall call;
    common::v1::Receipt receipt;
  };

  Traffic(const std::string& address, const Client& client, LoopScript load, LoopScript probes,
          int partitions, double rate);
  void Run(const std::stop_token& stop);
  Moment SendProbes(Moment now);
  void MakeProbe(Probe& probe);
  void Keep(const LoopCall& call, const Caller::Answered& answered);
  void Answered(const Caller::Answered& answered);
  void AnsweredProbe(Probe& probe, const Caller::Answered& answered);

  const Client& client_;
  const LoopScript load_, script_;
  const int partitions_;
  const double rate_;
  Caller caller_;
  Player player_;
  std::vector<Probe> probes_;
  std::unordered_map<int64_t, LoopCall> under_way_;  // of the load
  std::vector<Kept> kept_;
  base::Status broken_;
  mutable std::mutex mutex_;
  std::vector<Answer> answers_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace wanmi::demo
