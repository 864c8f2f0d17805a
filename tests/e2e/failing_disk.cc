// A library to be loaded before all others (LD_PRELOAD) into a real process: one sync or write of a
// file fails, once, as on a disk that breaks. It says so on standard error.
//
//   WANMI_FAIL=sync:/journal/:.log:150    the 150th sync of files whose paths have /journal/ in
//                                         them and end with .log fails; what was not synced before
//                                         is gone from the file, as when the cache is dropped
//   WANMI_FAIL=write:…                    the write fails, and nothing of it is there
//   WANMI_FAIL=torn:…                     the write fails, and half of it is there
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <string>

namespace {

struct Fault {
  std::string what, of, end;
  int at = 0;

  Fault() {
    const char* said = std::getenv("WANMI_FAIL");
    std::istringstream in(said ? said : "");
    std::string number;
    std::getline(in, what, ':');
    std::getline(in, of, ':');
    std::getline(in, end, ':');
    std::getline(in, number);
    at = std::atoi(number.c_str());
  }
};

const Fault& TheFault() {
  static const Fault fault;
  return fault;
}

std::string PathOf(int file) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

bool IsMeant(const std::string& path) {
  return path.find(TheFault().of) != std::string::npos && path.ends_with(TheFault().end);
}

// A call of the kind that fails, of a file that is meant: whether it is the one.
bool Strikes(const std::string& path) {
  static int calls = 0;
  if (++calls != TheFault().at) return false;
  std::fprintf(stderr, "failing_disk: %s of %s fails\n", TheFault().what.c_str(), path.c_str());
  return true;
}

std::mutex mutex;

int SyncOrFail(int file, int (*really)(int)) {
  static std::map<std::string, off_t> synced;  // how long each was at its last good sync
  if (TheFault().what != "sync") return really(file);
  const std::string path = PathOf(file);
  if (!IsMeant(path)) return really(file);
  const std::lock_guard lock(mutex);
  if (Strikes(path)) {
    (void)!::ftruncate(file, synced[path]);
    errno = EIO;
    return -1;
  }
  struct stat about = {};
  ::fstat(file, &about);
  synced[path] = about.st_size;
  return really(file);
}

// `really(n)` writes the first n bytes.
template <class Really>
ssize_t WriteOrFail(int file, size_t count, const Really& really) {
  if (TheFault().what != "write" && TheFault().what != "torn") return really(count);
  const std::string path = PathOf(file);
  if (!IsMeant(path)) return really(count);
  const std::lock_guard lock(mutex);
  if (!Strikes(path)) return really(count);
  if (TheFault().what == "torn") (void)really(count / 2);
  errno = EIO;
  return -1;
}

template <class Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int fdatasync(int file) {
  static const auto really = Next<int(int)>("fdatasync");
  return SyncOrFail(file, really);
}
extern "C" int fsync(int file) {
  static const auto really = Next<int(int)>("fsync");
  return SyncOrFail(file, really);
}
extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  static const auto really = Next<ssize_t(int, const void*, size_t)>("write");
  return WriteOrFail(file, count, [&](size_t n) { return really(file, bytes, n); });
}
extern "C" ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  static const auto really = Next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return WriteOrFail(file, count, [&](size_t n) { return really(file, bytes, n, at); });
}
