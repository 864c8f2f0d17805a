// SHA-256 of bytes, as 32 raw bytes. Pure; from libsodium.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace wanmi::base {

std::string Sha256(std::string_view bytes);
std::string Hex(std::string_view bytes);  // lower case

// Of bytes that come piece by piece. Used by one thread.
class Sha256Sum {
 public:
  Sha256Sum();
  ~Sha256Sum();
  void Add(std::string_view bytes);
  std::string Finish();  // once

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace wanmi::base
