// A library to be loaded before all others (LD_PRELOAD) into a real process: one sync of a log
// under a folder fails, and what was not synced before is gone from the file, as after a failed
// fsync of a real disk when the cache has been dropped.
//
//   WANMI_FAIL_SYNC_OF   a part of the paths of the logs, such as "/journal/"
//   WANMI_FAIL_SYNC_AT   which sync of them fails, from 1
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

namespace {

std::string PathOf(int file) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

int SyncOrFail(int file, const char* name) {
  static std::mutex mutex;
  static int syncs = 0;
  static std::map<std::string, off_t> synced;  // how long each log was at its last good sync
  const auto really = reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, name));
  const char* of = std::getenv("WANMI_FAIL_SYNC_OF");
  const char* at = std::getenv("WANMI_FAIL_SYNC_AT");
  const std::string path = PathOf(file);
  if (!of || !at || path.find(of) == std::string::npos || !path.ends_with(".log"))
    return really(file);
  const std::lock_guard lock(mutex);
  if (++syncs == std::atoi(at)) {
    (void)!::ftruncate(file, synced[path]);
    errno = EIO;
    return -1;
  }
  struct stat about = {};
  ::fstat(file, &about);
  synced[path] = about.st_size;
  return really(file);
}

}  // namespace

extern "C" int fdatasync(int file) { return SyncOrFail(file, "fdatasync"); }
extern "C" int fsync(int file) { return SyncOrFail(file, "fsync"); }
