// decisions: one function per command of intake, called by Decide alone; and the checks that they
// share. Each gets the part of the state that its stream has. Pure, safe from any thread.
//
// Errors: INVALID_ARGUMENT malformed, NOT_FOUND unknown report, case, class or source,
// FAILED_PRECONDITION wrong stage, PERMISSION_DENIED axis, post or person, RESOURCE_EXHAUSTED
// limits.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "services/intake/domain.h"

namespace wanmi::intake {

using rules::Context;
using Decided = base::Result<rules::Decision<v1::Event>>;

inline constexpr size_t kIdLast = 64;         // bytes of a report id or a command id
inline constexpr size_t kTextLast = 2'000;    // bytes of a reason
inline constexpr size_t kSealedLast = 8'192;  // bytes of sealed words
inline constexpr int kEvidenceLast = 20;
inline constexpr int kCasesLast = 20;   // cases of one report
inline constexpr int kJoinsLast = 200;  // reports of others in one case: one entry answers them all
inline constexpr int kRemembered = 64;  // urgings and refused joins that a case remembers

// ---- checks ----
base::Status CheckReportId(std::string_view report);
base::Status CheckCaseId(std::string_view case_id);
base::Status CheckCommandId(std::string_view id);
base::Status CheckText(std::string_view text, std::string_view what);  // needed, at most kTextLast
base::Status CheckSealed(const common::v1::Sealed& sealed);
base::Status CheckEvidence(
    const google::protobuf::RepeatedPtrField<common::v1::Evidence>& evidence);
base::Status CheckPlace(const common::v1::Place& place);
base::Status CheckClass(const Context& context, const common::v1::ClassRef& class_ref);
// A person in one of these posts of the axis; machine decisions have commands of their own.
base::Status RequirePost(const Context& context, common::v1::Axis axis,
                         std::initializer_list<common::v1::PostKind> kinds, std::string_view what);
base::Status RequireReport(std::string_view stream, const state::Report& report);
base::Status RequireCase(std::string_view stream, const state::Case& filed_case);
// Received or checking: nothing has been decided about it yet.
base::Status RequireUndecided(std::string_view stream, const state::Report& report);
bool IsOpen(const state::Case& filed_case);

// Who answers for a machine decision under a white list of this kind, if the list permits it.
// FAILED_PRECONDITION if the signing post is not of the supervision axis.
base::Result<std::optional<common::v1::Actor>> SignerOf(const Context& context,
                                                        std::string_view list,
                                                        std::string_view what,
                                                        const common::v1::ClassRef& class_ref,
                                                        std::string_view source);

// ---- report.cc ----
Decided DecideReport(std::string_view stream, const state::Report& report,
                     const v1::Report& command, const Context& context);
Decided DecideFileAlarm(std::string_view stream, const state::Report& report,
                        const v1::FileAlarm& command, const Context& context);
Decided DecideAnswer(std::string_view stream, const state::Report& report,
                     const v1::Answer& command, const Context& context);
Decided DecidePassOn(std::string_view stream, const state::Report& report,
                     const v1::PassOn& command, const Context& context);
Decided DecideRefuse(std::string_view stream, const state::Report& report,
                     const v1::Refuse& command, const Context& context);
Decided DecideContestRefusal(std::string_view stream, const state::Report& report,
                             const v1::ContestRefusal& command, const Context& context);
Decided DecideNoteOutcome(std::string_view stream, const state::Report& report,
                          const v1::NoteOutcome& command, const Context& context);

// ---- joining.cc: on the report, except DecideJoin, which is the case's ----
Decided DecideAskJoin(std::string_view stream, const state::Report& report,
                      const v1::AskJoin& command, const Context& context);
Decided DecideDecideJoin(std::string_view stream, const state::Case& filed_case,
                         const v1::DecideJoin& command, const Context& context);
Decided DecideNoteJoin(std::string_view stream, const state::Report& report,
                       const v1::NoteJoin& command, const Context& context);

// ---- filing.cc ----
Decided DecideAskCheck(std::string_view stream, const state::Report& report,
                       const v1::AskCheck& command, const Context& context);
Decided DecideNotePreCheck(std::string_view stream, const state::Report& report,
                           const v1::NotePreCheck& command, const Context& context);
Decided DecideFileCase(std::string_view stream, const state::Report& report,
                       const v1::FileCase& command, const Context& context);
Decided DecideFileUrgent(std::string_view stream, const state::Report& report,
                         const v1::FileUrgent& command, const Context& context);
// "R" · civil date · 7 digits; RESOURCE_EXHAUSTED when the day has no more.
base::Result<std::string> NextReportNumber(const Context& context);
std::string CheckOf(std::string_view about, int number);  // "<about>/k<number>"

// What is filed, and under which class and condition.
struct Ground {
  std::string case_id;
  std::string report;
  common::v1::ClassRef class_ref;
  std::string condition_id;
  std::string problem_source;  // "" = as reported
  std::string reason;
};
base::Result<v1::CaseFiled> MakeCase(const Ground& ground, const v1::ReportReceived& received,
                                     const Context& context);
// ReportFiled on the report, CaseFiled on the case.
void EmitFiling(const Ground& ground, v1::CaseFiled filed, rules::Decision<v1::Event>* decision);

// ---- closing.cc: on the case ----
Decided DecideAskPostCheck(std::string_view stream, const state::Case& filed_case,
                           const v1::AskPostCheck& command, const Context& context);
Decided DecideNotePostCheck(std::string_view stream, const state::Case& filed_case,
                            const v1::NotePostCheck& command, const Context& context);
Decided DecideClose(std::string_view stream, const state::Case& filed_case,
                    const v1::Close& command, const Context& context);
Decided DecideAskVoid(std::string_view stream, const state::Case& filed_case,
                      const v1::AskVoid& command, const Context& context);
Decided DecideGrantVoid(std::string_view stream, const state::Case& filed_case,
                        const v1::GrantVoid& command, const Context& context);
Decided DecideRefuseVoid(std::string_view stream, const state::Case& filed_case,
                         const v1::RefuseVoid& command, const Context& context);
Decided DecideUrge(std::string_view stream, const state::Case& filed_case, const v1::Urge& command,
                   const Context& context);

}  // namespace wanmi::intake
