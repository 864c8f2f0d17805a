// Stage: what all actors share, and the pool of threads that plays them.
//
// An actor is one desk, post or department; it is played by one thread at a time, turn after turn.
// In a turn it looks at its lists, as its user does, and acts on what it finds. What befalls a
// thing is drawn from the seed and the thing's id.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/load/chance.h"
#include "tests/load/client.h"
#include "tests/load/roster.h"

namespace wanmi::demo {

// How often each branch was taken, and each refusal heard. Safe from any thread.
class Tally {
 public:
  void Count(const std::string& what);
  std::map<std::string, int64_t> counts() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> counts_;  // mutex_
};

struct Stage {
  uint64_t seed;
  Client& client;
  const Roster& roster;
  Tally branches;
  Tally refusals;
  std::atomic<bool> draining = false;  // nobody waits or leaves a thing undone any more
  std::atomic<int64_t> acts = 0;       // commands that were told Ok

  double Draw(std::string_view id, std::string_view question) const {
    return Roll(seed, id, question);
  }
  // Gives a command and counts it under `branch` if it is told Ok.
  bool Act(const std::string& branch, const std::string& path, const Who& who,
           const google::protobuf::Message& command);
};

class Actor {
 public:
  virtual ~Actor() = default;
  virtual void Turn() = 0;
};

class Troupe {
 public:
  ~Troupe() { Rest(); }
  void Add(std::unique_ptr<Actor> actor) { actors_.push_back({std::move(actor), {}, false}); }
  // Plays on `threads` threads until Rest: each actor has a turn at most every `period`.
  void Play(int threads, std::chrono::milliseconds period);
  void Rest();  // waits for the turns that are being played

 private:
  struct Role {
    std::unique_ptr<Actor> actor;
    std::chrono::steady_clock::time_point next;
    bool playing;
  };
  void Loop(std::chrono::milliseconds period);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Role> actors_;  // mutex_, but for the actor of a role that is playing
  bool resting_ = true;       // mutex_
  std::vector<std::thread> threads_;
};

// Asks page after page, and gives each row to `each`.
template <class Page, class List, class Row, class Each>
void ForEach(Stage& stage, const std::string& path, const Who& who, List list,
             const google::protobuf::RepeatedPtrField<Row>& (Page::*rows)() const, Each each) {
  list.mutable_page()->set_size(200);
  do {
    Page page;
    if (const auto status = stage.client.Ask(path, who, list, &page); !status.ok()) {
      stage.refusals.Count(path + ": " + status.ToString());
      return;
    }
    for (const auto& row : (page.*rows)()) each(row);
    list.mutable_page()->set_token(page.next());
  } while (!list.page().token().empty());
}

}  // namespace wanmi::demo
