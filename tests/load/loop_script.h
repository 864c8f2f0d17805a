// LoopScript: the calls of one closed loop, in order. Player: many loops in flight, from one
// thread.
//
// A loop is ordered by a superior, filed and dispatched by white lists, accepted, given feedback,
// passed, checked on site and closed: six commands of people, and the reactions between. What needs
// a reaction is tried until it is there; how long to wait before the first try is learnt, so that
// few are refused. Such refusals are polls, and counted apart from commands.
//
// A Player knows no network: it hands what is to be sent to `send` and is told what was answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "tests/load/moment.h"
#include "tests/load/roster.h"

namespace wanmi::demo {

struct LoopCall {
  const char* path = nullptr;  // "/wanmi.intake.v1.Intake/Report"
  const Who* who = nullptr;
  std::string id;     // of the command
  std::string bytes;  // its serialised message
};

class LoopScript {
 public:
  static constexpr int kCalls = 6;

  // Over all places of both districts that have an inspector. A `source` that no white list files
  // ("self") makes the first call cause nothing else.
  static base::Result<LoopScript> Make(const Roster& roster, uint64_t seed, std::string kind,
                                       std::string source);
  // Call 0 … 5 of a loop, taken at this city time. `who` lives as long as the script.
  LoopCall Call(int64_t number, int call, int64_t now_us) const;
  // Whether it needs another service's reaction to the call before.
  static bool Waits(int call) { return call == 1 || call >= 3; }

 private:
  struct Place {
    common::v1::Point point;
    Who inspector, clerk;
  };
  uint64_t seed_ = 0;
  std::string kind_, source_;
  std::vector<Place> places_;
  Who acceptor_, dispatcher_, shift_leader_;
};

class Player {
 public:
  using Send = std::function<void(int64_t number, const LoopCall& call)>;
  // Plays the first `calls` calls of the script. `city_now_us` is asked when a call is made.
  Player(const LoopScript& script, int calls, std::function<int64_t()> city_now_us, Send send)
      : script_(script), calls_(calls), now_us_(std::move(city_now_us)), send_(std::move(send)) {}

  // `intended` is when it should begin: latency counts from there, however late we are.
  void Begin(int64_t number, Moment intended);
  void Answered(int64_t number, const base::Status& status, Moment at);
  // Sends what is due and says when the next is; time_point::max() if nothing waits.
  Moment SendDue(Moment now);

  size_t in_flight() const { return loops_.size(); }
  int64_t closed() const { return closed_; }
  int64_t commands() const { return static_cast<int64_t>(command_ms_.size()); }
  int64_t polls() const { return polls_; }      // refused since a reaction was still on its way
  int64_t put_off() const { return put_off_; }  // told to try again later
  const base::Status& broken() const { return broken_; }     // the first refusal that is neither
  std::vector<double>& command_ms() { return command_ms_; }  // of those told Ok
  std::vector<double>& loop_ms() { return loop_ms_; }

 private:
  struct Loop {
    Moment begun, ready, intended;  // of the loop; since when a call could be made; of the call
    LoopCall call;
    int at = 0;  // which call
    int tries = 0;
  };
  using Due = std::pair<Moment, int64_t>;
  void Next(int64_t number, Loop& loop, Moment now);
  void Later(int64_t number, Loop& loop, Moment at);

  const LoopScript& script_;
  const int calls_;
  const std::function<int64_t()> now_us_;
  const Send send_;
  std::unordered_map<int64_t, Loop> loops_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  double wait_ms_[LoopScript::kCalls] = {1, 1, 1, 1, 1, 1};
  int64_t closed_ = 0, polls_ = 0, put_off_ = 0;
  base::Status broken_;
  std::vector<double> command_ms_, loop_ms_;
};

}  // namespace wanmi::demo
