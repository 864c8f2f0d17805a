#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/time.h"

namespace wanmi::base {
namespace {
std::atomic<Level> least_level{Level::kInfo};
}  // namespace

void SetLogLevel(Level least) { least_level = least; }

void Log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < least_level.load()) return;
  static constexpr const char* kNames[] = {"INFO", "WARNING", "ERROR"};
  const auto now = std::chrono::time_point_cast<Span>(std::chrono::system_clock::now());
  nlohmann::ordered_json line;
  line["at"] = FormatUtc(now);
  line["level"] = kNames[static_cast<int>(level)];
  line["event"] = event;
  for (const auto& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.name)] = value; }, field.value);
  }
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace wanmi::base
