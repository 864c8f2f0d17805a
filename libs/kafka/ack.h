// Ack: what a broker said of one message. Without librdkafka, for rules that are tested alone.
#pragma once

#include <cstdint>
#include <string>

namespace wanmi::kafka {

struct Ack {
  bool acknowledged = false;
  int64_t offset = -1;  // -1: not known
  std::string error;    // why it was not acknowledged
};

}  // namespace wanmi::kafka
