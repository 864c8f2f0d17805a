#include "base/sha256.h"

#include <fmt/format.h>
#include <sodium.h>

#include <iterator>

namespace wanmi::base {

std::string Sha256(std::string_view bytes) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return hash;
}

struct Sha256Sum::State {
  crypto_hash_sha256_state hash;
};

Sha256Sum::Sha256Sum() : state_(std::make_unique<State>()) {
  crypto_hash_sha256_init(&state_->hash);
}
Sha256Sum::~Sha256Sum() = default;

void Sha256Sum::Add(std::string_view bytes) {
  crypto_hash_sha256_update(&state_->hash, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

std::string Sha256Sum::Finish() {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state_->hash, reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<uint8_t>(byte));
  }
  return text;
}

}  // namespace wanmi::base
