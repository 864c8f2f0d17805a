#include "tests/load/chance.h"

#include <fmt/format.h>

#include "geo/demo_city.h"

namespace wanmi::demo {
namespace {

// FNV-1a, then splitmix64, which spreads it.
geo::Chance ChanceOf(uint64_t seed, std::string_view id, std::string_view question) {
  uint64_t hash = 14695981039346656037ull ^ seed;
  for (const std::string_view part : {id, question}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    hash = (hash ^ 0xff) * 1099511628211ull;
  }
  return geo::Chance(hash);
}

}  // namespace

double Roll(uint64_t seed, std::string_view id, std::string_view question) {
  return ChanceOf(seed, id, question).Unit();
}

uint64_t Pick(uint64_t seed, std::string_view id, std::string_view question, uint64_t bound) {
  return ChanceOf(seed, id, question).Below(bound);
}

std::string MakeId(uint64_t seed, std::string_view kind, int64_t number) {
  geo::Chance chance = ChanceOf(seed, fmt::format("{}", number), kind);
  return fmt::format("{:016x}{:016x}", chance.Next(), chance.Next());
}

std::string MakeSha256(uint64_t seed, std::string_view id) {
  geo::Chance chance = ChanceOf(seed, id, "sha256");
  std::string hex;
  for (int i = 0; i < 4; ++i) hex += fmt::format("{:016x}", chance.Next());
  return hex;
}

}  // namespace wanmi::demo
