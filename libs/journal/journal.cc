#include "journal/journal.h"

#include "base/sha256.h"

namespace wanmi::journal {

std::string ChainHash(std::string_view entry_bytes) {
  return base::Sha256(entry_bytes).substr(0, kHashBytes);
}

std::string GenesisHash() { return std::string(kHashBytes, '\0'); }

std::string ToString(const Slice& slice) {
  return fmt::format("{}/{}", slice.service, slice.partition);
}

}  // namespace wanmi::journal
