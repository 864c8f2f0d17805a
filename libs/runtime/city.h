// City: what a city is to the runtime. Made once by `wanmi city create`, the same for every
// process. And what processes that share one have to agree about.
#pragma once

#include <chrono>
#include <string>

namespace wanmi::runtime {

struct City {
  std::string name;        // "weifang"
  std::string journal_id;  // made once; opens, tokens, cursors and stores are checked against it
  int partitions = 8;      // P, fixed for ever
  int incarnation = 1;
};

// The highest level of a city that this version reads and writes.
inline constexpr int kReadsLevel = 1;

// Where several processes share a city, a document takes effect so long after its publishing, in
// real time: by then all have folded it, and partitions change by the clock and not by arrival.
inline constexpr std::chrono::seconds kLead{60};
// Who has not seen the end of a reference journal for so long decides nothing. The rest of the lead
// is for clocks that differ.
inline constexpr std::chrono::seconds kReferenceMost = kLead / 2;

}  // namespace wanmi::runtime
