// Town: the processes that a city is made of while it is played in: one, or a cluster. One thread
// calls it, but for Strike().
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "server/peers.h"

namespace wanmi::demo {

class Roster;

class Town {
 public:
  virtual ~Town() = default;
  // With its clock at `start_at`, going `rate` times as fast as ours. Waits until it is ready.
  virtual base::Status Start(const std::string& start_at, double rate, bool as_shipped) = 0;
  virtual base::Status Stop() = 0;  // in order
  // As clients name it: server::Peers::Parse.
  virtual std::string address() const = 0;
  // What its clients show; empty = nothing.
  virtual server::TlsFiles tls() const { return {}; }
  virtual std::string name() const = 0;
  // SIGKILL: to the city, or to one process of it. From any thread.
  virtual void Strike() = 0;
  // Afterwards: all there is runs again.
  virtual base::Status Recover(const std::string& start_at, double rate) = 0;
  // While a day is played: faults of its own, if it was told to have some, until Calm().
  virtual void Trouble() {}
  virtual base::Status Calm() { return {}; }
  // Whether it goes over to the next version while it is at work; and it does.
  virtual bool upgrades() const { return false; }
  virtual base::Status Upgrade() { return {}; }
  // At the end, when nobody else asks for anything any more: reads with tokens, as people of
  // `roster`; then that nothing is at odds.
  virtual base::Status ExamineTokens(const Roster&) { return {}; }
  virtual base::Status Examine() { return {}; }
  virtual void Release() {}  // it goes on without us
  virtual std::string metrics() const { return {}; }
};

// `wanmi-city` in a folder of its own; with a planted bug if there is a mutant.
std::unique_ptr<Town> OneProcess(const std::string& binaries, const std::string& folder,
                                 const std::string& mutant, bool keep);

}  // namespace wanmi::demo
