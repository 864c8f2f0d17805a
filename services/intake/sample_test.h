// testing: shorthand for intake's tests: commands that need a line each, and a case that is filed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/intake/service.h"
#include "services/intake/state.pb.h"
#include "testkit/rule_case.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::intake::testing {

using Kinds = std::vector<std::string>;

inline v1::Report ReportOf(std::string_view report, std::string_view source,
                           std::string_view code = {}, std::string_view condition = {}) {
  v1::Report command;
  command.set_id("id-" + std::string(report));
  command.set_report(std::string(report));
  command.set_source(std::string(source));
  if (!code.empty()) *command.mutable_class_ref() = testkit::SampleClass(code);
  command.set_condition_id(std::string(condition));
  *command.mutable_place() = testkit::SamplePlace();
  return command;
}

inline v1::FileCase FileOf(std::string_view report, std::string_view code,
                           std::string_view condition, std::string_view reason = {}) {
  v1::FileCase command;
  command.set_id("file");
  command.set_report(std::string(report));
  *command.mutable_class_ref() = testkit::SampleClass(code);
  command.set_condition_id(std::string(condition));
  command.set_reason(std::string(reason));
  return command;
}

inline v1::FileUrgent UrgentOf(std::string_view report, std::string_view code,
                               std::string_view condition) {
  v1::FileUrgent command;
  command.set_id("urgent");
  command.set_report(std::string(report));
  *command.mutable_class_ref() = testkit::SampleClass(code);
  command.set_condition_id(std::string(condition));
  return command;
}

inline v1::AskJoin JoinOf(std::string_view report, std::string_view case_id) {
  v1::AskJoin command;
  command.set_id("join");
  command.set_report(std::string(report));
  command.set_case_id(std::string(case_id));
  return command;
}

inline dispatch::v1::FeedbackPassed FeedbackOf(int round, bool last_phase = true,
                                               v1::Outcome outcome = v1::OUTCOME_DONE) {
  dispatch::v1::FeedbackPassed passed;
  auto& handling = *passed.mutable_handling();
  handling.set_unit_id("sanitation");
  handling.set_round(round);
  handling.set_last_phase(last_phase);
  handling.set_outcome(outcome);
  return passed;
}

// A RuleCase of intake with the stories that most tests begin with.
class IntakeCase : public testkit::RuleCase {
 public:
  IntakeCase() : RuleCase(Define()) {}

  // Sends a command as a post and expects it to be taken.
  template <class Kind>
  IntakeCase& Do(std::string_view post, std::string_view stream, const Kind& command) {
    As(post);
    const base::Status status = When(stream, command);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return *this;
  }
  template <class Kind>
  base::Code CodeOf(std::string_view post, std::string_view stream, const Kind& command) {
    As(post);
    return When(stream, command).code();
  }
  // `<report>/c1` of class event/01-10 (white-listed for closing) or another.
  IntakeCase& Filed(std::string_view report, std::string_view code = "event/01-10",
                    std::string_view condition = "1") {
    Do("inspector1", report, ReportOf(report, "inspector", code));
    return Do("leader", report, FileOf(report, code, condition));
  }
  // Hears dispatch and verification; expects no refusal.
  IntakeCase& Feedback(std::string_view case_id, const dispatch::v1::FeedbackPassed& passed) {
    EXPECT_TRUE(WhenHeard<dispatch::v1::Event>("dispatch", case_id, passed).empty());
    return *this;
  }
  template <class Answer>
  IntakeCase& Check(std::string_view check, verification::v1::CheckKind kind) {
    Answer answer;
    answer.set_kind(kind);
    EXPECT_TRUE(WhenHeard<verification::v1::Event>("verification", check, answer).empty());
    return *this;
  }
  IntakeCase& PreCheck(std::string_view check, bool passed) {
    return passed ? Check<verification::v1::CheckPassed>(check, verification::v1::CHECK_KIND_PRE)
                  : Check<verification::v1::CheckFailed>(check, verification::v1::CHECK_KIND_PRE);
  }
  IntakeCase& PostCheck(std::string_view check, bool passed) {
    return passed ? Check<verification::v1::CheckPassed>(check, verification::v1::CHECK_KIND_POST)
                  : Check<verification::v1::CheckFailed>(check, verification::v1::CHECK_KIND_POST);
  }
  // Hears its own event.
  template <class Kind>
  IntakeCase& Hear(std::string_view stream, const Kind& event) {
    EXPECT_TRUE(WhenHeard<v1::Event>("intake", stream, event).empty());
    return *this;
  }

  v1::ReportView ReportRow(const std::string& report) {
    v1::GetReport get;
    get.set_report(report);
    return Ask<v1::ReportView>("GetReport", get).value();
  }
  v1::CaseView CaseRow(const std::string& case_id) {
    v1::GetCase get;
    get.set_case_id(case_id);
    return Ask<v1::CaseView>("GetCase", get).value();
  }
};

}  // namespace wanmi::intake::testing
