// Chance: what happens to what, drawn from a seed and an id, so that a run can be had again.
//
// A draw depends on its arguments only and never on the order in which threads ask. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wanmi::demo {

// 0 ≤ x < 1, for this question about this thing.
double Roll(uint64_t seed, std::string_view id, std::string_view question);
// 0 … bound-1.
uint64_t Pick(uint64_t seed, std::string_view id, std::string_view question, uint64_t bound);
// 32 hexadecimal digits, another for each number.
std::string MakeId(uint64_t seed, std::string_view kind, int64_t number);
// 64 hexadecimal digits, in place of the hash of a picture.
std::string MakeSha256(uint64_t seed, std::string_view id);

}  // namespace wanmi::demo
