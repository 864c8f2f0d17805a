// assessment: one score row per case, computed from what was checked and from nobody's word.
//
// A stream is a case. Only intake's events move it; nobody may ask for anything here.
//
//   CountFiled ──► counted ─┬─ ScoreCase ──► scored      (closed: on time or late, or not counted)
//                           └─ ScoreVoid ──► exempted    (voided: charged to nobody)
//
// Both ends are final, and a case that ended is not counted as filed a second time. Pure functions;
// errors are rejections with a sentence. Times are UTC microseconds.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/assessment/state.pb.h"
#include "wanmi/assessment/v1/assessment.pb.h"

namespace wanmi::assessment {

std::string Target(const v1::Command& command);  // always empty: no client has a command here
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, state::State* state);

}  // namespace wanmi::assessment
