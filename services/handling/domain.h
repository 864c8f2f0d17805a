// handling: professional departments and companies. They dispose and report back, and nothing else.
// A stream is one work order, "<case>/w<round>". Pure; errors are rejections (base/status.h).
//
//   CaseDispatched ─► OPENED ──AcceptWork, AssignCrew──► ACCEPTED ◄───────────── sent back ──────┐
//                     │    └───────────GiveFeedback──────────┴──GiveFeedback─────► FEEDBACK ─────┤
//                     └──AskReturn (in its window)──► RETURN_ASKED ── refused ──► ACCEPTED       │
//                                                           └─ granted ─► RETURNED       passed ─►
//                                                           SETTLED
//   any but the last of these ── AssignmentEnded ─► WITHDRAWN
//
// Urgent work that nobody has taken climbs the duty line: the clerks of the unit, then its leaders.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/handling/state.pb.h"
#include "wanmi/handling/v1/handling.pb.h"

namespace wanmi::handling {

using state::State;

// "r1/c1" of "r1/c1/w2"; empty if it is no work order's id.
std::string_view CaseOf(std::string_view work);

std::string Target(const v1::Command& command);
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, State* state);

// When the one on duty must have acknowledged urgent work.
std::optional<base::Time> Due(const State& state);
v1::Command OnDue(std::string_view stream, const State& state);

}  // namespace wanmi::handling
