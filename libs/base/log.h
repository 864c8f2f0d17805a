// Log lines for people who run Wanmi: one JSON object per fact on stderr.
//
// `event` is a stable name ("partition.opened"), not a sentence. INFO is what an operator wants to
// read; nothing is logged per command, and rules never log: their events are their log.
// Safe from any thread; a line is written with one write().
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace wanmi::base {

enum class Level { kInfo, kWarning, kError };

struct Field {
  std::string_view name;
  std::variant<std::string, int64_t, double> value;
  Field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  Field(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string(v)) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <class Integer>
  requires std::is_integral_v<Integer> Field(std::string_view n, Integer v)
      : name(n), value(static_cast<int64_t>(v)) {}
};

void Log(Level level, std::string_view event, std::initializer_list<Field> fields = {});
// Lines below this level are dropped; tests and simulations raise it.
void SetLogLevel(Level least);

}  // namespace wanmi::base
