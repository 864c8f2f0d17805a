// Ids that the client makes: UUIDv7 in its usual form, so that ids sort by the time they were made.
//
// The time is real time and not the city's: a city clock may run fast or be set back. Pure but for
// NewId, which reads the clock and the system's randomness and is safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace wanmi::cli {

// Of milliseconds since 1970 and ten random bytes; version and variant are set.
std::string Uuid7(int64_t unix_ms, const std::array<uint8_t, 10>& random);
std::string NewId();

}  // namespace wanmi::cli
