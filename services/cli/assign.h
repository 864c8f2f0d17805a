// Fields of a command from the words of a command line: "outcome=DONE", "place.address=…".
//
// Pure. Errors are INVALID_ARGUMENT and name the field, what was expected and what was found.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace wanmi::cli {

// `path=value`. The path goes through messages by dots. A value is
//   text, a number, true or false · the name of an enum's value, its prefix may be left out ·
//   for fields that end in _us: microseconds, a local time "2026-03-11 08:30[:00]", or now,
//   which is `now_us` · edition/kind/MM-mm for a class · {…} or […] in protobuf's JSON.
// Repeated fields take one more value each time.
base::Status Assign(google::protobuf::Message* message, std::string_view assignment,
                    int64_t now_us);

// The whole of protobuf's JSON, merged into what is there.
base::Status AssignJson(google::protobuf::Message* message, std::string_view json);

// What a command is about: its first text field after the id ("report", "case_id", "work", …).
base::Status AssignSubject(google::protobuf::Message* message, std::string_view subject);

struct LonLat {
  double longitude_deg = 0;
  double latitude_deg = 0;
};
base::Result<LonLat> ParseLonLat(std::string_view text);  // "119.13,36.71"

}  // namespace wanmi::cli
