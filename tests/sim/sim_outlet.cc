#include "sim_outlet.h"

#include "testkit/faulty_journal.h"

namespace wanmi::sim {

base::Status SimOutlet::Send(const std::string& id, const runtime::rows::PendingNotice& notice) {
  Attempt& attempt = attempts_.emplace_back();
  attempt.id = id;
  attempt.to = notice.to();
  attempt.text_key = notice.text_key();
  attempt.moment = moment_();
  if (!faulty_) {
    attempt.arrived = attempt.told_ok = true;
    return {};
  }
  if (outage_left_ == 0 && random_.OneIn(60)) outage_left_ = random_.Below(60);
  if (outage_left_ > 0) {
    --outage_left_;
    return base::Unavailable("the line is down");
  }
  if (random_.OneIn(8)) return base::Unavailable("the far side refused");
  attempt.arrived = true;
  const int fate = random_.Below(60);
  if (fate == 0) throw testkit::CrashNow();
  if (fate <= 5) return base::DeadlineExceeded("no answer came");
  attempt.told_ok = true;
  if (meanwhile_ && random_.OneIn(2)) meanwhile_();
  return {};
}

}  // namespace wanmi::sim
