#include "testkit/faulty_journal.h"

namespace wanmi::testkit {

base::Result<journal::Opened> FaultyJournal::Open(const journal::Slice& slice,
                                                  wanmi::journal::v1::Fence fence) {
  do {  // of two fences with one epoch the first wins; the other takes a higher one
    const auto last = below_.LastFence(slice);
    fence.set_epoch(last.ok() ? last->epoch() + 1 : 1);
    Meanwhile();
  } while (!below_.LandFence(slice, fence));
  if (!late_.empty() && random_.OneIn(2))
    LandLate();  // a deposed writer's entries, after the fence
  // What landed late may have been valid: the end is read after the fence.
  ASSIGN_OR_RETURN(const int64_t last_seq, below_.LastSeq(slice));
  return journal::Opened{{slice, fence.epoch(), fence.instance()}, last_seq};
}

FaultyJournal::Fate FaultyJournal::Draw() {
  const int draw = random_.Below(10'000);
  if (draw < faults_.unknown_landed) return Fate::kUnknownLanded;
  if (draw < faults_.unknown_landed + faults_.unknown_subset) return Fate::kUnknownSubset;
  if (draw < faults_.unknown_landed + faults_.unknown_subset + faults_.unknown_late)
    return Fate::kUnknownLate;
  return Fate::kFine;
}

void FaultyJournal::LandSubset(const journal::Batch& batch) {
  int64_t seq = batch.first_seq;
  for (const auto& entry : batch.entries) {
    const int64_t at = seq++;
    if (random_.OneIn(2)) below_.Land(batch.writer, at, entry);
    if (random_.OneIn(8)) below_.Land(batch.writer, at, entry);  // or once more
  }
}

// A broker knows no condition on the end of its log: it takes what comes, and the writer concludes
// from the fence alone. Whether it counts is for the reader's rule to say.
journal::Appended FaultyJournal::AppendAsBroker(const journal::Batch& batch) {
  const auto fence = below_.LastFence(batch.writer.slice);
  if (!fence.ok() || fence->epoch() != batch.writer.epoch) {
    return {journal::Outcome::kFenced, 0, "a later writer has opened"};
  }
  int64_t seq = batch.first_seq;
  for (const auto& entry : batch.entries) below_.Land(batch.writer, seq++, entry);
  return {journal::Outcome::kOk, static_cast<int>(batch.entries.size()), ""};
}

void FaultyJournal::LandLate() {
  for (auto& [writer, seq, bytes] : late_) below_.Land(writer, seq, bytes);
  late_.clear();
}

std::vector<journal::Appended> FaultyJournal::Append(std::span<const journal::Batch> batches) {
  Meanwhile();
  if (!late_.empty() && random_.OneIn(3)) LandLate();
  const bool crashes = random_.PerTenThousand(faults_.crash);
  const int crash_after = crashes ? random_.Below(static_cast<int>(batches.size()) + 1) : -1;
  std::vector<journal::Appended> answers;
  for (size_t i = 0; i < batches.size(); ++i) {
    const auto& batch = batches[i];
    if (static_cast<int>(i) == crash_after) {
      LandSubset(batch);
      ++injected_;
      throw CrashNow();
    }
    if (batch.writer.slice == stalled_) {
      ++injected_;
      answers.push_back({journal::Outcome::kUnknown, 0, "the slice takes nothing"});
      continue;
    }
    const Fate fate = Draw();
    if (fate != Fate::kFine) ++injected_;
    switch (fate) {
      case Fate::kFine:
        answers.push_back(AppendAsBroker(batch));
        break;
      case Fate::kUnknownLanded:
        (void)below_.Append({&batch, 1});
        answers.push_back({journal::Outcome::kUnknown, 0, "the answer was lost"});
        break;
      case Fate::kUnknownSubset:
        LandSubset(batch);
        answers.push_back({journal::Outcome::kUnknown, 0, "the connection broke"});
        break;
      case Fate::kUnknownLate: {
        int64_t seq = batch.first_seq;
        for (const auto& entry : batch.entries) late_.emplace_back(batch.writer, seq++, entry);
        answers.push_back({journal::Outcome::kUnknown, 0, "timed out"});
        break;
      }
    }
  }
  if (crashes && crash_after >= static_cast<int>(batches.size())) {
    ++injected_;
    throw CrashNow();  // all landed, nobody was told
  }
  Meanwhile();
  return answers;
}

}  // namespace wanmi::testkit
