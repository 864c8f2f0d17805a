#include "base/time.h"

#include <fmt/chrono.h>

namespace wanmi::base {

std::string FormatUtc(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

std::string CivilDate(Time time, Span utc_offset) {
  const auto days = std::chrono::floor<std::chrono::days>(time + utc_offset);
  const std::chrono::year_month_day date(days);
  return fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

CityClock::CityClock(Time base, double rate)
    : base_(base), rate_(rate), started_(std::chrono::steady_clock::now()) {}

Time CityClock::Now() const {
  const auto real = std::chrono::duration_cast<Span>(std::chrono::steady_clock::now() - started_);
  return base_ + Span(static_cast<int64_t>(static_cast<double>(real.count()) * rate_));
}

std::chrono::steady_clock::time_point CityClock::Steady() const {
  return std::chrono::steady_clock::now();
}

}  // namespace wanmi::base
