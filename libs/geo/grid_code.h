// The code of a ten-thousand-square-metre unit grid, 15 digits:
//
//   code      = community sequence             370705001001001
//   community = street 3 digits                370705001001
//   street    = district 3 digits              370705001
//   district  = 6 digits (GB/T 2260, or a statistical code such as 370772: not checked against it)
//   sequence  = 001 … 999, west to east, then north to south; a withdrawn one is not used again
//
// A value; text form only. Errors are INVALID_ARGUMENT, or RESOURCE_EXHAUSTED past 999.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace wanmi::geo {

class GridCode {
 public:
  static base::Result<GridCode> Parse(std::string_view text);
  static base::Result<GridCode> Make(std::string_view community, int sequence);

  std::string_view district() const { return std::string_view(text_).substr(0, 6); }
  std::string_view street() const { return std::string_view(text_).substr(0, 9); }
  std::string_view community() const { return std::string_view(text_).substr(0, 12); }
  int sequence() const;
  const std::string& str() const { return text_; }

  friend auto operator<=>(const GridCode&, const GridCode&) = default;

 private:
  explicit GridCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// 12 digits.
base::Status ValidateCommunity(std::string_view code);

}  // namespace wanmi::geo
