// Closed positions: whatever the causes, nothing that is kept names what is cut off, and nothing is
// cut off without need.
#include "journal/positions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "journal/memory_journal.h"

namespace wanmi::journal {
namespace {

constexpr int kSlices = 5;

const std::vector<Slice>& Slices() {
  static const std::vector<Slice> slices = [] {
    std::vector<Slice> all;
    for (int p = 0; p < kSlices; ++p) all.push_back({p % 2 ? "dispatch" : "intake", p});
    return all;
  }();
  return slices;
}

// A city's past: each entry may name any that were there before it.
struct History {
  explicit History(uint64_t seed) : random(seed) {
    for (const Slice& slice : Slices()) writers[slice] = journal.Open(slice, {})->writer;
    for (int i = 0; i < 120; ++i) AddOne();
  }
  const Slice& Any() { return Slices()[random() % kSlices]; }
  void AddOne() {
    const Slice& slice = Any();
    v1::Entry entry;
    for (int i = static_cast<int>(random() % 3); i > 0; --i) {
      const Slice& named = Any();
      if (ends[named] == 0) continue;
      const auto seq = static_cast<int64_t>(1 + random() % static_cast<uint64_t>(ends[named]));
      if (random() % 2 == 0) {
        auto& cursor = *entry.add_cursors();
        cursor.set_service(named.service);
        cursor.set_partition(named.partition);
        cursor.set_seq(seq);
      } else {
        auto& cause = *entry.mutable_cause()->mutable_upstream();
        cause.set_service(named.service);
        cause.set_partition(named.partition);
        cause.set_seq(seq);
      }
    }
    entry.set_seq(++ends[slice]);
    order.push_back(slice);
    journal.Land(writers[slice], ends[slice], entry.SerializeAsString());
  }
  // As of some moment of each slice's own, as a careless observer takes them.
  Positions Ragged() {
    Positions most;
    for (const Slice& slice : Slices())
      most[slice] = static_cast<int64_t>(random() % static_cast<uint64_t>(ends[slice] + 1));
    return most;
  }
  // As of one moment: after the first n entries of all.
  Positions AsOf(size_t n) const {
    Positions at;
    for (const Slice& slice : Slices()) at[slice] = 0;
    for (size_t i = 0; i < n; ++i) ++at[order[i]];
    return at;
  }
  bool Closed(const Positions& positions) const {
    bool closed = true;
    for (const auto& position : positions) {
      const Slice& slice = position.first;
      const int64_t last = position.second;
      if (last == 0) continue;
      EXPECT_TRUE(journal
                      .Read(slice, 0,
                            [&](int64_t seq, std::string_view bytes) {
                              v1::Entry entry;
                              EXPECT_TRUE(entry.ParseFromString(std::string(bytes)));
                              ForEachNamed(entry, [&](const Slice& named, int64_t named_seq) {
                                closed &= named_seq <= positions.at(named);
                              });
                              return seq < last;
                            })
                      .ok());
    }
    return closed;
  }

  std::mt19937_64 random;
  MemoryJournal journal;
  std::map<Slice, Writer> writers;
  Positions ends;
  std::vector<Slice> order;
};

TEST(Closed, NothingThatIsKeptNamesWhatIsCutOff) {
  int cut = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    History history(seed);
    const Positions most = history.Ragged();
    const auto closed = TrimUntilClosed(history.journal, {}, most);
    ASSERT_TRUE(closed.ok()) << closed.status().ToString();
    EXPECT_TRUE(history.Closed(*closed)) << "seed " << seed;
    for (const auto& [slice, seq] : most) EXPECT_LE(closed->at(slice), seq);
    cut += *closed != most;
    // Whatever moment lies within what was seen is kept whole.
    for (size_t n = 0; n <= history.order.size(); ++n) {
      const Positions at = history.AsOf(n);
      const bool within = std::all_of(
          at.begin(), at.end(), [&](const auto& end) { return end.second <= most.at(end.first); });
      if (!within) break;
      for (const auto& [slice, seq] : at) EXPECT_GE(closed->at(slice), seq) << "seed " << seed;
    }
  }
  EXPECT_GT(cut, 30) << "the histories hardly name anything";
}

TEST(Closed, ItIsTheLargestThereIs) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    History history(seed);
    const Positions most = history.Ragged();
    const Positions closed = *TrimUntilClosed(history.journal, {}, most);
    // No slice alone can have one entry more; what needs two at once is found by the moments above.
    for (const Slice& slice : Slices()) {
      Positions more = closed;
      if (++more[slice] > most.at(slice)) continue;
      EXPECT_FALSE(history.Closed(more)) << "seed " << seed;
    }
  }
}

TEST(Closed, WhatWasSettledNeedsNoLook) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    History history(seed);
    // Each slice's end was seen at a moment of its own before 60, and again after 60.
    Positions settled, most;
    for (const Slice& slice : Slices()) {
      settled[slice] = history.AsOf(30 + history.random() % 30).at(slice);
      most[slice] = history.AsOf(60 + history.random() % 60).at(slice);
    }
    EXPECT_EQ(*TrimUntilClosed(history.journal, settled, most),
              *TrimUntilClosed(history.journal, {}, most))
        << "seed " << seed;
  }
}

TEST(Closed, ACityAtRestIsTakenWhole) {
  History history(7);
  EXPECT_EQ(*ClosedNow(history.journal, Slices()), history.ends);
}

}  // namespace
}  // namespace wanmi::journal
