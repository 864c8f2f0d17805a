// Ownership: which partitions of a service this process is to own, where several could.
//
// It decides who *tries*; who may write is decided by the fence alone. So it may be wrong for a
// while: two who both believe to own a partition do no harm, and nobody who does costs time only.
//
// Safe from any thread.
#pragma once

#include <cstdint>
#include <set>

namespace wanmi::runtime {

class Ownership {
 public:
  struct Assigned {
    // Grows whenever somebody looked and these were still ours. A partition that was closed opens
    // again only on a later look, so that nobody who was deposed fights for what is gone.
    int64_t look = 0;
    std::set<int> partitions;
  };

  virtual ~Ownership() = default;
  virtual Assigned Now() const = 0;
  // Whether this process can own anything: it has folded everything and is not far behind.
  virtual void SetWilling(bool willing) = 0;
};

}  // namespace wanmi::runtime
