#include "journal/kafka_rule.h"

#include "base/mutants.h"
#include "wanmi/journal/v1/hint.pb.h"

namespace wanmi::journal {

std::string ToHint(const Place& place) {
  wanmi::journal::v1::Hint hint;
  hint.set_offset(place.offset);
  *hint.mutable_fence() = place.fence;
  hint.set_seq(place.seq);
  hint.set_hash(place.hash);
  return hint.SerializeAsString();
}

std::optional<Place> FromHint(const std::string& text) {
  wanmi::journal::v1::Hint hint;
  if (text.empty() || !hint.ParseFromString(text) || hint.offset() < 0 || hint.seq() < 0 ||
      hint.hash().size() != kHashBytes) {
    return std::nullopt;
  }
  return Place{hint.offset(), hint.fence(), hint.seq(), hint.hash()};
}

base::Result<Worth> Take(const Record& record, Place& place) {
  if (record.offset < place.offset) return Worth::kVoid;
  if (record.offset > place.offset) return Worth::kGap;
  place.offset = record.offset + 1;
  if (record.kind == Record::Kind::kFence) {
    wanmi::journal::v1::Fence fence;
    if (record.epoch <= place.fence.epoch() ||
        !fence.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())) ||
        fence.epoch() != record.epoch) {
      return Worth::kVoid;
    }
    place.fence = std::move(fence);
    return Worth::kFence;
  }
  if (record.kind != Record::Kind::kEntry) return Worth::kVoid;
  const bool of_fence =
      record.epoch == place.fence.epoch() && record.instance == place.fence.instance();
  if (!of_fence && !MUTANT(kNoEpochCheck)) return Worth::kVoid;
  if (record.seq != place.seq + 1 && !MUTANT(kNoSeqCheck)) return Worth::kVoid;
  if (record.prev != place.hash && of_fence && record.seq == place.seq + 1) {
    return base::DataLoss(
        "the entry with seq {} at offset {} follows another entry {} than the one that is there: "
        "the brokers lost what they had acknowledged; restore the city from its backup",
        record.seq, record.offset, place.seq);
  }
  place.seq = record.seq;
  place.hash = record.hash.empty() ? ChainHash(record.value) : record.hash;
  return Worth::kEntry;
}

namespace {

Landing JudgeOne(const Flown& batch) {
  Landing landing;
  int64_t expected = batch.expected;
  for (const auto& ack : batch.acks) {
    auto& [outcome, landed, why] = landing.answer;
    if (!ack.acknowledged) {
      why = "it was not acknowledged: " + ack.error;
      return landing;
    }
    if (ack.offset < 0 && !MUTANT(kAckWithoutOffset)) {
      why = "it was acknowledged without an offset";
      return landing;
    }
    if (ack.offset >= 0 && ack.offset < expected) {
      landing.lost = true;
      why = fmt::format("it landed at offset {} where {} or later was expected", ack.offset,
                        expected);
      return landing;
    }
    if (batch.higher_fence && *batch.higher_fence < ack.offset) {
      outcome = Outcome::kFenced;
      why = fmt::format("a higher fence stands before it, at offset {}", *batch.higher_fence);
      return landing;
    }
    landing.gap = landing.gap || ack.offset > expected;
    expected = ack.offset + 1;
    ++landed;
  }
  landing.answer.outcome = Outcome::kOk;
  return landing;
}

}  // namespace

std::vector<Landing> Judge(std::span<const Flown> batches) {
  std::vector<Landing> landings;
  for (const auto& batch : batches) {
    const bool as_the_first = MUTANT(kOneStatusForBatch) && !landings.empty();
    landings.push_back(as_the_first ? landings.front() : JudgeOne(batch));
  }
  return landings;
}

}  // namespace wanmi::journal
