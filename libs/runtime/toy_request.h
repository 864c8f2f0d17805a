// AddTo: a request as a desk makes it, of the toy's one command that adds. For tests of the
// runtime.
#pragma once

#include "runtime/request.h"
#include "runtime/toy/toy.h"

namespace wanmi::runtime {

// `id` is the command's.
inline Request AddTo(const std::string& stream, int64_t amount, const std::string& id) {
  toy::Add add;
  add.set_amount(amount);
  Request request;
  request.stream = stream;
  request.command = std::make_unique<toy::Command>(rules::Wrap<toy::Command>(add));
  request.id = id;
  request.digest = std::to_string(amount);
  return request;
}

}  // namespace wanmi::runtime
