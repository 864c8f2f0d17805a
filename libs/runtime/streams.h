// Streams: the streams that a piece of work touches, each decoded once: what the runtime remembers
// of it, and its state as the rules see it.
//
// Private to the runtime; used by one thread. Nothing reaches the rows before Write().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/rows.h"
#include "rules/definition.h"
#include "runtime/rows.pb.h"

namespace wanmi::runtime {

struct Stream {
  rows::StreamRecord record;  // its `state` bytes are empty while it is decoded
  std::unique_ptr<google::protobuf::Message> state;
  bool changed = false;
};

class Streams {
 public:
  explicit Streams(const rules::Definition& definition) : definition_(definition) {}
  // Read from `rows` on first use. The reference holds until Clear().
  Stream& At(const base::Rows& rows, std::string_view id);
  // Encodes what changed into `rows`. CHECKs that a state keeps to its limit.
  void Write(base::RowWriter& rows);
  void Clear() { streams_.clear(); }
  size_t size() const { return streams_.size(); }

 private:
  const rules::Definition& definition_;
  std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace wanmi::runtime
