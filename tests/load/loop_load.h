// LoopLoad: keeps loops going in a city of one process or of many, from one thread.
//
// Closed: so many are in flight, each begun when another ends. Open: they begin at fixed times,
// however late we or the city are. A Status is the first refusal that no loop may meet.
#pragma once

#include <string>

#include "tests/load/caller.h"
#include "tests/load/loop_script.h"

namespace wanmi::demo {

class LoopLoad {
 public:
  // `rate`: so many begin each second; 0 = closed. `client` tells the city's time.
  LoopLoad(const std::string& address, const Client& client, const LoopScript& script,
           int in_flight, double rate);

  base::Status Play(double seconds);
  base::Status Drain();  // until all have ended, a minute at most
  Player& player() { return player_; }

 private:
  base::Status Turn(Moment next);

  const int in_flight_;
  const double rate_;
  Caller caller_;
  Player player_;
  int64_t next_ = 0;
};

}  // namespace wanmi::demo
