// For the tests of this folder only: a work order on its way, in the words of the command centre.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "services/handling/domain.h"
#include "services/handling/service.h"
#include "testkit/rule_case.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"

namespace wanmi::handling {

inline constexpr const char* kCase = "r1/c1";
inline constexpr const char* kWork1 = "r1/c1/w1";
using std::chrono::hours;
using std::chrono::minutes;
using testkit::kSampleNow;
using Kinds = std::vector<std::string>;
using Refusals = std::vector<base::Status>;

inline int64_t Us(base::Time time) { return base::ToMicros(time); }

class HandlingCase : public testkit::RuleCase {
 public:
  HandlingCase() : RuleCase(Define()) {}
  HandlingCase& At(base::Time now) { return RuleCase::At(now), *this; }

  Refusals Dispatched(std::string_view unit = "roads", bool urgent = false, int round = 1,
                      bool rework = false) {
    dispatch::v1::CaseDispatched dispatched;
    dispatched.set_unit_id(std::string(unit));
    dispatched.set_round(round);
    dispatched.set_phase_name("repair");
    dispatched.set_dispatched_at_us(Us(kSampleNow));
    dispatched.set_due_at_us(Us(kSampleNow + hours(6)));
    dispatched.set_urgent(urgent);
    dispatched.set_rework(rework);
    dispatched.set_return_window_until_us(rework ? 0 : Us(kSampleNow + hours(2)));
    dispatched.set_number("3707050202603110001");
    *dispatched.mutable_class_ref() = testkit::SampleClass("component/01-01");
    *dispatched.mutable_place() = testkit::SamplePlace();
    return Heard(dispatched);
  }
  Refusals Passed(base::Time feedback_at, int round = 1) {
    dispatch::v1::FeedbackPassed passed;
    passed.mutable_handling()->set_round(round);
    passed.mutable_handling()->set_feedback_at_us(Us(feedback_at));
    return Heard(passed);
  }
  Refusals SentBack(base::Time feedback_at, int round = 1) {
    dispatch::v1::FeedbackSentBack back;
    back.set_round(round);
    back.set_reason("no picture of the whole place");
    back.set_feedback_at_us(Us(feedback_at));
    return Heard(back);
  }
  Refusals ReturnDecided(bool granted) {
    if (granted) {
      dispatch::v1::ReturnGranted event;
      event.set_round(1);
      return Heard(event);
    }
    dispatch::v1::ReturnRefused event;
    event.set_round(1);
    event.set_reason("it is yours by the manual");
    return Heard(event);
  }
  Refusals Ended(int round = 1) {
    dispatch::v1::AssignmentEnded ended;
    ended.set_round(round);
    ended.set_outcome("voided");
    return Heard(ended);
  }

  base::Status Accept(std::string_view post = "road-clerk") {
    v1::AcceptWork command;
    command.set_id("a");
    command.set_work(kWork1);
    return As(post).When(kWork1, command);
  }
  base::Status Assign(std::string_view crew, std::string_view post = "road-clerk") {
    v1::AssignCrew command;
    command.set_id("c");
    command.set_work(kWork1);
    command.set_crew_post(std::string(crew));
    return As(post).When(kWork1, command);
  }
  static v1::GiveFeedback Feedback(intake::v1::Outcome outcome = intake::v1::OUTCOME_DONE) {
    v1::GiveFeedback command;
    command.set_id("f");
    command.set_work(kWork1);
    command.set_outcome(outcome);
    if (outcome == intake::v1::OUTCOME_CANNOT)
      command.set_cause("the pipe belongs to another city");
    *command.add_evidence() = testkit::SamplePicture(kSampleNow, "phone-7");
    return command;
  }
  base::Status Give(const v1::GiveFeedback& command = Feedback(),
                    std::string_view post = "road-clerk") {
    return As(post).When(kWork1, command);
  }
  base::Status AskReturn(std::string_view reason = "not ours",
                         std::string_view post = "road-clerk") {
    v1::AskReturn command;
    command.set_id("r");
    command.set_work(kWork1);
    command.set_reason(std::string(reason));
    return As(post).When(kWork1, command);
  }

  State Now() const { return StateOf<State>(kWork1); }
  state::Stage Stage() const { return Now().stage(); }
  v1::WorkView Row() const {
    v1::GetWork get;
    get.set_work(kWork1);
    return *Ask<v1::WorkView>("GetWork", get);
  }
  std::vector<std::string> OpenOf(std::string_view unit) const {
    v1::ListWork list;
    list.set_unit_id(std::string(unit));
    std::vector<std::string> ids;
    const auto page = Ask<v1::WorkPage>("ListWork", list);
    CHECK(page.ok(), "{}", page.status().ToString());
    for (const auto& row : page->work()) ids.push_back(row.work());
    return ids;
  }

 private:
  template <class Kind>
  Refusals Heard(const Kind& event) {
    return WhenHeard<dispatch::v1::Event>("dispatch", kCase, event);
  }
};

}  // namespace wanmi::handling
