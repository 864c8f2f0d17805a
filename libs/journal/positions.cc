#include "journal/positions.h"

#include <algorithm>

namespace wanmi::journal {
namespace {

constexpr std::chrono::minutes kCatchUp{5};  // of a slice that is read from its start

struct Naming {
  Slice by;
  int64_t by_seq;
  Slice named;
  int64_t named_seq;
};

base::Result<Positions> EndsOf(const Journal& journal, const std::vector<Slice>& slices) {
  Positions ends;
  for (const Slice& slice : slices) {
    ASSIGN_OR_RETURN(ends[slice], journal.LastSeq(slice));
  }
  return ends;
}

base::Status ReadNamings(const Journal& journal, const Slice& slice, int64_t after, int64_t last,
                         std::vector<Naming>* namings) {
  if (after >= last) return {};
  base::Status status;
  RETURN_IF_ERROR(journal.Read(slice, after, [&](int64_t seq, std::string_view bytes) {
    v1::Entry entry;
    if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      status = base::DataLoss("expected entry {} of {}, found {} bytes that are no entry", seq,
                              ToString(slice), bytes.size());
      return false;
    }
    ForEachNamed(entry, [&](const Slice& named, int64_t named_seq) {
      namings->push_back({slice, seq, named, named_seq});
    });
    return seq < last;
  }));
  return status;
}

}  // namespace

void ForEachNamed(const v1::Entry& entry,
                  const std::function<void(const Slice& slice, int64_t seq)>& named) {
  for (const auto& cursor : entry.cursors()) {
    named({cursor.service(), cursor.partition()}, cursor.seq());
  }
  if (entry.cause().has_upstream()) {
    const auto& cause = entry.cause().upstream();
    named({cause.service(), cause.partition()}, cause.seq());
  }
}

base::Result<Positions> TrimUntilClosed(const Journal& journal, const Positions& settled,
                                        Positions most) {
  std::vector<Naming> namings;
  for (const auto& [slice, last] : most) {
    const auto from = settled.find(slice);
    RETURN_IF_ERROR(
        ReadNamings(journal, slice, from == settled.end() ? 0 : from->second, last, &namings));
  }
  // Cutting one slice may leave another naming what is gone. Each turn cuts at least one entry.
  for (bool moved = true; moved;) {
    moved = false;
    for (const Naming& naming : namings) {
      int64_t& mine = most[naming.by];
      if (naming.by_seq > mine || naming.named_seq <= most[naming.named]) continue;
      mine = naming.by_seq - 1;
      moved = true;
    }
  }
  return most;
}

base::Status CatchUpAll(Journal& journal, const std::vector<Slice>& slices) {
  for (const Slice& slice : slices) RETURN_IF_ERROR(journal.Follow(slice, 0, ""));  // all at once
  for (const Slice& slice : slices) RETURN_IF_ERROR(journal.CatchUp(slice, kCatchUp));
  return {};
}

base::Result<Positions> ClosedNow(Journal& journal, const std::vector<Slice>& slices) {
  RETURN_IF_ERROR(CatchUpAll(journal, slices));
  ASSIGN_OR_RETURN(const Positions settled, EndsOf(journal, slices));
  // A slice may be seen later than one that names it: what was settled must not be ahead of it.
  RETURN_IF_ERROR(CatchUpAll(journal, slices));
  ASSIGN_OR_RETURN(Positions most, EndsOf(journal, slices));
  return TrimUntilClosed(journal, settled, std::move(most));
}

}  // namespace wanmi::journal
