// Kinds: what the messages of a service say about when its events may be written and by whom they
// may be passed over (the options of wanmi/journal/v1/entry.proto).
//
// Made once a partition, constant after; safe from any thread.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "base/status.h"

namespace wanmi::runtime {

// A kind numbered from here on is `ignorable`: the number is all that a reader has who does not
// know the kind. Others stop whoever listens.
inline constexpr int kIgnorableFrom = 1'000;

class Kinds {
 public:
  // CHECKs that the kinds marked ignorable are those with such a number.
  explicit Kinds(const google::protobuf::Descriptor& event);
  // FAILED_PRECONDITION if the event is of a kind, or has a field or value at any depth, that is
  // marked with a higher level. Costs nothing where nothing is.
  base::Status CheckLevel(const google::protobuf::Message& event, int level) const;

 private:
  int highest_ = 0;  // level that anything reachable is marked with
};

// Makes of a kind that is marked with a higher level what a binary that reads up to `reads` sees
// of it: an unknown field.
void HideAbove(int reads, google::protobuf::Message* event);
bool HasKind(const google::protobuf::Message& event);
// Of an event of another service without a kind that we know.
bool MayPassOver(const google::protobuf::Message& event);

}  // namespace wanmi::runtime
