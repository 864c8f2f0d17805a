// Views: what a query reads. Every partition of one service, as of one committed moment each.
//
// Valid during one query. Scans go through indexes only: no query walks history.
#pragma once

#include <string>
#include <string_view>

#include "base/rows.h"
#include "base/status.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::rules {

// One view held in memory beside the rows (a spatial index). Fold is called by the runtime after a
// step is committed, Rebuild at start; both from one thread at a time. Reads come from any thread:
// the implementation guards itself.
class MemoryView {
 public:
  virtual ~MemoryView() = default;
  virtual void Rebuild(const base::Rows& all) = 0;
  // Called with the rows as they are after events of `stream` were projected.
  virtual void Fold(std::string_view stream, const base::Rows& partition) = 0;
};

class Views {
 public:
  virtual ~Views() = default;
  // All partitions merged: scans in key order, gets from whichever has the key.
  virtual const base::Rows& All() const = 0;
  // The partition of an id, for gets: one look-up instead of P.
  virtual const base::Rows& Of(std::string_view id) const = 0;
  virtual const MemoryView* memory() const = 0;
  virtual base::Time now() const = 0;
};

inline constexpr int kPageSizeDefault = 50;
inline constexpr int kPageSizeMax = 500;

// The key to go on from, out of a page token; INVALID_ARGUMENT if it is not of `family` and
// `prefix`.
base::Result<std::string> PageStart(const common::v1::PageRequest& page, uint16_t family,
                                    std::string_view prefix);
base::Result<int> PageSize(const common::v1::PageRequest& page);
std::string PageToken(uint16_t family, std::string_view next_key);

// How many rows there are under a prefix: for gauges, over indexes of what is open.
int64_t CountRows(const base::Rows& rows, uint16_t family, std::string_view prefix);

// Reads one page of a family under a prefix: each(key, message) for at most a page, in key order.
// Returns the token of the next page, empty at the end.
template <class Message, class Each>
base::Result<std::string> ReadPage(const base::Rows& rows, const base::Family<Message>& family,
                                   std::string_view prefix, const common::v1::PageRequest& page,
                                   Each each) {
  ASSIGN_OR_RETURN(const int size, PageSize(page));
  ASSIGN_OR_RETURN(const std::string from, PageStart(page, family.number, prefix));
  int taken = 0;
  std::string next;
  family.Scan(rows, prefix, from, [&](std::string_view key, Message&& message) {
    if (taken == size) {
      next = PageToken(family.number, key);
      return false;
    }
    ++taken;
    each(key, std::move(message));
    return true;
  });
  return next;
}

}  // namespace wanmi::rules
