// directory: units, posts, persons, who holds which post from when to when, and who is on shift.
//
// Three kinds of stream, all in one partition ("unit/<id>", "post/<id>", "person/<id>"):
//
//   unit     none ──OpenUnit──► open ──OpenUnit (name, group, parent, level, area, calendar)──►
//   open
//                               the axis never changes
//   post     none ──OpenPost──► open ──OpenPost (title, program)──► open
//                               unit and kind never change: another power is another post
//   person   none ──RegisterPerson──► known
//   holding  none ──AssignPost──► held ──LeavePost──► left ──AssignPost──► held …
//   shift    off ──StartShift──► on ──EndShift, LeavePost──► off
//
// Nothing is deleted. A person holds posts on one axis at a time; AXIS_NONE counts as an axis.
// Pure; see libs/rules/context.h for the bootstrap actor.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/directory/state.pb.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::directory {

inline constexpr int kHoldingsMax = 32;  // open or planned, of one person
inline constexpr int kPastMax = 64;

std::string UnitStream(std::string_view unit_id);
std::string PostStream(std::string_view post_id);
std::string PersonStream(std::string_view person_id);

std::string Target(const v1::Command& command);
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, state::State* state);

}  // namespace wanmi::directory
