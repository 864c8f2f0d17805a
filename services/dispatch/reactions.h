// The commands that only reactions and timers make, one function each. Whoever comes late, or
// again, gets an empty decision: the round, the feedback's own time or the check's number tell.
#pragma once

#include "services/dispatch/assignment.h"

namespace wanmi::dispatch {

base::Result<Decision> DecideTakeCase(std::string_view stream, const State& state,
                                      const v1::TakeCase& command, const rules::Context& context);
base::Result<Decision> DecideNoteFeedback(std::string_view stream, const State& state,
                                          const v1::NoteFeedback& command,
                                          const rules::Context& context);
base::Result<Decision> DecideNoteReturnAsked(std::string_view stream, const State& state,
                                             const v1::NoteReturnAsked& command,
                                             const rules::Context& context);
base::Result<Decision> DecideRework(std::string_view stream, const State& state,
                                    const v1::Rework& command, const rules::Context& context);
base::Result<Decision> DecideBeginPhase(std::string_view stream, const State& state,
                                        const v1::BeginPhase& command,
                                        const rules::Context& context);
base::Result<Decision> DecideEndCase(std::string_view stream, const State& state,
                                     const v1::EndCase& command, const rules::Context& context);
base::Result<Decision> DecidePassDeadline(std::string_view stream, const State& state,
                                          const v1::PassDeadline& command,
                                          const rules::Context& context);

}  // namespace wanmi::dispatch
