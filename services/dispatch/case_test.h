// For the tests of this folder only: a case on its way through dispatch, in the words of its
// upstreams.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "calendar/calendar.h"
#include "services/dispatch/domain.h"
#include "services/dispatch/service.h"
#include "testkit/rule_case.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::dispatch {

inline constexpr const char* kCase = "r1/c1";
using std::chrono::hours;
using std::chrono::minutes;
using Kinds = std::vector<std::string>;

// Local("2026-03-12", 10) is 10:00 in China.
inline base::Time Local(std::string_view date, int hour, int minute = 0) {
  return calendar::MidnightOf(calendar::Calendar(), *calendar::ParseDate(date)) + hours(hour) +
         minutes(minute);
}
inline int64_t Us(base::Time time) { return base::ToMicros(time); }

struct Phase {
  const char* name;
  double amount;
  rulebook::v1::LimitUnit unit;
};
inline constexpr Phase kFourHours{"clear", 4, rulebook::v1::LIMIT_UNIT_WORKING_HOUR};

inline const std::vector<Phase> kTwoPhases = {
    {"make safe", 2, rulebook::v1::LIMIT_UNIT_URGENT_HOUR},
    {"repair", 1, rulebook::v1::LIMIT_UNIT_WORKING_DAY}};

// Classes and what they lead to (sample_city.h):
//   event/01-10 dispatched to sanitation, its feedback passed by a white list
//   component/01-01 dispatched to roads, its feedback waits for a dispatcher
//   event/03-11 proposed: sanitation · event/09-09 unmatched
class DispatchCase : public testkit::RuleCase {
 public:
  DispatchCase() : RuleCase(Define()) {}
  DispatchCase& At(base::Time now) { return RuleCase::At(now), *this; }

  std::vector<base::Status> Filed(std::string_view code, std::vector<Phase> phases = {kFourHours},
                                  bool urgent = false, std::string_view problem_source = "") {
    intake::v1::CaseFiled filed;
    filed.set_number("3707050202603110001");
    filed.set_report("r1");
    *filed.mutable_class_ref() = testkit::SampleClass(code);
    *filed.mutable_place() = testkit::SamplePlace();
    filed.set_source("inspector");
    filed.set_problem_source(std::string(problem_source));
    filed.set_urgent(urgent);
    filed.set_filed_at_us(Us(testkit::kSampleNow));
    for (const auto& phase : phases) {
      auto& limit = *filed.add_limits();
      limit.set_name(phase.name);
      limit.set_amount(phase.amount);
      limit.set_unit(phase.unit);
    }
    return WhenHeard<intake::v1::Event>("intake", kCase, std::move(filed));
  }
  std::vector<base::Status> Feedback(int round, base::Time at,
                                     intake::v1::Outcome outcome = intake::v1::OUTCOME_DONE) {
    handling::v1::FeedbackGiven given;
    given.set_case_id(kCase);
    given.set_round(round);
    given.set_outcome(outcome);
    given.set_feedback_at_us(Us(at));
    given.add_person_ids("p-road-clerk");
    given.add_device_ids("phone-1");
    *given.add_evidence() = testkit::SamplePicture(at);
    return WhenHeard<handling::v1::Event>("handling", fmt::format("{}/w{}", kCase, round), given);
  }
  std::vector<base::Status> ReturnAsked(int round, base::Time at) {
    handling::v1::ReturnAsked asked;
    asked.set_case_id(kCase);
    asked.set_round(round);
    asked.set_reason("not ours");
    asked.set_asked_at_us(Us(at));
    return WhenHeard<handling::v1::Event>("handling", fmt::format("{}/w{}", kCase, round), asked);
  }
  std::vector<base::Status> CheckFails(
      int number, verification::v1::CheckKind kind = verification::v1::CHECK_KIND_POST) {
    verification::v1::CheckFailed failed;
    failed.set_kind(kind);
    failed.set_about(kCase);
    return WhenHeard<verification::v1::Event>("verification", fmt::format("{}/k{}", kCase, number),
                                              failed);
  }
  std::vector<base::Status> PhaseEnds(int phase) {
    intake::v1::PhaseEnded ended;
    ended.set_phase(phase);
    return WhenHeard<intake::v1::Event>("intake", kCase, ended);
  }
  std::vector<base::Status> Voided() {
    return WhenHeard<intake::v1::Event>("intake", kCase, intake::v1::CaseVoided());
  }
  std::vector<base::Status> Closed() {
    return WhenHeard<intake::v1::Event>("intake", kCase, intake::v1::CaseClosed());
  }

  base::Status Dispatch(std::string_view unit, std::string_view reason = "") {
    v1::Dispatch command;
    command.set_id("d");
    command.set_case_id(kCase);
    command.set_unit_id(std::string(unit));
    command.set_reason(std::string(reason));
    return As("dispatcher").When(kCase, command);
  }
  base::Status DecideReturn(bool grant, std::string_view reason = "as the manual says") {
    v1::DecideReturn command;
    command.set_id("r");
    command.set_case_id(kCase);
    command.set_grant(grant);
    command.set_reason(std::string(reason));
    return As("dispatcher").When(kCase, command);
  }
  base::Status Pass() {
    v1::PassFeedback command;
    command.set_id("p");
    command.set_case_id(kCase);
    return As("dispatcher").When(kCase, command);
  }
  base::Status SendBack(std::string_view reason = "no picture of the whole place") {
    v1::SendBackFeedback command;
    command.set_id("s");
    command.set_case_id(kCase);
    command.set_reason(std::string(reason));
    return As("dispatcher").When(kCase, command);
  }
  base::Status Deadline(int64_t deadline_us) {
    v1::PassDeadline command;
    command.set_deadline_us(deadline_us);
    return AsReaction().When(kCase, command);
  }

  State Now() const { return StateOf<State>(kCase); }
  state::Stage Stage() const { return Now().stage(); }
  base::Time DueAt() const { return base::FromMicros(Now().ledger().due_at_us()); }
  v1::AssignmentView Row() const {
    v1::GetAssignment get;
    get.set_case_id(kCase);
    return *Ask<v1::AssignmentView>("GetAssignment", get);
  }
  // The ids listed under a state or a unit.
  std::vector<std::string> Listed(std::string_view state, std::string_view unit = "") const {
    v1::ListAssignments list;
    list.set_state(std::string(state));
    list.set_unit_id(std::string(unit));
    std::vector<std::string> ids;
    const auto page = Ask<v1::AssignmentPage>("ListAssignments", list);
    CHECK(page.ok(), "{}", page.status().ToString());
    for (const auto& row : page->assignments()) ids.push_back(row.case_id());
    return ids;
  }
};

}  // namespace wanmi::dispatch
