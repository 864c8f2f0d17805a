// Request: a client's command on its way to a partition.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "google/protobuf/message.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::runtime {

// On whose behalf something is done: until when they wait, and which trace it belongs to.
struct Behalf {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::string traceparent = {};
};

using Answer = std::function<void(base::Result<common::v1::Receipt>)>;

struct Request {
  std::string stream;
  std::unique_ptr<google::protobuf::Message> command;  // sealed and located
  std::string id;                                      // the client's idempotency key
  std::string digest;  // keyed, over the client's own bytes and the actor
  std::string key_id;
  common::v1::Actor actor;
  std::string traceparent;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  int64_t retry_of = 0;  // not 0: retry this parked entry of `partition`; no command
  int partition = 0;
  Answer answer;  // called once, from its lane, when the step is durable or has failed
};

}  // namespace wanmi::runtime
