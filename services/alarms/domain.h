// alarms: the life of one device, and the alarms that its readings make.
//
// A stream is a device; its id is its root. For each metric of it:
//
//   RegisterDevice ──► quiet ── Ingest: `readings` in a row below the baseline ──► alarm
//                        ▲                                                         │ └ Acknowledge
//                        └── Ingest: `clear_readings` in a row at or above it ─────┘
//
// Readings are not a journal: an Ingest that changes no alarm gives no event and leaves no trace.
// So "in a row" means within one Ingest; a gateway sends the last few readings again each time, and
// what has decided an alarm once decides nothing again. Within an Ingest the order of arrival does
// not matter and equal times count once. Pure functions; errors are rejections with a sentence.
// Times are UTC microseconds.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "services/alarms/state.pb.h"
#include "wanmi/alarms/v1/alarms.pb.h"

namespace wanmi::alarms {

// Each reading changes an alarm at most once, and an entry holds 256 events.
inline constexpr int kReadingsMax = 250;
inline constexpr size_t kTitleBytesMax = 200;

std::string Target(const v1::Command& command);
base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const state::State& state,
                                                const v1::Command& command,
                                                const rules::Context& context);
void Apply(std::string_view stream, const v1::Event& event, state::State* state);

}  // namespace wanmi::alarms
