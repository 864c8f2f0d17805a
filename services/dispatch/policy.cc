#include "services/dispatch/policy.h"

#include <string>

namespace wanmi::dispatch {

Reactions OnIntake(const rules::Fact<intake::v1::Event>& fact, const base::Rows&, rules::Births&) {
  Reactions reactions;
  const auto end = [&](const char* outcome) {
    v1::EndCase end_case;
    end_case.set_outcome(outcome);
    reactions.Add(fact.stream, std::move(end_case));
  };
  if (fact.event.has_case_filed()) {
    v1::TakeCase take;
    *take.mutable_filed() = fact.event.case_filed();
    reactions.Add(fact.stream, std::move(take));
  } else if (fact.event.has_phase_ended()) {
    v1::BeginPhase begin;
    begin.set_phase(fact.event.phase_ended().phase() + 1);
    reactions.Add(fact.stream, std::move(begin));
  } else if (fact.event.has_case_closed()) {
    end("closed");
  } else if (fact.event.has_case_voided()) {
    end("voided");
  }
  return reactions;
}

Reactions OnHandling(const rules::Fact<handling::v1::Event>& fact, const base::Rows&,
                     rules::Births&) {
  Reactions reactions;
  if (fact.event.has_feedback_given()) {
    const auto& given = fact.event.feedback_given();
    v1::NoteFeedback note;
    note.set_work(std::string(fact.stream));
    note.set_round(given.round());
    note.set_outcome(given.outcome());
    note.set_feedback_at_us(given.feedback_at_us());
    *note.mutable_person_ids() = given.person_ids();
    *note.mutable_device_ids() = given.device_ids();
    *note.mutable_evidence() = given.evidence();
    reactions.Add(given.case_id(), std::move(note));
  } else if (fact.event.has_return_asked()) {
    const auto& asked = fact.event.return_asked();
    v1::NoteReturnAsked note;
    note.set_work(std::string(fact.stream));
    note.set_round(asked.round());
    note.set_asked_at_us(asked.asked_at_us());
    note.set_reason(asked.reason());
    reactions.Add(asked.case_id(), std::move(note));
  }
  return reactions;
}

// Passed checks are intake's to hear: it ends the phase or closes the case, and that comes from
// there.
Reactions OnVerification(const rules::Fact<verification::v1::Event>& fact, const base::Rows&,
                         rules::Births&) {
  Reactions reactions;
  if (!fact.event.has_check_failed()) return reactions;
  const auto& failed = fact.event.check_failed();
  if (failed.kind() != verification::v1::CHECK_KIND_POST) return reactions;
  v1::Rework rework;
  rework.set_check(std::string(fact.stream));
  reactions.Add(failed.about(), std::move(rework));
  return reactions;
}

}  // namespace wanmi::dispatch
