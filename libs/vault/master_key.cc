#include "vault/master_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/check.h"

namespace wanmi::vault {
namespace {

constexpr size_t kHexSize = 2 * Secret::kSize;

class File {
 public:
  File(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

base::Status SyncFolderOf(const std::string& file) {
  const auto parent = std::filesystem::path(file).parent_path();
  const File folder(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
  if (folder.fd() < 0 || fsync(folder.fd()) != 0) {
    return base::Unavailable("expected to sync the folder of {}: {}", file, std::strerror(errno));
  }
  return {};
}

}  // namespace

Secret::~Secret() { sodium_memzero(bytes_.data(), bytes_.size()); }

base::Result<Secret> ReadMasterKey(const std::string& file) {
  const File opened(file, O_RDONLY);
  if (opened.fd() < 0) {
    return base::NotFound(
        "expected the vault's master key in {}: {}; give the path of the key file", file,
        std::strerror(errno));
  }
  struct stat about = {};
  if (fstat(opened.fd(), &about) != 0) {
    return base::Unavailable("expected to read {}: {}", file, std::strerror(errno));
  }
  if ((about.st_mode & S_IRWXO) != 0) {
    return base::FailedPrecondition(
        "expected that only the owner and the group can use {}, found mode {:o}; do chmod 600",
        file, about.st_mode & 0777);
  }
  std::array<char, kHexSize + 2> text{};
  const ssize_t size = read(opened.fd(), text.data(), text.size());
  Secret key;
  size_t parsed = 0;
  const bool whole = size >= static_cast<ssize_t>(kHexSize) &&
                     (size == static_cast<ssize_t>(kHexSize) || text[kHexSize] == '\n') &&
                     sodium_hex2bin(key.bytes(), Secret::kSize, text.data(), kHexSize, nullptr,
                                    &parsed, nullptr) == 0 &&
                     parsed == Secret::kSize;
  sodium_memzero(text.data(), text.size());
  if (!whole) {
    return base::InvalidArgument(
        "expected {} hex digits and a line end in {}, found something else; restore the key file",
        kHexSize, file);
  }
  return key;
}

base::Result<Secret> CreateMasterKey(const std::string& file) {
  CHECK(sodium_init() >= 0, "libsodium finds no randomness");
  const File made(file, O_WRONLY | O_CREAT | O_EXCL);
  if (made.fd() < 0) {
    const auto code = errno == EEXIST ? base::Code::kAlreadyExists : base::Code::kUnavailable;
    return base::Error(code, "expected to make the master key file {}: {}", file,
                       std::strerror(errno));
  }
  Secret key;
  randombytes_buf(key.bytes(), Secret::kSize);
  std::array<char, kHexSize + 1> text{};
  sodium_bin2hex(text.data(), text.size(), key.bytes(), Secret::kSize);
  text[kHexSize] = '\n';
  const bool written =
      write(made.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fsync(made.fd()) == 0;
  sodium_memzero(text.data(), text.size());
  if (!written) {
    const int why = errno;
    unlink(file.c_str());
    return base::Unavailable("expected to write {}: {}", file, std::strerror(why));
  }
  RETURN_IF_ERROR(SyncFolderOf(file));
  return key;
}

}  // namespace wanmi::vault
