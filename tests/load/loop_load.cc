#include "tests/load/loop_load.h"

#include <algorithm>

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{5};
constexpr int kOpenCallsMost = 4'096;

steady_clock::duration Span(double seconds) {
  return std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

LoopLoad::LoopLoad(const std::string& address, const Client& client, const LoopScript& script,
                   int in_flight, double rate)
    : in_flight_(in_flight),
      rate_(rate),
      caller_(address, kDeadline, rate > 0 ? kOpenCallsMost : in_flight),
      player_(
          script, LoopScript::kCalls, [&client] { return client.NowUs(); },
          [this](int64_t number, const LoopCall& call) {
            caller_.Send(number, call.path, *call.who, call.bytes);
          }) {}

base::Status LoopLoad::Play(double seconds) {
  const auto start = steady_clock::now(), until = start + Span(seconds);
  for (int64_t begun = 0; steady_clock::now() < until;) {
    auto next = until;
    if (rate_ > 0) {
      // Intended times stay on their grid: who is late begins at once all that is due.
      auto intended = start + Span(static_cast<double>(begun) / rate_);
      for (; intended <= steady_clock::now();
           intended = start + Span(static_cast<double>(++begun) / rate_))
        player_.Begin(next_++, intended);
      next = std::min(next, intended);
    } else {
      while (player_.in_flight() < static_cast<size_t>(in_flight_))
        player_.Begin(next_++, steady_clock::now());
    }
    RETURN_IF_ERROR(Turn(next));
  }
  return {};
}

base::Status LoopLoad::Drain() {
  const auto until = steady_clock::now() + std::chrono::seconds(60);
  while (player_.in_flight() > 0 && steady_clock::now() < until) RETURN_IF_ERROR(Turn(until));
  return {};
}

base::Status LoopLoad::Turn(Moment next) {
  next = std::min(next, player_.SendDue(steady_clock::now()));
  Caller::Answered answered;
  while (caller_.Next(next, &answered)) {
    player_.Answered(answered.number, answered.status, answered.at);
    next = Moment::min();  // and what else has been answered, without waiting
  }
  return player_.broken();
}

}  // namespace wanmi::demo
