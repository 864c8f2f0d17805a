// Vault: seals personal data under a key of its subject, and forgets a subject by destroying it.
//
// A *subject* is whose words they are: a reporter ("person/…") or a case ("case/…"). Its data key
// is made when it is first needed and kept in the record `<subject>/<n>`, wrapped by the master
// key; such a record is never replaced by another key. Forgetting replaces it by a tombstone and
// sweeps the medium. Records, each authenticated with its name (XChaCha20-Poly1305):
//
//   <subject>/<n>   nonce · ( 'k' data key | 't' )     the tombstone says "forgotten", for ever
//   !city/1         nonce · 'k' data key               for digests of what concerns nobody
//   !master         nonce · a constant                 tells a wrong master key from damage
//   !sweep          "due" | "done"                     a sweep that a crash cut short is repeated
//
// Two keys are derived from a data key, one for sealing and one for digests.
//
// A new key is not durable until Sync(). The law for the caller: Sync() before the append of an
// entry that holds anything sealed or digested since the last Sync(). One sync serves all.
//
// Safe from any thread. Forget() takes as long as a compaction of the vault and blocks nobody else
// but another Forget(). Who needs a key that is not known here waits for the store, which may ask
// other processes, and makes nobody wait who needs the key of another subject. Codes: NOT_FOUND
// (forgotten), FAILED_PRECONDITION (refused), DATA_LOSS (damaged or missing), UNAVAILABLE (the
// disk; try again).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "vault/key_store.h"
#include "vault/master_key.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::vault {

using Sealed = wanmi::common::v1::Sealed;

struct KeyedDigest {
  std::string bytes;  // 16, of BLAKE2b
  std::string key_id;
};

class Vault {
 public:
  using Randomness = std::function<void(unsigned char* to, size_t size)>;

  // A new store gets the master key; an old one must have been made with it.
  static base::Result<std::unique_ptr<Vault>> Over(std::unique_ptr<KeyStore> store,
                                                   const Secret& master, Randomness randomness);

  base::Result<Sealed> Seal(std::string_view subject, std::string_view clear);
  base::Result<std::string> Open(const Sealed& sealed);

  // Destroys all keys of the subject; what was sealed under it can never be read again, and nothing
  // more can be sealed under it. Repeating it is harmless. NOT_FOUND if the subject has no key.
  base::Status Forget(std::string_view subject);

  // A digest that only this vault can make or check: with the subject's key, so that it goes when
  // the subject is forgotten, or else with the city's.
  base::Result<KeyedDigest> Digest(std::optional<std::string_view> subject, std::string_view bytes);
  base::Result<bool> Matches(const KeyedDigest& digest, std::optional<std::string_view> subject,
                             std::string_view bytes);

  bool dirty() const;  // keys were made that a power loss would take
  base::Status Sync();

  // See KeyStore::CopyTo.
  base::Status CopyTo(const std::string& folder) const { return store_->CopyTo(folder); }

 private:
  struct Key {
    std::string id;
    Secret secret;
  };

  Vault(std::unique_ptr<KeyStore> store, const Secret& master, Randomness randomness);
  base::Status CheckMaster();
  base::Status FinishSweep();
  base::Result<Key> CurrentKey(const std::string& subject);
  base::Result<Key> KeyOf(const std::string& subject, const std::string& id);
  // These three need the subject's lock.
  std::mutex& LockOf(std::string_view subject);
  base::Result<std::string> CurrentId(const std::string& subject);
  base::Status MakeKey(const std::string& subject, const std::string& id);
  base::Result<Key> ReadKey(const std::string& subject, const std::string& id);
  // In memory. An empty id: the current one.
  std::optional<Key> Kept(const std::string& subject, std::string id);
  // `replaced`: what the store said before the key was read.
  void Keep(const std::string& name, const Secret& secret, uint64_t replaced);

  std::string Encrypt(const Secret& key, std::string_view clear, std::string_view beside);
  base::Result<std::string> Unwrap(const std::string& name, std::string_view record) const;

  const std::unique_ptr<KeyStore> store_;
  const Secret master_;
  const Randomness randomness_;

  // Taken in this order. One Forget at a time; of a subject's keys nothing is made, read from the
  // store or forgotten at once; what is in memory, for which nobody waits long.
  std::mutex forget_mutex_;
  std::array<std::mutex, 64> subject_mutexes_;  // by the subject's hash
  mutable std::mutex mutex_;
  // Guarded by mutex_: keys in use by name of record and by subject, and how many keys have been
  // made and of these synced.
  std::map<std::string, Secret> unwrapped_;
  std::map<std::string, std::string> current_;
  uint64_t replaced_ = 0;  // of the store, when these were kept
  int64_t made_ = 0;
  int64_t synced_ = 0;
};

struct OpenOptions {
  std::string folder;           // of the vault
  std::string master_key_file;  // outside that folder
  bool create = false;          // makes folder and key file if neither is there
};
base::Result<std::unique_ptr<Vault>> OpenVault(const OpenOptions& options);
// Over a store that is open already, and a key file that is there: processes that share a store
// share the key, so none of them makes it.
base::Result<std::unique_ptr<Vault>> OpenVault(std::unique_ptr<KeyStore> store,
                                               const std::string& master_key_file);

// For tests and the simulator: a fixed master key, and randomness from a seed, so that the same
// seed gives the same bytes. After a restart over the same records give another seed.
std::unique_ptr<Vault> MemoryVault(std::unique_ptr<MapKeyStore> store, uint64_t seed);

}  // namespace wanmi::vault
