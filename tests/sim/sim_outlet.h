// SimOutlet: the world that messages go to, as one that wants to know what came, how and when.
//
// Attempts fail by the seed, singly and in rows (an outage); some arrive and the answer is lost, or
// the process dies with it. While a message is on its way the city goes on. Used by one thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/outlet.h"
#include "testkit/random.h"

namespace wanmi::sim {

class SimOutlet final : public runtime::Outlet {
 public:
  // Who sends, and what the city had had in doubt by then, see World::doubts(). Who sends twice
  // although nothing was in doubt between is wrong; two who believe to own the same may both send.
  struct Moment {
    std::string sender;
    int64_t doubts = 0;
    bool operator==(const Moment&) const = default;
  };
  struct Attempt {
    std::string id, to, text_key;
    bool arrived = false;  // the far side has it
    bool told_ok = false;  // and the sender knows
    Moment moment;
  };

  SimOutlet(testkit::Random& random, std::function<Moment()> moment)
      : random_(random), moment_(std::move(moment)) {}

  base::Status Send(const std::string& id, const runtime::rows::PendingNotice& notice) override;

  void set_faulty(bool faulty) { faulty_ = faulty; }
  void set_meanwhile(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }
  const std::vector<Attempt>& attempts() const { return attempts_; }

 private:
  testkit::Random& random_;
  const std::function<Moment()> moment_;
  std::function<void()> meanwhile_;
  bool faulty_ = false;
  int outage_left_ = 0;  // attempts that still fail
  std::vector<Attempt> attempts_;
};

}  // namespace wanmi::sim
