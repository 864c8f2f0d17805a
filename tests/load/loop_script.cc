#include "tests/load/loop_script.h"

#include <algorithm>

#include "tests/load/chance.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::demo {
namespace {

constexpr int kTriesMost = 2'000;
constexpr double kWaitLeastMs = 0.2, kWaitMostMs = 5'000;
constexpr std::chrono::milliseconds kPutOff{100};  // as the server asks

double Milliseconds(Moment::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

Moment::duration Span(double milliseconds) {
  return std::chrono::duration_cast<Moment::duration>(
      std::chrono::duration<double, std::milli>(milliseconds));
}

common::v1::Evidence Picture(const common::v1::Point& point, int64_t at_us,
                             const std::string& device) {
  common::v1::Evidence evidence;
  evidence.set_sha256_hex(std::string(64, 'b'));
  evidence.set_kind(common::v1::EVIDENCE_KIND_PICTURE);
  *evidence.mutable_point() = point;
  evidence.set_accuracy_m(5);
  evidence.set_taken_at_us(at_us);
  evidence.set_device_id(device);
  return evidence;
}

template <class Command>
void Put(Command command, const char* path, const Who& who, LoopCall* call) {
  command.set_id(call->id);
  call->path = path;
  call->who = &who;
  command.SerializeToString(&call->bytes);
}

intake::v1::Report Order(const std::string& report, const std::string& source,
                         const common::v1::Point& point) {
  intake::v1::Report order;
  order.set_report(report);
  order.set_source(source);
  order.mutable_class_ref()->set_edition("2013");
  order.mutable_class_ref()->set_code("component/01-10");
  order.set_condition_id("1");
  *order.mutable_place()->mutable_point() = point;
  return order;
}

}  // namespace

base::Result<LoopScript> LoopScript::Make(const Roster& roster, uint64_t seed, std::string kind,
                                          std::string source) {
  LoopScript script;
  script.seed_ = seed;
  script.kind_ = std::move(kind);
  script.source_ = std::move(source);
  for (const auto& spot : roster.spots()) {
    // "inspector-kw-3" looks after places whose covers are those of "kw-heat".
    if (!spot.inspector.starts_with("inspector-")) continue;
    const auto clerks = roster.Posts("department_clerk", spot.inspector.substr(10, 2) + "-heat");
    if (clerks.empty()) continue;
    script.places_.push_back({spot.point, roster.Of(spot.inspector), roster.Of(clerks.front())});
  }
  const auto dispatchers = roster.Posts("dispatcher");
  if (script.places_.empty() || dispatchers.empty()) {
    return base::FailedPrecondition(
        "expected places with inspectors, clerks of their heat companies and a dispatcher, found "
        "{} places; import data/cities/weifang",
        script.places_.size());
  }
  script.acceptor_ = roster.Of("acceptor-1");
  script.dispatcher_ = roster.Of(dispatchers.front());
  script.shift_leader_ = roster.Of("shift-leader-1");
  return script;
}

LoopCall LoopScript::Call(int64_t number, int at, int64_t now_us) const {
  const Place& place = places_[static_cast<size_t>(number * 7919) % places_.size()];
  const std::string report = MakeId(seed_, kind_, number), case_id = report + "/c1";
  LoopCall call;
  call.id = fmt::format("{}-{}", report, at);
  if (at == 0) {
    Put(Order(report, source_, place.point), "/wanmi.intake.v1.Intake/Report", acceptor_, &call);
  } else if (at == 1) {
    handling::v1::AcceptWork accept;
    accept.set_work(case_id + "/w1");
    Put(std::move(accept), "/wanmi.handling.v1.Handling/AcceptWork", place.clerk, &call);
  } else if (at == 2) {
    handling::v1::GiveFeedback feedback;
    feedback.set_work(case_id + "/w1");
    feedback.set_outcome(intake::v1::OUTCOME_DONE);
    *feedback.add_evidence() = Picture(place.point, now_us, "crew-phone");
    Put(std::move(feedback), "/wanmi.handling.v1.Handling/GiveFeedback", place.clerk, &call);
  } else if (at == 3) {
    dispatch::v1::PassFeedback pass;
    pass.set_case_id(case_id);
    Put(std::move(pass), "/wanmi.dispatch.v1.DispatchService/PassFeedback", dispatcher_, &call);
  } else if (at == 4) {
    verification::v1::AnswerCheck answer;
    answer.set_check(case_id + "/k1");
    answer.set_passed(true);
    *answer.add_evidence() = Picture(place.point, now_us, "inspector-phone");
    Put(std::move(answer), "/wanmi.verification.v1.Verification/AnswerCheck", place.inspector,
        &call);
  } else {
    intake::v1::Close close;
    close.set_case_id(case_id);
    close.set_closing_condition_met(true);
    Put(std::move(close), "/wanmi.intake.v1.Intake/Close", shift_leader_, &call);
  }
  return call;
}

void Player::Begin(int64_t number, Moment intended) {
  Loop& loop = loops_[number];
  loop.begun = loop.intended = intended;
  loop.call = script_.Call(number, 0, now_us_());
  send_(number, loop.call);
}

void Player::Later(int64_t number, Loop& loop, Moment at) {
  loop.intended = at;
  due_.emplace(at, number);
}

void Player::Next(int64_t number, Loop& loop, Moment now) {
  if (++loop.at == calls_) {
    ++closed_;
    loop_ms_.push_back(Milliseconds(now - loop.begun));
    loops_.erase(number);
    return;
  }
  loop.tries = 0;
  loop.ready = now;
  loop.call.path = nullptr;  // made when it is sent: its pictures are taken then
  if (LoopScript::Waits(loop.at)) return Later(number, loop, now + Span(wait_ms_[loop.at]));
  loop.intended = now;
  loop.call = script_.Call(number, loop.at, now_us_());
  send_(number, loop.call);
}

void Player::Answered(int64_t number, const base::Status& status, Moment at) {
  const auto found = loops_.find(number);
  if (found == loops_.end()) return;
  Loop& loop = found->second;
  const bool waits = LoopScript::Waits(loop.at);
  double& wait_ms = wait_ms_[loop.at];
  if (status.ok()) {
    command_ms_.push_back(Milliseconds(at - loop.intended));
    if (waits) {
      // What came at once may come sooner; what did not took as long as this at most.
      const double learnt = loop.tries == 0
                                ? wait_ms * 0.98
                                : wait_ms + 0.1 * (Milliseconds(at - loop.ready) - wait_ms);
      wait_ms = std::clamp(learnt, kWaitLeastMs, kWaitMostMs);
    }
    return Next(number, loop, at);
  }
  ++loop.tries;
  const bool early = waits && (status.code() == base::Code::kNotFound ||
                               status.code() == base::Code::kFailedPrecondition);
  if (early && loop.tries < kTriesMost) {
    ++polls_;
    // 2, 4, 8 ms and so on; longer where all take long.
    return Later(
        number, loop,
        at + Span(std::max(std::min(2.0 * (1 << std::min(loop.tries - 1, 2)), 8.0), wait_ms / 4)));
  }
  if (IsRetryable(status.code())) {
    ++put_off_;
    return Later(number, loop, at + kPutOff);
  }
  if (broken_.ok()) broken_ = status.With(fmt::format("{} {}", loop.call.path, loop.call.id));
  loops_.erase(found);
}

Moment Player::SendDue(Moment now) {
  while (!due_.empty() && due_.top().first <= now) {
    const int64_t number = due_.top().second;
    due_.pop();
    const auto found = loops_.find(number);
    if (found == loops_.end()) continue;
    Loop& loop = found->second;
    if (loop.call.path == nullptr) loop.call = script_.Call(number, loop.at, now_us_());
    send_(number, loop.call);
  }
  return due_.empty() ? Moment::max() : due_.top().first;
}

}  // namespace wanmi::demo
