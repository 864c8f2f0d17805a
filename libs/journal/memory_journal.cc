#include "journal/memory_journal.h"

#include "base/mutants.h"

namespace wanmi::journal {

base::Result<Opened> MemoryJournal::Open(const Slice& slice, wanmi::journal::v1::Fence fence) {
  const std::lock_guard lock(mutex_);
  Topic& topic = topics_[slice];
  fence.set_epoch(topic.fences.empty() ? 1 : topic.fences.back().epoch() + 1);
  topic.fences.push_back(fence);
  return Opened{{slice, fence.epoch(), fence.instance()}, static_cast<int64_t>(topic.valid.size())};
}

bool MemoryJournal::LandFence(const Slice& slice, const wanmi::journal::v1::Fence& fence) {
  const std::lock_guard lock(mutex_);
  auto& fences = topics_[slice].fences;
  if (!fences.empty() && fences.back().epoch() >= fence.epoch()) {
    return MUTANT(kBothOpenersWin) && fences.back().epoch() == fence.epoch();
  }
  fences.push_back(fence);
  return true;
}

Appended MemoryJournal::Check(const Batch& batch) const {
  const std::lock_guard lock(mutex_);
  return CheckLocked(batch);
}

Appended MemoryJournal::CheckLocked(const Batch& batch) const {
  const auto found = topics_.find(batch.writer.slice);
  if (found == topics_.end() || found->second.fences.empty()) {
    return {Outcome::kUnknown, 0, "the slice was never opened"};
  }
  const auto& fence = found->second.fences.back();
  if (fence.epoch() != batch.writer.epoch || fence.instance() != batch.writer.instance) {
    return {Outcome::kFenced, 0,
            fmt::format("epoch {} of {} writes now", fence.epoch(), fence.instance())};
  }
  const auto& valid = found->second.valid;
  const std::string prev = valid.empty() ? GenesisHash() : ChainHash(valid.back().bytes);
  if (batch.first_seq != static_cast<int64_t>(valid.size()) + 1 || batch.prev != prev) {
    return {Outcome::kUnknown, 0,
            fmt::format("expected seq {} with the chain's hash, found seq {}", valid.size() + 1,
                        batch.first_seq)};
  }
  return {Outcome::kOk, static_cast<int>(batch.entries.size()), ""};
}

std::vector<Appended> MemoryJournal::Append(std::span<const Batch> batches) {
  const std::lock_guard lock(mutex_);
  std::vector<Appended> answers;
  for (const Batch& batch : batches) {
    answers.push_back(CheckLocked(batch));
    if (answers.back().outcome != Outcome::kOk) continue;
    int64_t seq = batch.first_seq;
    for (const std::string& bytes : batch.entries) LandLocked(batch.writer, seq++, bytes);
  }
  return answers;
}

void MemoryJournal::Land(const Writer& writer, int64_t seq, std::string bytes) {
  const std::lock_guard lock(mutex_);
  LandLocked(writer, seq, std::move(bytes));
}

void MemoryJournal::LandLocked(const Writer& writer, int64_t seq, std::string bytes) {
  Topic& topic = topics_[writer.slice];
  const bool of_last_fence = !topic.fences.empty() && topic.fences.back().epoch() == writer.epoch &&
                             topic.fences.back().instance() == writer.instance;
  const bool follows = seq == static_cast<int64_t>(topic.valid.size()) + 1;
  if ((of_last_fence || MUTANT(kNoEpochCheck)) && (follows || MUTANT(kNoSeqCheck))) {
    topic.valid.push_back({seq, std::move(bytes)});
  } else {
    ++topic.void_records;
  }
}

base::Status MemoryJournal::Read(const Slice& slice, int64_t after, const Visitor& visit) const {
  for (int64_t at = after;; ++at) {
    std::string bytes;
    {
      const std::lock_guard lock(mutex_);
      const auto found = topics_.find(slice);
      if (found == topics_.end() || at >= static_cast<int64_t>(found->second.valid.size()))
        return {};
      bytes = found->second.valid[static_cast<size_t>(at)].bytes;
    }
    if (!visit(at + 1, bytes)) return {};
  }
}

base::Result<int64_t> MemoryJournal::LastSeq(const Slice& slice) const {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(slice);
  return found == topics_.end() ? 0 : static_cast<int64_t>(found->second.valid.size());
}

base::Result<wanmi::journal::v1::Fence> MemoryJournal::LastFence(const Slice& slice) const {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(slice);
  if (found == topics_.end() || found->second.fences.empty()) {
    return base::NotFound("nobody ever opened {}", ToString(slice));
  }
  return found->second.fences.back();
}

}  // namespace wanmi::journal
