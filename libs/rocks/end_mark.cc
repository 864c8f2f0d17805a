#include "rocks/end_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include "rocks/log_check.h"

namespace wanmi::rocks {
namespace {

// number:20 in decimal, a space, CRC-32C of it:8 in hexadecimal, a line's end
constexpr size_t kNumberBytes = 20;
constexpr size_t kMarkBytes = kNumberBytes + 10;

std::string Line(uint64_t sequence) {
  const std::string number = fmt::format("{:020}", sequence);
  return fmt::format("{} {:08x}\n", number, Crc32c(number));
}

}  // namespace

base::Result<std::unique_ptr<EndMark>> EndMark::Open(const std::string& folder, uint64_t latest) {
  const std::string path = folder + "/ACKNOWLEDGED";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return base::Unavailable("{} cannot be opened", path);
  std::unique_ptr<EndMark> mark(new EndMark(file));
  std::string line(kMarkBytes, '\0');
  const bool read = ::pread(file, line.data(), line.size(), 0) == static_cast<ssize_t>(kMarkBytes);
  uint64_t acknowledged = 0;
  for (size_t i = 0; i < kNumberBytes; ++i)
    acknowledged = acknowledged * 10 + static_cast<uint64_t>(line[i] - '0');
  // One that cannot be read proves nothing.
  if (read && line == Line(acknowledged) && acknowledged > latest) {
    return base::DataLoss(
        "expected write {} in {}, which was acknowledged, found an end after write {}; a file has "
        "lost its end, or is of an older copy",
        acknowledged, folder, latest);
  }
  mark->Move(latest);
  return mark;
}

EndMark::~EndMark() { ::close(file_); }

void EndMark::Move(uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (sequence <= acknowledged_) return;
  acknowledged_ = sequence;
  // Where it cannot be written it stays behind, and proves less.
  const std::string line = Line(sequence);
  (void)!::pwrite(file_, line.data(), line.size(), 0);
}

}  // namespace wanmi::rocks
