// The directory's rows, which every service reads through Reference. Written by services/directory.
#pragma once

#include "base/rows.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::rules::directory_rows {

inline constexpr base::Family<wanmi::directory::v1::Unit> kUnits{16, "unit"};  // unit id
inline constexpr base::Family<wanmi::directory::v1::Post> kPosts{17, "post"};  // post id
inline constexpr base::Family<wanmi::directory::v1::Post> kPostsOfUnit{
    18, "post-of-unit"};  // unit, post
inline constexpr base::Family<wanmi::directory::v1::Holding> kHoldings{19,
                                                                       "holding"};  // person, post
inline constexpr base::Family<wanmi::directory::v1::Holding> kHolders{20,
                                                                      "holder"};  // post, person
inline constexpr base::Family<wanmi::directory::v1::Shift> kShifts{
    21, "shift"};  // post, person: who is on

}  // namespace wanmi::rules::directory_rows
