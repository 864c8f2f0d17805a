// Messages as short text for people: fields, places, classes, evidence, times.
//
// Local time is China's, UTC+8: there is one zone and no summer time. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace wanmi::cli {

std::string LocalTime(int64_t at_us);    // "2026-03-11 08:30:00"; "-" for 0
std::string LocalMinute(int64_t at_us);  // "2026-03-11 08:30"; "-" for 0
// "2026-03-11 08:30" or "2026-03-11 08:30:00" in microseconds of UTC.
std::optional<int64_t> ParseLocalTime(std::string_view text);
std::string SpanText(int64_t seconds);  // "2 h 30 min", "45 s"

// The fields that are set, in their order: "source 12345 · class 2013/event/01-10 · place 3707…".
// Lines of deadlines and items of documents are left out always, and fields of these names.
std::string FieldsText(const google::protobuf::Message& message,
                       const std::set<std::string, std::less<>>& leave_out = {});

}  // namespace wanmi::cli
