// Time: one type for moments, one for spans, and the clock that only the runtime may ask.
//
// A Time is UTC microseconds since 1970 as an int64; a Span is microseconds. On the wire both are
// int64 fields whose names end in `_us` or whose comment says so. Rules never call a Clock: what
// they need to know of time is in Context.now.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace wanmi::base {

using Span = std::chrono::microseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Span>;

constexpr Time FromMicros(int64_t micros) { return Time(Span(micros)); }
constexpr int64_t ToMicros(Time time) { return time.time_since_epoch().count(); }

// "2026-11-24T05:30:00.123456Z"
std::string FormatUtc(Time time);
// The civil date in a zone with a fixed distance from UTC (China has one zone: +8 h): "20261124".
std::string CivilDate(Time time, Span utc_offset);

// Two clocks in one seam. Now() is the *city clock* (it may run fast in a demo) and may jump;
// Steady() is real time that only moves forward, for every interval of the runtime itself.
// Implementations are safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
  virtual std::chrono::steady_clock::time_point Steady() const = 0;
};

// base + rate × real time since the start. With rate 1 and base "now" it is the wall clock.
class CityClock final : public Clock {
 public:
  CityClock()
      : CityClock(std::chrono::time_point_cast<Span>(std::chrono::system_clock::now()), 1.0) {}
  CityClock(Time base, double rate);
  Time Now() const override;
  std::chrono::steady_clock::time_point Steady() const override;

 private:
  const Time base_;
  const double rate_;
  const std::chrono::steady_clock::time_point started_;
};

// A clock that stands until a test moves it. Not safe while another thread reads it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time now) : now_(now) {}
  Time Now() const override { return now_; }
  std::chrono::steady_clock::time_point Steady() const override { return steady_; }
  void Advance(Span span) { now_ += span, steady_ += span; }
  void JumpTo(Time now) { now_ = now; }

 private:
  Time now_;
  std::chrono::steady_clock::time_point steady_{};
};

}  // namespace wanmi::base
