// The commands that only reactions and timers make, one function each. All come from one upstream,
// so they keep their order; what comes again, or after the work has ended, gives an empty decision.
#pragma once

#include <string_view>

#include "services/handling/domain.h"

namespace wanmi::handling {

using Decision = rules::Decision<v1::Event>;

base::Result<Decision> DecideOpenWork(std::string_view stream, const State& state,
                                      const v1::OpenWork& command, const rules::Context& context);
base::Result<Decision> DecideSettleFeedback(std::string_view stream, const State& state,
                                            const v1::SettleFeedback& command,
                                            const rules::Context& context);
base::Result<Decision> DecideSettleReturn(std::string_view stream, const State& state,
                                          const v1::SettleReturn& command,
                                          const rules::Context& context);
base::Result<Decision> DecideWithdrawWork(std::string_view stream, const State& state,
                                          const v1::WithdrawWork& command,
                                          const rules::Context& context);
base::Result<Decision> DecideClimbDuty(std::string_view stream, const State& state,
                                       const v1::ClimbDuty& command, const rules::Context& context);

}  // namespace wanmi::handling
