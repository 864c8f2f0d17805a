#include "journal/kafka_journal.h"

#include "base/check.h"
#include "base/log.h"
#include "journal/kafka_impl.h"
#include "journal/kafka_record.h"
#include "journal/kafka_topics.h"

namespace wanmi::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSeenMost{10'000}, kReplayMost{10'000};
constexpr size_t kReadBytes = 1 << 20;
constexpr size_t kIdleMax = 4;

}  // namespace

std::string TopicOf(const std::string& city, const std::string& service) {
  return fmt::format("wanmi.{}.{}", city, service);
}

base::Result<std::unique_ptr<KafkaJournal>> KafkaJournal::Connect(KafkaOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  ASSIGN_OR_RETURN(impl->consumer,
                   kafka::Consumer::Make(impl->options.cluster, impl->options.consumer_kbytes));
  RETURN_IF_ERROR(PrepareTopics(impl->consumer->handle(), impl->options));
  impl->Start();
  return std::unique_ptr<KafkaJournal>(new KafkaJournal(std::move(impl)));
}

KafkaJournal::KafkaJournal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaJournal::~KafkaJournal() = default;

KafkaJournal::Impl::Impl(KafkaOptions wanted) : options(std::move(wanted)) {
  for (const auto& [service, count] : options.partitions) {
    auto& of_service = slices[service];
    const std::string topic = TopicOf(options.city, service);
    for (int p = 0; p < count; ++p) {
      of_service.push_back(std::make_unique<Followed>(Slice{service, p}, kafka::Spot{topic, p}));
    }
    by_topic[topic] = &of_service;
  }
}

KafkaJournal::Impl::~Impl() = default;

base::Result<Followed*> KafkaJournal::Impl::Find(const Slice& slice) const {
  const auto found = slices.find(slice.service);
  if (found == slices.end() || slice.partition < 0 ||
      slice.partition >= static_cast<int>(found->second.size())) {
    return base::NotFound("expected a slice that this journal was configured with, found {}",
                          ToString(slice));
  }
  return found->second[static_cast<size_t>(slice.partition)].get();
}

base::Result<Followed*> KafkaJournal::Impl::FindSeen(const Slice& slice) {
  ASSIGN_OR_RETURN(Followed * followed, Find(slice));
  {
    const std::lock_guard lock(followed->mutex);
    if (!followed->broken.ok()) return followed->broken;
    if (followed->seen) return followed;
  }
  RETURN_IF_ERROR(CatchUp(*followed, kSeenMost));
  return followed;
}

base::Status KafkaJournal::Follow(const Slice& slice, int64_t after, const std::string& hint) {
  ASSIGN_OR_RETURN(Followed * followed, impl_->Find(slice));
  const std::lock_guard lock(followed->mutex);
  if (followed->view) return {};
  auto place = FromHint(hint);
  if (!place || place->seq > after) place.emplace();
  followed->view.emplace(impl_->ViewFrom(std::move(*place)));
  return impl_->Resume(*followed);
}

base::Status KafkaJournal::ReadAndFollow(const Slice& slice, int64_t after, const std::string& hint,
                                         const Visitor& visit) {
  ASSIGN_OR_RETURN(Followed * followed, impl_->Find(slice));
  const auto is_followed = [&] {
    const std::lock_guard lock(followed->mutex);
    return followed->view.has_value();
  };
  if (is_followed()) return Journal::ReadAndFollow(slice, after, hint, visit);
  const auto asked = steady_clock::now();
  ASSIGN_OR_RETURN(const int64_t end, impl_->EndOf(*followed, asked + kCatchUpMost));
  auto place = FromHint(hint);
  if (!place || place->seq > after || place->offset > end) place.emplace();
  SliceView view = impl_->ViewFrom(std::move(*place));
  bool wanted = true;
  const auto take = [&](const Record& record) -> base::Result<bool> {
    ASSIGN_OR_RETURN(const Worth worth, view.Fold(record));
    if (worth == Worth::kEntry && view.place().seq > after)
      wanted = visit(view.place().seq, record.value);
    return wanted && view.place().offset < end;
  };
  if (view.place().offset < end)
    RETURN_IF_ERROR(impl_->ReadFrom(*followed, view.place().offset, kCatchUpMost, take));
  const std::lock_guard lock(followed->mutex);
  if (followed->view) return {};
  followed->view.emplace(std::move(view));
  followed->seen = followed->view->place().offset >= end;
  if (followed->seen) followed->seen_at = std::max(followed->seen_at, asked);
  return impl_->Resume(*followed);
}

SliceView KafkaJournal::Impl::ViewFrom(Place place) const {
  return {std::move(place), {options.window_bytes, options.window_entries}};
}

base::Status KafkaJournal::CatchUp(const Slice& slice, milliseconds most) {
  ASSIGN_OR_RETURN(Followed * followed, impl_->Find(slice));
  return impl_->CatchUp(*followed, most);
}

base::Result<int64_t> KafkaJournal::Impl::EndOf(const Followed& followed, SteadyTime until) const {
  base::Status why = base::Unavailable("the end of {} is not known", ToString(followed.slice));
  while (true) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
    if (left.count() <= 0) return why;
    const auto ends = consumer->EndsOf({followed.spot}, std::min(left, milliseconds(2'000)));
    if (ends.ok() && ends->front() >= 0) return ends->front();
    if (!ends.ok()) why = ends.status();
    std::this_thread::sleep_for(std::min(left, milliseconds(20)));
  }
}

base::Status KafkaJournal::Impl::CatchUp(Followed& followed, milliseconds most) {
  const auto asked = steady_clock::now(), until = asked + most;
  ASSIGN_OR_RETURN(const int64_t end, EndOf(followed, until));
  std::unique_lock lock(followed.mutex);
  if (!followed.view) followed.view.emplace(ViewFrom({}));
  if (followed.view->place().offset < end) RETURN_IF_ERROR(AwaitOffset(followed, lock, end, until));
  if (!followed.broken.ok()) return followed.broken;
  followed.seen = true;
  followed.seen_at = std::max(followed.seen_at, asked);
  if (!followed.reading && !followed.writer) return Resume(followed);
  return {};
}

SteadyTime KafkaJournal::SeenToEnd(const Slice& slice) const {
  const auto found = impl_->Find(slice);
  if (!found.ok()) return {};
  const std::lock_guard lock((*found)->mutex);
  return (*found)->seen_at;
}

void KafkaJournal::OnGrowth(std::function<void(const Slice&)> grown) {
  const std::lock_guard lock(impl_->call_mutex);
  impl_->grown_called = std::move(grown);
}

std::string KafkaJournal::HintAt(const Slice& slice, int64_t seq) const {
  const auto found = impl_->Find(slice);
  if (!found.ok()) return {};
  const std::lock_guard lock((*found)->mutex);
  if (!(*found)->view) return {};
  const Place place = (*found)->view->BestPlace(seq);
  return place.seq == 0 ? std::string() : ToHint(place);
}

base::Result<int64_t> KafkaJournal::LastSeq(const Slice& slice) const {
  ASSIGN_OR_RETURN(Followed * followed, impl_->FindSeen(slice));
  const std::lock_guard lock(followed->mutex);
  return followed->view->place().seq;
}

base::Result<wanmi::journal::v1::Fence> KafkaJournal::LastFence(const Slice& slice) const {
  ASSIGN_OR_RETURN(Followed * followed, impl_->FindSeen(slice));
  const std::lock_guard lock(followed->mutex);
  const auto& fence = followed->view->place().fence;
  if (fence.epoch() == 0) return base::NotFound("nobody ever opened {}", ToString(slice));
  return fence;
}

base::Status KafkaJournal::Read(const Slice& slice, int64_t after, const Visitor& visit) const {
  ASSIGN_OR_RETURN(Followed * followed, impl_->FindSeen(slice));
  int64_t last = -1;  // what there is now; more may come while it is visited
  while (true) {
    std::vector<SliceView::Kept> kept;
    Place from;
    int64_t until = 0;
    {
      const std::lock_guard lock(followed->mutex);
      RETURN_IF_ERROR(followed->broken);
      const SliceView& view = *followed->view;
      if (last < 0) last = view.place().seq;
      if (after >= last) return {};
      kept = view.KeptAfter(after, kReadBytes);
      if (kept.empty()) {
        from = view.BestPlace(after);
        until = std::min(last, view.window_begin() - 1);
      }
    }
    for (const auto& [seq, bytes] : kept) {
      if (seq > last || !visit(seq, bytes)) return {};
      after = seq;
    }
    if (!kept.empty()) continue;
    bool go_on = true;
    RETURN_IF_ERROR(impl_->Replay(*followed, std::move(from), &after, until, visit, &go_on));
    if (!go_on) return {};
  }
}

base::Status KafkaJournal::Impl::Replay(const Followed& followed, Place from, int64_t* after,
                                        int64_t until, const Visitor& visit, bool* go_on) {
  return ReadFrom(followed, from.offset, kReplayMost,
                  [&](const Record& record) -> base::Result<bool> {
                    ASSIGN_OR_RETURN(const Worth worth, Take(record, from));
                    if (worth != Worth::kEntry || from.seq <= *after) return true;
                    *after = from.seq;
                    *go_on = visit(from.seq, record.value);
                    return *go_on && *after < until;
                  });
}

base::Status KafkaJournal::Impl::ReadFrom(
    const Followed& followed, int64_t offset, milliseconds patience,
    const std::function<base::Result<bool>(const Record&)>& take) {
  std::unique_ptr<kafka::Consumer> reader;
  {
    const std::lock_guard lock(idle_mutex);
    if (!idle.empty()) {
      reader = std::move(idle.back());
      idle.pop_back();
    }
  }
  if (!reader) {
    ASSIGN_OR_RETURN(reader, kafka::Consumer::Make(options.cluster, options.consumer_kbytes));
  }
  RETURN_IF_ERROR(reader->Start(followed.spot, offset));
  int64_t next = offset;
  auto heard = steady_clock::now();
  std::string trouble;
  while (true) {
    const auto taken = reader->Next(milliseconds(500));
    if (taken && taken->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
      return base::DataLoss("{} is gone from offset {} on; restore the city from its backup",
                            ToString(followed.slice), offset);
    }
    // What was queued for another reading may still come.
    const bool of_spot = taken && taken->partition == followed.spot.partition &&
                         followed.spot.topic == rd_kafka_topic_name(taken->rkt);
    if (of_spot && taken->err == RD_KAFKA_RESP_ERR_NO_ERROR && taken->offset == next) {
      ++next;
      ASSIGN_OR_RETURN(const bool more, take(ToRecord(taken.get())));
      if (!more) break;
      heard = steady_clock::now();  // what is done with a record may take long
    } else if (steady_clock::now() - heard > patience) {
      return base::Unavailable("while reading {} from offset {}: nothing came within {} s{}",
                               ToString(followed.slice), next, patience.count() / 1'000, trouble);
    } else if (taken && taken->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      trouble = fmt::format(" ({})", rd_kafka_err2str(taken->err));
    }
  }
  reader->Stop(followed.spot);
  const std::lock_guard lock(idle_mutex);
  if (idle.size() < kIdleMax) idle.push_back(std::move(reader));
  return {};
}

base::Result<Opened> KafkaJournal::Open(const Slice& slice, wanmi::journal::v1::Fence fence) {
  constexpr int kTries = 8;
  ASSIGN_OR_RETURN(Followed * followed, impl_->Find(slice));
  for (int i = 0; i < kTries; ++i) {
    RETURN_IF_ERROR(impl_->CatchUp(*followed, kSeenMost));
    ASSIGN_OR_RETURN(auto opened, impl_->TryOpen(*followed, fence));
    if (opened) return *opened;
  }
  return base::Unavailable("{} others opened {} first, each time; try again later", kTries,
                           ToString(slice));
}

}  // namespace wanmi::journal
