// Which partition an id belongs to. P is fixed when a city is created.
#pragma once

#include <cstdint>
#include <string_view>

namespace wanmi::base {

// An id is `<root>` or `<root>/…`; everything under one root lives in one partition.
std::string_view RootOf(std::string_view id);

// Kafka's murmur2 of the bytes, as the Java client has it, so that other producers agree with us.
uint32_t Murmur2(std::string_view bytes);

// murmur2(root) mod P, with the sign bit cleared as Kafka does.
int PartitionOf(std::string_view id, int partitions);

}  // namespace wanmi::base
