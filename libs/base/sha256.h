// SHA-256 of bytes, as 32 raw bytes. Pure; from libsodium.
#pragma once

#include <string>
#include <string_view>

namespace wanmi::base {

std::string Sha256(std::string_view bytes);
std::string Hex(std::string_view bytes);  // lower case

}  // namespace wanmi::base
