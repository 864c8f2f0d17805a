#include "vault/vault.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/check.h"

namespace wanmi::vault {
namespace {

constexpr size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kDigestSize = 16;
constexpr size_t kSubjectSizeMax = 256;
// Unwrapped keys are kept for speed only; beyond this all are dropped and read again.
constexpr size_t kUnwrappedMax = 50'000;

constexpr char kKey = 'k';
constexpr char kTombstone = 't';
constexpr std::string_view kCity = "!city";
constexpr std::string_view kMasterRecord = "!master";
constexpr std::string_view kMasterText = "wanmi vault 1";
constexpr std::string_view kSweepRecord = "!sweep";

// What a data key is used for. Numbers are part of the format.
enum class Use : uint64_t { kSeal = 1, kDigest = 2 };

static_assert(Secret::kSize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(Secret::kSize == crypto_kdf_KEYBYTES);

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Secret Derive(const Secret& key, Use use) {
  Secret derived;
  crypto_kdf_derive_from_key(derived.bytes(), Secret::kSize, static_cast<uint64_t>(use), "wanmi-va",
                             key.bytes());
  return derived;
}

std::string RecordName(std::string_view subject, std::string_view id) {
  return std::string(subject).append("/").append(id);
}

// What is authenticated beside a ciphertext. Subjects hold no NUL, so no two pairs look alike.
std::string Beside(std::string_view subject, std::string_view key_id) {
  return std::string(subject).append(1, '\0').append(key_id);
}

base::Status CheckSubject(std::string_view subject) {
  if (subject.empty() || subject.size() > kSubjectSizeMax || subject.front() == '!' ||
      subject.find('\0') != std::string_view::npos) {
    return base::InvalidArgument(
        "expected a subject such as person/<id> of at most {} bytes, found {} bytes that are not "
        "one",
        kSubjectSizeMax, subject.size());
  }
  return {};
}

// The number of a record of this subject, or 0 if it is of a subject whose name is longer.
int64_t NumberIn(std::string_view name, std::string_view subject) {
  name.remove_prefix(subject.size() + 1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

base::Result<std::string> Decrypt(const Secret& key, std::string_view sealed,
                                  std::string_view beside) {
  if (sealed.size() < kNonceSize + kTagSize) {
    return base::DataLoss("expected at least {} bytes of ciphertext, found {}",
                          kNonceSize + kTagSize, sealed.size());
  }
  std::string clear(sealed.size() - kNonceSize - kTagSize, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          Bytes(clear), nullptr, nullptr, Bytes(sealed) + kNonceSize, sealed.size() - kNonceSize,
          Bytes(beside), beside.size(), Bytes(sealed), key.bytes()) != 0) {
    return base::DataLoss(
        "expected a ciphertext of this key and subject, found another or a damaged one");
  }
  return clear;
}

std::string DigestWith(const Secret& data_key, std::string_view bytes) {
  const Secret key = Derive(data_key, Use::kDigest);
  std::string digest(kDigestSize, '\0');
  crypto_generichash(Bytes(digest), digest.size(), Bytes(bytes), bytes.size(), key.bytes(),
                     Secret::kSize);
  return digest;
}

base::Status Forgotten(std::string_view subject) {
  return base::NotFound("expected a key of {}, found that it was forgotten", subject);
}

}  // namespace

Vault::Vault(std::unique_ptr<KeyStore> store, const Secret& master, Randomness randomness)
    : store_(std::move(store)), master_(master), randomness_(std::move(randomness)) {}

base::Result<std::unique_ptr<Vault>> Vault::Over(std::unique_ptr<KeyStore> store,
                                                 const Secret& master, Randomness randomness) {
  CHECK(sodium_init() >= 0, "libsodium finds no randomness");
  std::unique_ptr<Vault> vault(new Vault(std::move(store), master, std::move(randomness)));
  RETURN_IF_ERROR(vault->CheckMaster());
  RETURN_IF_ERROR(vault->FinishSweep());
  return vault;
}

base::Status Vault::CheckMaster() {
  ASSIGN_OR_RETURN(const auto record, store_->Get(kMasterRecord));
  if (record) {
    const auto text = Unwrap(std::string(kMasterRecord), *record);
    if (text.ok() && *text == kMasterText) return {};
    return base::FailedPrecondition(
        "expected the master key that this vault was made with, found another one; give the key "
        "file that belongs to the vault");
  }
  ASSIGN_OR_RETURN(const auto names, store_->NamesUnder(""));
  if (std::ranges::find(names, kMasterRecord) != names.end()) return CheckMaster();  // just made
  if (!names.empty()) {
    return base::DataLoss(
        "expected the vault's own record beside {} others, found none; restore the vault's backup",
        names.size());
  }
  const auto stored =
      store_->Put({{std::string(kMasterRecord), Encrypt(master_, kMasterText, kMasterRecord)}});
  if (stored.code() == base::Code::kAlreadyExists) return CheckMaster();
  RETURN_IF_ERROR(stored);
  RETURN_IF_ERROR(CurrentKey(std::string(kCity)).status());
  return Sync();
}

base::Status Vault::FinishSweep() {
  ASSIGN_OR_RETURN(const auto sweep, store_->Get(kSweepRecord));
  if (!sweep || *sweep == "done") return {};
  RETURN_IF_ERROR(store_->Sweep());
  return store_->Put({{std::string(kSweepRecord), "done"}});
}

std::string Vault::Encrypt(const Secret& key, std::string_view clear, std::string_view beside) {
  std::string sealed(kNonceSize + clear.size() + kTagSize, '\0');
  randomness_(Bytes(sealed), kNonceSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(sealed) + kNonceSize, nullptr, Bytes(clear),
                                             clear.size(), Bytes(beside), beside.size(), nullptr,
                                             Bytes(sealed), key.bytes());
  return sealed;
}

base::Result<std::string> Vault::Unwrap(const std::string& name, std::string_view record) const {
  auto clear = Decrypt(master_, record, name);
  if (clear.ok()) return clear;
  return base::DataLoss(
      "expected the vault's record {} to be whole, found it damaged; restore the "
      "vault's backup",
      name);
}

std::mutex& Vault::LockOf(std::string_view subject) {
  return subject_mutexes_[std::hash<std::string_view>()(subject) % subject_mutexes_.size()];
}

std::optional<Vault::Key> Vault::Kept(const std::string& subject, std::string id) {
  const std::lock_guard lock(mutex_);
  // Another process may have forgotten a subject whose key is kept here.
  if (const uint64_t replaced = store_->Replaced(); replaced != replaced_) {
    replaced_ = replaced;
    unwrapped_.clear();
  }
  if (id.empty()) {
    const auto current = current_.find(subject);
    if (current == current_.end()) return std::nullopt;
    id = current->second;
  }
  const auto found = unwrapped_.find(RecordName(subject, id));
  if (found == unwrapped_.end()) return std::nullopt;
  return Key{std::move(id), found->second};
}

void Vault::Keep(const std::string& name, const Secret& secret, uint64_t replaced) {
  const std::lock_guard lock(mutex_);
  // Forgotten meanwhile, by another process: whoever has the key now has it for this once only.
  if (store_->Replaced() != replaced) return;
  if (unwrapped_.size() >= kUnwrappedMax) unwrapped_.clear();
  unwrapped_[name] = secret;
}

base::Result<Vault::Key> Vault::ReadKey(const std::string& subject, const std::string& id) {
  if (auto kept = Kept(subject, id)) return *kept;  // another has just read it
  const std::string name = RecordName(subject, id);
  const uint64_t replaced = store_->Replaced();
  ASSIGN_OR_RETURN(const auto record, store_->Get(name));
  if (!record) {
    return base::DataLoss(
        "expected key {}, found neither it nor a note that it was forgotten; restore the vault "
        "that "
        "belongs to these journals",
        name);
  }
  ASSIGN_OR_RETURN(std::string clear, Unwrap(name, *record));
  if (clear.size() == 1 && clear[0] == kTombstone) return Forgotten(subject);
  CHECK(clear.size() == 1 + Secret::kSize && clear[0] == kKey, "record {} of the vault", name);
  Key key{id, {}};
  std::memcpy(key.secret.bytes(), clear.data() + 1, Secret::kSize);
  sodium_memzero(clear.data(), clear.size());
  Keep(name, key.secret, replaced);
  return key;
}

base::Result<Vault::Key> Vault::KeyOf(const std::string& subject, const std::string& id) {
  if (auto kept = Kept(subject, id)) return *kept;
  const std::lock_guard lock(LockOf(subject));
  return ReadKey(subject, id);
}

base::Status Vault::MakeKey(const std::string& subject, const std::string& id) {
  Secret secret;
  randomness_(secret.bytes(), Secret::kSize);
  const std::string name = RecordName(subject, id);
  std::string clear(1, kKey);
  clear.append(reinterpret_cast<const char*>(secret.bytes()), Secret::kSize);
  const uint64_t replaced = store_->Replaced();
  const auto stored = store_->Put({{name, Encrypt(master_, clear, name)}});
  sodium_memzero(clear.data(), clear.size());
  {
    const std::lock_guard lock(mutex_);
    ++made_;  // also if it failed: the next Sync() is to find that out
  }
  if (stored.code() == base::Code::kAlreadyExists) return {};  // by another process
  RETURN_IF_ERROR(stored);
  Keep(name, secret, replaced);
  return {};
}

base::Result<std::string> Vault::CurrentId(const std::string& subject) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = current_.find(subject); found != current_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(const auto names, store_->NamesKnown(subject + "/"));
  int64_t last = 0;
  for (const auto& name : names) last = std::max(last, NumberIn(name, subject));
  if (last == 0) {
    last = 1;
    RETURN_IF_ERROR(MakeKey(subject, std::to_string(last)));
  }
  const std::lock_guard lock(mutex_);
  if (current_.size() >= kUnwrappedMax) current_.clear();
  return current_.emplace(subject, std::to_string(last)).first->second;
}

base::Result<Vault::Key> Vault::CurrentKey(const std::string& subject) {
  if (auto kept = Kept(subject, "")) return *kept;
  const std::lock_guard lock(LockOf(subject));
  ASSIGN_OR_RETURN(const std::string id, CurrentId(subject));
  auto key = ReadKey(subject, id);
  if (!key.ok() && key.status().code() == base::Code::kNotFound) {
    return base::FailedPrecondition(
        "expected a subject that may be written about, found that {} was forgotten; use a new "
        "subject if the person comes back",
        subject);
  }
  return key;
}

base::Result<Sealed> Vault::Seal(std::string_view subject, std::string_view clear) {
  RETURN_IF_ERROR(CheckSubject(subject));
  Sealed sealed;
  sealed.set_subject(subject.data(), subject.size());
  ASSIGN_OR_RETURN(const Key key, CurrentKey(sealed.subject()));
  sealed.set_key_id(key.id);
  sealed.set_ciphertext(Encrypt(Derive(key.secret, Use::kSeal), clear, Beside(subject, key.id)));
  return sealed;
}

base::Result<std::string> Vault::Open(const Sealed& sealed) {
  RETURN_IF_ERROR(CheckSubject(sealed.subject()));
  ASSIGN_OR_RETURN(const Key key, KeyOf(sealed.subject(), sealed.key_id()));
  return Decrypt(Derive(key.secret, Use::kSeal), sealed.ciphertext(),
                 Beside(sealed.subject(), sealed.key_id()));
}

base::Status Vault::Forget(std::string_view subject) {
  RETURN_IF_ERROR(CheckSubject(subject));
  const std::lock_guard one_at_a_time(forget_mutex_);
  KeyStore::Records records;
  {
    const std::lock_guard subject_lock(LockOf(subject));
    ASSIGN_OR_RETURN(const auto names, store_->NamesUnder(std::string(subject) + "/"));
    for (const auto& name : names) {
      if (NumberIn(name, subject) == 0) continue;
      records.emplace_back(name, Encrypt(master_, std::string_view(&kTombstone, 1), name));
    }
    if (records.empty()) {
      return base::NotFound(
          "expected a subject with keys, found none of {}; see that the subject "
          "is written as in its entries",
          subject);
    }
    records.emplace_back(kSweepRecord, "due");
    RETURN_IF_ERROR(store_->Put(records));
    const std::lock_guard lock(mutex_);
    for (const auto& [name, bytes] : records) unwrapped_.erase(name);
  }
  RETURN_IF_ERROR(store_->Sync());
  return FinishSweep();
}

base::Result<KeyedDigest> Vault::Digest(std::optional<std::string_view> subject,
                                        std::string_view bytes) {
  if (subject) RETURN_IF_ERROR(CheckSubject(*subject));
  ASSIGN_OR_RETURN(const Key key, CurrentKey(std::string(subject.value_or(kCity))));
  return KeyedDigest{DigestWith(key.secret, bytes), key.id};
}

base::Result<bool> Vault::Matches(const KeyedDigest& digest,
                                  std::optional<std::string_view> subject, std::string_view bytes) {
  if (subject) RETURN_IF_ERROR(CheckSubject(*subject));
  ASSIGN_OR_RETURN(const Key key, KeyOf(std::string(subject.value_or(kCity)), digest.key_id));
  const std::string own = DigestWith(key.secret, bytes);
  return digest.bytes.size() == own.size() &&
         sodium_memcmp(own.data(), digest.bytes.data(), own.size()) == 0;
}

bool Vault::dirty() const {
  const std::lock_guard lock(mutex_);
  return made_ != synced_;
}

base::Status Vault::Sync() {
  std::unique_lock lock(mutex_);
  const int64_t made = made_;
  if (made == synced_) return {};
  lock.unlock();  // others go on making keys, which the next Sync() is for
  RETURN_IF_ERROR(store_->Sync());
  lock.lock();
  synced_ = std::max(synced_, made);
  return {};
}

base::Result<std::unique_ptr<Vault>> OpenVault(const OpenOptions& options) {
  std::error_code ignored;  // a path that cannot be looked at is one that cannot be opened below
  const bool has_key = std::filesystem::exists(options.master_key_file, ignored);
  const bool has_vault = std::filesystem::exists(options.folder + "/CURRENT", ignored);
  if (!has_vault && !options.create) {
    return base::NotFound(
        "expected a vault in {}, found none; give its folder, or make the city "
        "first",
        options.folder);
  }
  // A vault without its key is never given a new one: nothing could be read with it.
  auto master = has_key || has_vault ? ReadMasterKey(options.master_key_file)
                                     : CreateMasterKey(options.master_key_file);
  if (!master.ok()) return master.status();
  ASSIGN_OR_RETURN(auto store, OpenRocksKeyStore(options.folder));
  return Vault::Over(std::move(store), *master,
                     [](unsigned char* to, size_t size) { randombytes_buf(to, size); });
}

base::Result<std::unique_ptr<Vault>> OpenVault(std::unique_ptr<KeyStore> store,
                                               const std::string& master_key_file) {
  ASSIGN_OR_RETURN(const Secret master, ReadMasterKey(master_key_file));
  return Vault::Over(std::move(store), master,
                     [](unsigned char* to, size_t size) { randombytes_buf(to, size); });
}

std::unique_ptr<Vault> MemoryVault(std::unique_ptr<MapKeyStore> store, uint64_t seed) {
  // Each call takes the next piece of a stream of its own. Shared, because a std::function must be
  // copyable and a mutex is not.
  struct Stream {
    std::mutex mutex;
    Secret at;
  };
  const auto stream = std::make_shared<Stream>();
  std::memcpy(stream->at.bytes(), &seed, sizeof(seed));
  auto randomness = [stream](unsigned char* to, size_t size) {
    const std::lock_guard lock(stream->mutex);
    randombytes_buf_deterministic(to, size, stream->at.bytes());
    sodium_increment(stream->at.bytes() + sizeof(uint64_t), Secret::kSize - sizeof(uint64_t));
  };
  Secret master;
  std::memset(master.bytes(), 'm', Secret::kSize);
  auto vault = Vault::Over(std::move(store), master, std::move(randomness));
  CHECK(vault.ok(), "a vault in memory: {}", vault.status().ToString());
  return std::move(*vault);
}

}  // namespace wanmi::vault
