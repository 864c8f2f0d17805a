// Feed: entries of other topics (and of our own, for On<Self>), parsed once for all who listen.
//
// Holds the last entries of each slice; older ones are read from the journal in runs. Used by the
// one thread that steps partitions.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "journal/journal.h"
#include "rules/definition.h"

namespace wanmi::runtime {

struct ParsedEntry {
  wanmi::journal::v1::Entry entry;
  // events[c][e] is the e-th event of changes(c).
  std::vector<std::vector<std::unique_ptr<google::protobuf::Message>>> events;
  bool unknown_event = false;  // an event of a kind that this binary does not know
};

std::shared_ptr<const ParsedEntry> ParseEntry(std::string_view bytes,
                                              const google::protobuf::Message& event_prototype);

class Feed {
 public:
  explicit Feed(const journal::Journal& journal) : journal_(journal) {}
  // The first entry of the slice after `after`, or null at its end.
  base::Result<std::shared_ptr<const ParsedEntry>> Next(const journal::Slice& slice, int64_t after,
                                                        const google::protobuf::Message& prototype);
  base::Result<int64_t> LastSeq(const journal::Slice& slice) const {
    return journal_.LastSeq(slice);
  }

 private:
  const journal::Journal& journal_;
  struct Run {
    int64_t first_seq = 0;
    std::deque<std::shared_ptr<const ParsedEntry>> entries;
  };
  std::map<journal::Slice, Run> runs_;
};

}  // namespace wanmi::runtime
