#include "services/city/disk_watch.h"

#include <filesystem>

#include "base/log.h"

namespace wanmi::city {
namespace {

constexpr std::chrono::nanoseconds kEvery = std::chrono::milliseconds(200);

}  // namespace

DiskWatch::DiskWatch(std::string folder, int64_t keep_free, const base::Clock& clock,
                     FreeBytes measure)
    : folder_(std::move(folder)),
      keep_free_(keep_free),
      clock_(clock),
      measure_(std::move(measure)),
      next_look_ns_(INT64_MIN) {}

std::optional<int64_t> DiskWatch::FreeOf(const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) return std::nullopt;
  return static_cast<int64_t>(space.available);
}

base::Status DiskWatch::Room() {
  const int64_t now = std::chrono::nanoseconds(clock_.Steady().time_since_epoch()).count();
  int64_t due = next_look_ns_;
  // Of many threads one looks; the others go by the last look.
  if (now >= due && next_look_ns_.compare_exchange_strong(due, now + kEvery.count())) Look();
  if (!short_) return {};
  return base::ResourceExhausted(
      "the file system of {} has {} bytes free, {} are kept; make room, and writing goes on by "
      "itself",
      folder_, free_.load(), keep_free_);
}

void DiskWatch::Look() {
  const auto free = measure_();
  if (!free) return;  // a disk that does not answer is for those to report who write to it
  free_ = *free;
  const int64_t wanted = short_ ? keep_free_ + keep_free_ / 8 : keep_free_;
  const bool too_little = *free < wanted;
  if (short_.exchange(too_little) == too_little) return;
  base::Log(too_little ? base::Level::kError : base::Level::kInfo,
            too_little ? "disk.short" : "disk.room_again",
            {{"folder", folder_}, {"free_bytes", *free}, {"kept_bytes", keep_free_}});
}

}  // namespace wanmi::city
