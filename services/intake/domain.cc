#include "services/intake/domain.h"

#include "services/intake/decisions.h"

namespace wanmi::intake {

std::string Target(const v1::Command& command) {
  switch (command.kind_case()) {
    case v1::Command::kReport:
      return command.report().report();
    case v1::Command::kAnswer:
      return command.answer().report();
    case v1::Command::kPassOn:
      return command.pass_on().report();
    case v1::Command::kRefuse:
      return command.refuse().report();
    case v1::Command::kContestRefusal:
      return command.contest_refusal().report();
    case v1::Command::kAskJoin:
      return command.ask_join().report();
    case v1::Command::kAskCheck:
      return command.ask_check().report();
    case v1::Command::kFileCase:
      return command.file_case().report();
    case v1::Command::kFileUrgent:
      return command.file_urgent().report();
    case v1::Command::kClose:
      return command.close().case_id();
    case v1::Command::kAskVoid:
      return command.ask_void().case_id();
    case v1::Command::kGrantVoid:
      return command.grant_void().case_id();
    case v1::Command::kRefuseVoid:
      return command.refuse_void().case_id();
    case v1::Command::kUrge:
      return command.urge().case_id();
    case v1::Command::kNotePreCheck:
      return command.note_pre_check().report();
    case v1::Command::kNotePostCheck:
      return command.note_post_check().case_id();
    case v1::Command::kAskPostCheck:
      return command.ask_post_check().case_id();
    case v1::Command::kDecideJoin:
      return command.decide_join().case_id();
    case v1::Command::kNoteJoin:
      return command.note_join().report();
    case v1::Command::kNoteOutcome:
      return command.note_outcome().report();
    case v1::Command::kFileAlarm:
      return command.file_alarm().report().report();
    case v1::Command::KIND_NOT_SET:
      return {};
  }
  return {};
}

base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context) {
  const state::Report& report = state.report();
  const state::Case& filed_case = state.filed_case();
  switch (command.kind_case()) {
    case v1::Command::kReport:
      return DecideReport(stream, report, command.report(), context);
    case v1::Command::kAnswer:
      return DecideAnswer(stream, report, command.answer(), context);
    case v1::Command::kPassOn:
      return DecidePassOn(stream, report, command.pass_on(), context);
    case v1::Command::kRefuse:
      return DecideRefuse(stream, report, command.refuse(), context);
    case v1::Command::kContestRefusal:
      return DecideContestRefusal(stream, report, command.contest_refusal(), context);
    case v1::Command::kAskJoin:
      return DecideAskJoin(stream, report, command.ask_join(), context);
    case v1::Command::kAskCheck:
      return DecideAskCheck(stream, report, command.ask_check(), context);
    case v1::Command::kFileCase:
      return DecideFileCase(stream, report, command.file_case(), context);
    case v1::Command::kFileUrgent:
      return DecideFileUrgent(stream, report, command.file_urgent(), context);
    case v1::Command::kClose:
      return DecideClose(stream, filed_case, command.close(), context);
    case v1::Command::kAskVoid:
      return DecideAskVoid(stream, filed_case, command.ask_void(), context);
    case v1::Command::kGrantVoid:
      return DecideGrantVoid(stream, filed_case, command.grant_void(), context);
    case v1::Command::kRefuseVoid:
      return DecideRefuseVoid(stream, filed_case, command.refuse_void(), context);
    case v1::Command::kUrge:
      return DecideUrge(stream, filed_case, command.urge(), context);
    case v1::Command::kNotePreCheck:
      return DecideNotePreCheck(stream, report, command.note_pre_check(), context);
    case v1::Command::kNotePostCheck:
      return DecideNotePostCheck(stream, filed_case, command.note_post_check(), context);
    case v1::Command::kAskPostCheck:
      return DecideAskPostCheck(stream, filed_case, command.ask_post_check(), context);
    case v1::Command::kDecideJoin:
      return DecideDecideJoin(stream, filed_case, command.decide_join(), context);
    case v1::Command::kNoteJoin:
      return DecideNoteJoin(stream, report, command.note_join(), context);
    case v1::Command::kNoteOutcome:
      return DecideNoteOutcome(stream, report, command.note_outcome(), context);
    case v1::Command::kFileAlarm:
      return DecideFileAlarm(stream, report, command.file_alarm(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command that intake knows, found none");
}

std::string_view NameOf(state::Report::Stage stage) {
  switch (stage) {
    case state::Report::STAGE_RECEIVED:
      return "received";
    case state::Report::STAGE_CHECKING:
      return "checking";
    case state::Report::STAGE_ANSWERED:
      return "answered";
    case state::Report::STAGE_PASSED_ON:
      return "passed_on";
    case state::Report::STAGE_REFUSED:
      return "refused";
    case state::Report::STAGE_JOINING:
      return "joining";
    case state::Report::STAGE_JOINED:
      return "joined";
    case state::Report::STAGE_FILED:
      return "filed";
    default:
      return "unknown";
  }
}

std::string_view NameOf(state::Case::Stage stage) {
  switch (stage) {
    case state::Case::STAGE_FILED:
      return "filed";
    case state::Case::STAGE_CHECKING:
      return "checking";
    case state::Case::STAGE_AWAITING_CLOSE:
      return "awaiting_close";
    case state::Case::STAGE_CLOSED:
      return "closed";
    case state::Case::STAGE_VOIDED:
      return "voided";
    default:
      return "unknown";
  }
}

bool EndsDisposal(const v1::Handling& handling) {
  return handling.last_phase() || handling.outcome() == v1::OUTCOME_NOTHING_FOUND;
}

}  // namespace wanmi::intake
