#include "runtime/streams.h"

#include "base/check.h"
#include "runtime/families.h"

namespace wanmi::runtime {
namespace {
constexpr size_t kStateBytesMax = 256 * 1024;
constexpr size_t kWarmMax = 256;
}  // namespace

Stream& Streams::At(const base::Rows& rows, std::string_view id) {
  if (const auto found = streams_.find(id); found != streams_.end()) return found->second;
  if (warm_) {
    if (const auto found = warm_->streams_.find(id); found != warm_->streams_.end())
      return streams_.insert(warm_->streams_.extract(found)).position->second;
  }
  Stream stream;
  if (auto record = kStreams.Get(rows, id)) stream.record = std::move(*record);
  stream.state.reset(definition_.state->New());
  CHECK(stream.state->ParseFromString(stream.record.state()), "the state of {} can be parsed", id);
  stream.record.clear_state();
  return streams_.emplace(id, std::move(stream)).first->second;
}

void Streams::GiveBack() {
  CHECK(warm_, "there is somebody to give back to");
  if (warm_->streams_.size() > kWarmMax) warm_->streams_.clear();
  for (auto at = streams_.begin(); at != streams_.end();) {
    const auto next = std::next(at);
    if (!at->second.changed) warm_->streams_.insert(streams_.extract(at));
    at = next;
  }
  streams_.clear();
}

void Streams::Write(base::RowWriter& rows) {
  for (auto& [id, stream] : streams_) {
    if (!stream.changed) continue;
    stream.state->SerializeToString(stream.record.mutable_state());
    CHECK(stream.record.state().size() <= kStateBytesMax,
          "the state of {} has {} bytes; {} are allowed", id, stream.record.state().size(),
          kStateBytesMax);
    kStreams.Put(rows, id, stream.record);
    stream.record.clear_state();
    stream.changed = false;
  }
}

}  // namespace wanmi::runtime
