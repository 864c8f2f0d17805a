// What people's commands and reactions share: the making of a dispatch and of the record that a
// passed feedback carries, and what is asked of every command. Pure; errors are rejections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/dispatch/domain.h"

namespace wanmi::dispatch {

using Decision = rules::Decision<v1::Event>;

// Something, of at most 2,000 bytes. `what` is worded "a reason".
base::Status RequireText(std::string_view text, std::string_view what);
base::Status RequireTaken(const State& state, std::string_view stream);

// The unit is in the directory and stands on the disposal axis.
bool MayDispose(const rules::Context& context, std::string_view unit_id);

// Who answers for this under the white list, if it permits it for the case and was signed by a post
// of the command axis.
std::optional<common::v1::Actor> SignerOf(const rules::Context& context,
                                          std::string_view white_list, std::string_view what,
                                          const State& state);

struct Order {
  std::string unit_id;
  std::string accountable_unit;
  int phase = 0;
  std::optional<int64_t> left_s;  // none: the full limit of the phase
  bool rework = false;
  std::string check;
  std::string reason;
};

// The next round: deadline, lines and return window by the unit's own calendar.
base::Result<v1::CaseDispatched> MakeDispatch(const State& state, Order order,
                                              const rules::Context& context);

// Of the feedback that stands at the gate.
v1::FeedbackPassed MakePassed(const State& state, const rules::Context& context);

// n of "<case>/k<n>", 0 if it is no check of this case.
int CheckNumber(std::string_view stream, std::string_view check);

}  // namespace wanmi::dispatch
