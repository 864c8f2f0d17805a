#include "services/intake/policy.h"

namespace wanmi::intake {
namespace {

using Reactions = rules::Reactions<v1::Command>;

void NoteOutcomes(std::string_view case_id, std::string_view outcome,
                  const google::protobuf::RepeatedPtrField<std::string>& reports,
                  Reactions* reactions) {
  for (const std::string& report : reports) {
    v1::NoteOutcome note;
    note.set_report(report);
    note.set_case_id(std::string(case_id));
    note.set_outcome(std::string(outcome));
    reactions->Add(report, std::move(note));
  }
}

v1::NoteJoin MakeNoteJoin(const std::string& report, std::string_view case_id, bool granted,
                          const std::string& reason) {
  v1::NoteJoin note;
  note.set_report(report);
  note.set_case_id(std::string(case_id));
  note.set_granted(granted);
  note.set_reason(reason);
  return note;
}

// A check is `<report>/k<n>` or `<case>/k<n>`: what it is about is in its id.
template <class Answer>
void NoteCheck(std::string_view check, const Answer& answer, v1::CheckResult result,
               std::string_view post, Reactions* reactions) {
  const std::string about(check.substr(0, check.rfind('/')));
  if (answer.kind() == verification::v1::CHECK_KIND_PRE) {
    v1::NotePreCheck note;
    note.set_report(about);
    note.set_check(std::string(check));
    note.set_result(result);
    reactions->Add(about, std::move(note));
  } else {
    v1::NotePostCheck note;
    note.set_case_id(about);
    note.set_check(std::string(check));
    note.set_result(result);
    note.set_check_post(std::string(post));
    reactions->Add(about, std::move(note));
  }
}

}  // namespace

Reactions OnSelf(const rules::Fact<v1::Event>& fact, const base::Rows&, rules::Births&) {
  Reactions reactions;
  const v1::Event& event = fact.event;
  if (event.has_join_asked()) {
    v1::DecideJoin decide;
    decide.set_case_id(event.join_asked().case_id());
    decide.set_report(std::string(fact.stream));
    if (event.join_asked().has_class_ref())
      *decide.mutable_class_ref() = event.join_asked().class_ref();
    reactions.Add(event.join_asked().case_id(), std::move(decide));
  } else if (event.has_join_granted()) {
    const auto& granted = event.join_granted();
    reactions.Add(granted.report(), MakeNoteJoin(granted.report(), fact.stream, true, {}));
  } else if (event.has_join_refused()) {
    const auto& refused = event.join_refused();
    reactions.Add(refused.report(),
                  MakeNoteJoin(refused.report(), fact.stream, false, refused.reason()));
  } else if (event.has_case_closed()) {
    NoteOutcomes(fact.stream, "closed", event.case_closed().reports(), &reactions);
  } else if (event.has_case_voided()) {
    NoteOutcomes(fact.stream, "voided", event.case_voided().reports(), &reactions);
  }
  return reactions;
}

Reactions OnVerification(const rules::Fact<verification::v1::Event>& fact, const base::Rows&,
                         rules::Births&) {
  Reactions reactions;
  const auto& event = fact.event;
  if (event.has_check_passed()) {
    const auto& passed = event.check_passed();
    NoteCheck(fact.stream, passed, v1::CHECK_RESULT_PASSED, passed.post_id(), &reactions);
  } else if (event.has_check_failed()) {
    const auto& failed = event.check_failed();
    NoteCheck(fact.stream, failed, v1::CHECK_RESULT_FAILED, failed.post_id(), &reactions);
  } else if (event.has_check_expired()) {
    NoteCheck(fact.stream, event.check_expired(), v1::CHECK_RESULT_EXPIRED, {}, &reactions);
  } else if (event.check_withdrawn().kind() == verification::v1::CHECK_KIND_PRE) {
    NoteCheck(fact.stream, event.check_withdrawn(), v1::CHECK_RESULT_WITHDRAWN, {}, &reactions);
  }  // a PostCheck is withdrawn with its case, which has ended
  return reactions;
}

Reactions OnDispatch(const rules::Fact<dispatch::v1::Event>& fact, const base::Rows&,
                     rules::Births&) {
  Reactions reactions;
  if (!fact.event.has_feedback_passed()) return reactions;
  v1::AskPostCheck ask;
  ask.set_case_id(std::string(fact.stream));
  *ask.mutable_handling() = fact.event.feedback_passed().handling();
  reactions.Add(fact.stream, std::move(ask));
  return reactions;
}

Reactions OnAlarms(const rules::Fact<alarms::v1::Event>& fact, const base::Rows&,
                   rules::Births& births) {
  Reactions reactions;
  if (!fact.event.has_alarm_raised()) return reactions;
  const auto& raised = fact.event.alarm_raised();
  const std::string root = births.Root("report");
  v1::FileAlarm file;
  v1::Report& report = *file.mutable_report();
  report.set_report(root);
  report.set_source(std::string(kAlarmSource));
  if (raised.has_class_ref()) *report.mutable_class_ref() = raised.class_ref();
  report.set_condition_id(raised.condition_id());
  report.set_occurred_at_us(raised.measured_at_us());
  report.set_external_number(raised.alarm());
  file.set_alarm(raised.alarm());
  *file.mutable_place() = raised.place();
  reactions.Add(root, std::move(file));
  return reactions;
}

}  // namespace wanmi::intake
