// Preparation: what an API may do with a client's request before it is decided: seal personal
// words, and ask another service's pure read (the grid for a place). It decides nothing.
#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::rules {

class Preparation {
 public:
  virtual ~Preparation() = default;
  // Seals under the subject's key, which is made if there is none yet and is durable before the
  // entry that uses it. `subject` is "report/…", "person/…" or "case/…".
  virtual base::Result<common::v1::Sealed> Seal(std::string_view subject,
                                                std::string_view clear) = 0;
  // A query of another service: Ask("grid", "Locate", request, &place). UNAVAILABLE if it is down.
  virtual base::Status Ask(std::string_view service, std::string_view method,
                           const google::protobuf::Message& request,
                           google::protobuf::Message* response) = 0;
  virtual base::Time now() const = 0;
};

}  // namespace wanmi::rules
