#include "vault/key_store.h"

#include "base/check.h"

namespace wanmi::vault {

std::unique_ptr<MapKeyStore> MapKeyStore::Copy() const {
  const std::lock_guard lock(mutex_);
  auto copy = std::make_unique<MapKeyStore>();
  copy->records_ = records_;
  copy->synced_ = records_;
  return copy;
}

std::unique_ptr<MapKeyStore> MapKeyStore::AfterPowerLoss() const {
  const std::lock_guard lock(mutex_);
  auto copy = std::make_unique<MapKeyStore>();
  copy->records_ = synced_;
  copy->synced_ = synced_;
  return copy;
}

base::Result<std::optional<std::string>> MapKeyStore::Get(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(name);
  if (found == records_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

base::Result<std::vector<std::string>> MapKeyStore::NamesUnder(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (auto at = records_.lower_bound(prefix); at != records_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    names.push_back(at->first);
  }
  return names;
}

base::Status MapKeyStore::Put(const Records& records) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, bytes] : records) records_[name] = bytes;
  return {};
}

base::Status MapKeyStore::Sync() {
  const std::lock_guard lock(mutex_);
  synced_ = records_;
  ++syncs_;
  return {};
}

base::Status MapKeyStore::CopyTo(const std::string& folder) const {
  return base::Unimplemented(
      "expected a vault on disk to copy to {}, found one in memory; use Copy() in tests", folder);
}

int MapKeyStore::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

void MapKeyStore::FlipBit(std::string_view name, size_t bit) {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(name);
  CHECK(found != records_.end() && bit / 8 < found->second.size(), "no bit {} in {}", bit, name);
  found->second[bit / 8] = static_cast<char>(found->second[bit / 8] ^ (1 << (bit % 8)));
}

}  // namespace wanmi::vault
