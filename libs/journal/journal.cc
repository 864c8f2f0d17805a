#include "journal/journal.h"

#include "base/sha256.h"

namespace wanmi::journal {

// Who reads an entry and who folds it ask one after the other, and comparing costs next to nothing.
std::string ChainHash(std::string_view entry_bytes) {
  thread_local std::string last_bytes, last_hash;
  if (last_hash.empty() || last_bytes != entry_bytes) {
    last_bytes = entry_bytes;
    last_hash = base::Sha256(entry_bytes).substr(0, kHashBytes);
  }
  return last_hash;
}

std::string GenesisHash() { return std::string(kHashBytes, '\0'); }

std::string ToString(const Slice& slice) {
  return fmt::format("{}/{}", slice.service, slice.partition);
}

}  // namespace wanmi::journal
