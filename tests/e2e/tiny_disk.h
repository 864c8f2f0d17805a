// TinyDisk: a file system of a few megabytes in memory, and ballast to fill it with.
//
// Mounted in a mount namespace of this process, so that it is gone when the process is; programs
// started by the same thread see it. It takes the right to mount: without it Mount() says why, and
// the test is to be skipped, loudly (scripts/test says so at its end). Used by one thread.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "base/status.h"

namespace wanmi::e2e {

class TinyDisk {
 public:
  base::Status Mount(const std::string& folder, int64_t bytes) {
    folder_ = folder;
    std::filesystem::create_directories(folder);
    const bool mounted =
        ::unshare(CLONE_NEWNS) == 0 &&
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, fmt::format("size={}", bytes).c_str()) == 0;
    if (mounted) return {};
    return base::PermissionDenied("a tmpfs cannot be mounted at {}: {}; run this as root", folder,
                                  std::strerror(errno));
  }
  void Unmount() {
    if (!folder_.empty()) ::umount2(folder_.c_str(), MNT_DETACH);
    folder_.clear();
  }
  ~TinyDisk() { Unmount(); }

  int64_t free_bytes() const {
    return static_cast<int64_t>(std::filesystem::space(folder_).available);
  }
  // Something else takes all but `left` bytes, while others may be writing.
  void FillBut(int64_t left) const {
    constexpr int64_t kPiece = 64 * 1024;
    const int file = ::open(Ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int64_t size = 0;
    while (free_bytes() > left && ::posix_fallocate(file, size, kPiece) == 0) size += kPiece;
    ::close(file);
  }
  void MakeRoom() const { std::filesystem::remove(Ballast()); }

 private:
  std::string Ballast() const { return folder_ + "/ballast"; }
  std::string folder_;
};

}  // namespace wanmi::e2e
