// Streams: the streams that a piece of work touches, each decoded once: what the runtime remembers
// of it, and its state as the rules see it.
//
// Private to the runtime; used by one thread. Nothing reaches the rows before Write(). Those of an
// input are taken out of the partition's own and given back when it is done, so that a stream that
// is asked for again is not read and parsed again; an input that is dropped gives nothing back.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

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
  // `warm`: where those that were in use before are; may be null.
  explicit Streams(const rules::Definition& definition, Streams* warm = nullptr)
      : definition_(definition), warm_(warm) {}
  // Read from `rows` on first use. The reference holds until Clear() or GiveBack().
  Stream& At(const base::Rows& rows, std::string_view id);
  // Encodes what changed into `rows`. CHECKs that a state keeps to its limit.
  void Write(base::RowWriter& rows);
  // To the warm ones, what is as the rows have it. They keep 256 at most.
  void GiveBack();
  void Clear() { streams_.clear(); }
  size_t size() const { return streams_.size(); }

 private:
  const rules::Definition& definition_;
  Streams* warm_;
  struct HashOf {
    using is_transparent = void;
    size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };
  std::unordered_map<std::string, Stream, HashOf, std::equal_to<>> streams_;
};

}  // namespace wanmi::runtime
