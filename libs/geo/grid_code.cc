#include "geo/grid_code.h"

namespace wanmi::geo {
namespace {

constexpr size_t kCommunityDigits = 12;
constexpr size_t kCodeDigits = 15;
constexpr int kLastSequence = 999;

base::Status CheckDigits(std::string_view what, std::string_view rule, size_t digits,
                         std::string_view text) {
  if (text.size() != digits) {
    return base::InvalidArgument("expected {} of {} digits ({}), found {} characters in \"{}\"",
                                 what, digits, rule, text.size(), text);
  }
  const size_t wrong = text.find_first_not_of("0123456789");
  if (wrong == std::string_view::npos) return {};
  return base::InvalidArgument(
      "expected {} of digits only, found \"{}\" with another character at "
      "place {}",
      what, text, wrong + 1);
}

}  // namespace

base::Result<GridCode> GridCode::Parse(std::string_view text) {
  RETURN_IF_ERROR(CheckDigits(
      "a unit grid code", "6 district + 3 street + 3 community + 3 sequence", kCodeDigits, text));
  if (text.substr(kCommunityDigits) == "000") {
    return base::InvalidArgument(
        "expected a unit grid code with a sequence of 001–999, found 000 in {}; if the community "
        "itself is meant, leave the last three digits out",
        text);
  }
  return GridCode(std::string(text));
}

base::Result<GridCode> GridCode::Make(std::string_view community, int sequence) {
  RETURN_IF_ERROR(ValidateCommunity(community));
  if (sequence < 1) {
    return base::InvalidArgument("expected a sequence of 1–999 in community {}, found {}",
                                 community, sequence);
  }
  if (sequence > kLastSequence) {
    return base::ResourceExhausted(
        "expected at most 999 unit grids in community {}, found a need of number {}; withdrawn "
        "numbers are not used again, so divide the community",
        community, sequence);
  }
  return GridCode(fmt::format("{}{:03}", community, sequence));
}

int GridCode::sequence() const {
  int number = 0;
  for (const char digit : text_.substr(kCommunityDigits)) number = number * 10 + (digit - '0');
  return number;
}

base::Status ValidateCommunity(std::string_view code) {
  return CheckDigits("a community code", "6 district + 3 street + 3 community", kCommunityDigits,
                     code);
}

}  // namespace wanmi::geo
