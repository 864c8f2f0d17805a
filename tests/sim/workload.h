// Workload: people at work in the simulated city. Each Act() is one person doing one thing that the
// lists show, rarely the wrong thing.
#pragma once

#include "world.h"

namespace wanmi::sim {

// Stands in everything that people say and that must be sealed.
inline constexpr std::string_view kPersonalWords = "said in confidence";

class Workload {
 public:
  explicit Workload(World& world) : world_(world) {}
  void Act();
  int64_t acts() const { return acts_; }

 private:
  void NewReport();
  void Desk();  // answer, refuse, join, check, file, urgent
  void Inspect();
  void Dispatch();
  void Dispose();
  void Close();
  void Void();
  void Urge();
  void Sense();

  World& world_;
  int64_t acts_ = 0;
  int reports_ = 0;
};

// Some days of the city: people at work, crashes, a clock that runs, leaps and goes back.
void RunCity(World& world);

}  // namespace wanmi::sim
