// verification: the life of one check, a look at a place by somebody without an interest in it.
//
// A stream is a check: "<report>/k<n>", a PreCheck (is it so?), or "<case>/k<n>", a PostCheck (has
// it been done?).
//
//   OpenCheck ──► open ── turn 1: the inspector of the place's responsibility grid
//                  │ ▲          2: a neighbour, another inspector of the same unit
//        ExpireCheck└┘          3: the team leader
//                  │            4: the desk
//                  ├─ AnswerCheck ──► passed | failed
//                  ├─ ExpireCheck after turn 4, PreCheck only ──► expired: intake's desk decides
//                  └─ WithdrawCheck ──► withdrawn
//
// A turn that nobody can take (not on shift, or with an interest in the handling) is passed over. A
// PostCheck stays at the desk for good: only a real look closes a case. Pure functions; errors are
// rejections with a sentence. Distances are metres, times UTC microseconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/verification/state.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::verification {

inline constexpr int kStepDesk = 4;
inline constexpr double kLimitDefaultMinutes = 30;
inline constexpr int kNoteBytesMax = 2'000;

std::string Target(const v1::Command& command);
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, state::State* state);
std::optional<base::Time> Due(const state::State& state);
v1::Command OnDue(std::string_view stream, const state::State& state);

}  // namespace wanmi::verification
