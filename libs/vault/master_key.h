// Secret and the master key: 32 bytes that wrap every key of a vault.
//
// The file is 64 hex digits and a line end, readable by nobody outside its owner and group. It is
// never in a backup together with the vault: who has both can read everything.
#pragma once

#include <array>
#include <string>

#include "base/status.h"

namespace wanmi::vault {

// Key material; wiped when it goes out of scope.
class Secret {
 public:
  static constexpr size_t kSize = 32;

  Secret() = default;
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();
  unsigned char* bytes() { return bytes_.data(); }
  const unsigned char* bytes() const { return bytes_.data(); }

 private:
  std::array<unsigned char, kSize> bytes_{};
};

base::Result<Secret> ReadMasterKey(const std::string& file);
// Makes the file, with mode 0600 and synced; ALREADY_EXISTS if it is there.
base::Result<Secret> CreateMasterKey(const std::string& file);

}  // namespace wanmi::vault
