// KeyStore: where a vault keeps its records, below any cryptography.
//
// A record is a name and bytes; the vault authenticates the bytes, so a store only has to keep
// them. Names sort by their bytes. The law that an implementation must keep: after Sync()
// everything written before it survives a power loss; after Sweep() no version of a record but its
// latest can be found on the medium, in any file.
//
// Safe from any thread. Errors: UNAVAILABLE (try again), DATA_LOSS (the medium is damaged).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace wanmi::vault {

class KeyStore {
 public:
  using Records = std::vector<std::pair<std::string, std::string>>;

  virtual ~KeyStore() = default;
  virtual base::Result<std::optional<std::string>> Get(std::string_view name) const = 0;
  virtual base::Result<std::vector<std::string>> NamesUnder(std::string_view prefix) const = 0;
  // The same of what is known here, asking nobody: what another process has just made may be
  // missing yet, and Put() says so.
  virtual base::Result<std::vector<std::string>> NamesKnown(std::string_view prefix) const {
    return NamesUnder(prefix);
  }
  // How many records were replaced so far, by whomever: what was kept of them may be stale.
  virtual uint64_t Replaced() const { return 0; }
  // ALREADY_EXISTS, where other processes write too, if one of them made such a record first: read
  // it. Else all of them or none; durable only after the next Sync(). Once this or Sync() has
  // failed, both fail: what is there, only opening anew can tell.
  virtual base::Status Put(const Records& records) = 0;
  virtual base::Status Sync() = 0;
  virtual base::Status Sweep() = 0;
  // A copy that can be opened by itself, in a folder that does not exist yet. It holds the keys of
  // everyone who is forgotten after it was made: keep it apart from the journals, and not for ever.
  virtual base::Status CopyTo(const std::string& folder) const = 0;
};

// Records in a map: for tests and the simulator, which keep images of it across a simulated crash.
class MapKeyStore final : public KeyStore {
 public:
  MapKeyStore() = default;
  std::unique_ptr<MapKeyStore> Copy() const;            // a backup
  std::unique_ptr<MapKeyStore> AfterPowerLoss() const;  // what had been synced

  base::Result<std::optional<std::string>> Get(std::string_view name) const override;
  base::Result<std::vector<std::string>> NamesUnder(std::string_view prefix) const override;
  base::Status Put(const Records& records) override;
  base::Status Sync() override;
  base::Status Sweep() override { return Sync(); }
  base::Status CopyTo(const std::string& folder) const override;

  int syncs() const;
  // Turns one bit of a record, as a bad disk would.
  void FlipBit(std::string_view name, size_t bit);

 private:
  using Map = std::map<std::string, std::string, std::less<>>;

  mutable std::mutex mutex_;
  Map records_;  // this and the next two: guarded by mutex_
  Map synced_;
  int syncs_ = 0;
};

// Records in a RocksDB of their own.
base::Result<std::unique_ptr<KeyStore>> OpenRocksKeyStore(const std::string& folder);

}  // namespace wanmi::vault
