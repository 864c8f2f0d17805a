#include "base/partition.h"

#include <cstring>

#include "base/check.h"

namespace wanmi::base {

std::string_view RootOf(std::string_view id) { return id.substr(0, id.find('/')); }

uint32_t Murmur2(std::string_view bytes) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  const auto length = static_cast<uint32_t>(bytes.size());
  uint32_t hash = 0x9747b28cU ^ length;
  size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    uint32_t k = 0;
    std::memcpy(&k, bytes.data() + at, 4);
    k *= kMultiplier;
    k ^= k >> 24;
    k *= kMultiplier;
    hash = (hash * kMultiplier) ^ k;
  }
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
  const size_t rest = bytes.size() - at;
  if (rest == 3) hash ^= byte(at + 2) << 16;
  if (rest >= 2) hash ^= byte(at + 1) << 8;
  if (rest >= 1) hash = (hash ^ byte(at)) * kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ (hash >> 15);
}

int PartitionOf(std::string_view id, int partitions) {
  CHECK(partitions > 0, "a city has at least one partition, found {}", partitions);
  CHECK(!RootOf(id).empty(), "an id has a root, found '{}'", id);
  return static_cast<int>((Murmur2(RootOf(id)) & 0x7fffffffU) % static_cast<uint32_t>(partitions));
}

}  // namespace wanmi::base
