// intake: the life-cycle of reports (诉求, what one reporter told us) and cases (案卷, what was
// filed). Owned by the supervision centre: nobody of the disposal axis files, checks or closes.
//
// Report `<report>`; it may end without a case, and every end is an answer to the reporter:
//
//            AskCheck / by source              ┌─► answered, passed_on
//   received ◄──────────────────► checking ────┼─► refused ── contested, once ──► received
//      │          PreCheckNoted      │         └─► joining ──► joined
//      └───── FileCase, FileUrgent ──┴──► filed       └─ the case refused ──► received
//
// Case `<report>/c<n>`:
//
//   filed ─ FeedbackPassed ─► checking ─ passed, last phase ─► awaiting_close ─ Close ─► closed
//     ▲                          │              (a signed white list closes at once)
//     └─── failed; phase ended ──┘
//   any open state ── AskVoid, then GrantVoid by another person ──► voided
//
// An expired PostCheck leaves the case in checking: verification's last step, the desk, answers the
// same check later. The stage of a report shows what waits; a PreCheck may run on beside any of
// them and its result is noted in all, so the order in which two topics are read changes nothing.
//
// All functions are pure and safe from any thread. Times are UTC microseconds.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/intake/state.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::intake {

inline constexpr int kStateVersion = 1;

// The stream that a client's command is about.
std::string Target(const v1::Command& command);

base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);

void Apply(std::string_view stream, const v1::Event& event, state::State* state);

// Words of the contract: "received", "awaiting_close" …
std::string_view NameOf(state::Report::Stage stage);
std::string_view NameOf(state::Case::Stage stage);

// A passed check of this handling ends the disposal, and not only one phase of it.
bool EndsDisposal(const v1::Handling& handling);

}  // namespace wanmi::intake
