// Fact: one event as its readers see it, with where it stands and who caused it.
//
// Views, for the duration of a call; whoever calls owns what they point to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::rules {

template <class Event>
struct Fact {
  std::string_view service;
  int partition = 0;
  int64_t seq = 0;  // of the entry
  int index = 0;    // of the event in the entry
  std::string_view stream;
  base::Time at;  // recorded time; business times are fields of events
  const common::v1::Actor& actor;
  const Event& event;
};

}  // namespace wanmi::rules
