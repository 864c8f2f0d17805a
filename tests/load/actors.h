// Actors: the people and programs of the city's closed loop. Each is played by one thread at a
// time.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "tests/load/stage.h"

namespace wanmi::demo {

// The reports of one day, spread evenly over its hours.
class Day {
 public:
  void Open(int64_t first, int64_t count, int64_t opens_us, int64_t closes_us);
  // The number of a report that is due by now, each once; -1 if there is none yet.
  int64_t Take(int64_t now_us);
  int64_t taken() const;
  int64_t count() const;

 private:
  mutable std::mutex mutex_;
  int64_t first_ = 0, count_ = 0, taken_ = 0;  // mutex_
  int64_t opens_us_ = 0, closes_us_ = 1;       // mutex_
};

// What the sensor gateway knows of one device.
struct Meter {
  std::mutex mutex;
  bool low = false;     // an alarm is open
  int64_t last_us = 0;  // of the last reading
};

// Everybody who tells the centre of something. Registers the devices that the city has not.
std::unique_ptr<Actor> MakeReporter(Stage& stage, Day& day,
                                    std::vector<std::unique_ptr<Meter>>& meters);
base::Status RegisterDevices(Client& client, const Roster& roster);

// An acceptor with the shift leader: what becomes of the reports of this share of `shares`.
std::unique_ptr<Actor> MakeDesk(Stage& stage, uint64_t share, uint64_t shares);
// The shift leaders: closing, voids, urging.
std::unique_ptr<Actor> MakeClosingDesk(Stage& stage);
// Inspectors, team leaders and the desk: the checks of these posts.
std::unique_ptr<Actor> MakeInspectors(Stage& stage, std::vector<std::string> posts);
// The command centre: what waits for a unit, and what waits at the feedback gate.
std::unique_ptr<Actor> MakeDispatcher(Stage& stage);
std::unique_ptr<Actor> MakeFeedbackGate(Stage& stage);
// The clerk and the crew of these units.
std::unique_ptr<Actor> MakeDepartments(Stage& stage, std::vector<std::string> units);

common::v1::Evidence MakePicture(const Stage& stage, const common::v1::Point& point, const Who& who,
                                 std::string_view about, int64_t taken_at_us);

}  // namespace wanmi::demo
