#include "services/cli/ids.h"

#include <chrono>
#include <random>
#include <string_view>

#include "base/sha256.h"

namespace wanmi::cli {

std::string Uuid7(int64_t unix_ms, const std::array<uint8_t, 10>& random) {
  std::string bytes(16, '\0');
  for (int i = 0; i < 6; ++i) {
    bytes[static_cast<size_t>(i)] = static_cast<char>((unix_ms >> (8 * (5 - i))) & 0xff);
  }
  for (size_t i = 0; i < random.size(); ++i) bytes[6 + i] = static_cast<char>(random[i]);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = base::Hex(bytes);
  std::string text;
  for (size_t i = 0; i < hex.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text.push_back('-');
    text.push_back(hex[i]);
  }
  return text;
}

std::string NewId() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::random_device device;
  std::array<uint8_t, 10> random{};
  for (auto& byte : random) byte = static_cast<uint8_t>(device());
  return Uuid7(std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), random);
}

}  // namespace wanmi::cli
