// dispatch, the command centre: who disposes, by when, and whether a feedback is good enough to be
// looked at. A stream is a case. Pure; errors are rejections (base/status.h).
//
//   CaseFiled ─► UNMATCHED or PROPOSED ──Dispatch, or at once by a white list or urgency──►
//   DISPOSAL
//                     ▲                                                                     │   ▲
//                     │ granted ── RETURN_ASKED ◄──ReturnAsked (in its window, once a round)┤   │
//                     └──────────────┘   └─ refused: the clock never stood ─────────────────┤   │
//                                                                                           │   │
//                  sent back: the clock ran on ──────── FEEDBACK ◄── FeedbackGiven ─────────┘   │
//                                                          │ passed: by a dispatcher or a list  │
//                                                       CHECKING ── check failed, or next phase ┘
//   any ── CaseClosed, CaseVoided ─► ENDED, which nothing leaves
//
// What is decided here first wins: a late reaction gives an empty decision.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/dispatch/state.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"

namespace wanmi::dispatch {

using state::State;

std::string Target(const v1::Command& command);
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, State* state);

// The deadline that runs and was not noticed yet.
std::optional<base::Time> Due(const State& state);
v1::Command OnDue(std::string_view stream, const State& state);

}  // namespace wanmi::dispatch
