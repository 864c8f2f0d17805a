#include "runtime/input_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace wanmi::runtime {

base::Result<InputMark> InputMark::Open(std::string file) {
  InputMark mark(std::move(file));
  std::ifstream in(mark.file_);
  // times, a space, the input's id
  if (in >> mark.times_) {
    in.get();
    mark.left_.assign(std::istreambuf_iterator<char>(in), {});
  }
  return mark;
}

base::Status InputMark::Write(const std::string& input_id) {
  const int times = left_ == input_id ? times_ + 1 : 1;
  return WriteSynced(fmt::format("{} {}", times, input_id));
}

base::Status InputMark::Clear() { return WriteSynced(""); }

base::Status InputMark::WriteSynced(const std::string& text) {
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return base::Unavailable("the input mark {} cannot be written", file_);
  const bool ok = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                  ::fdatasync(fd) == 0;
  ::close(fd);
  if (!ok) return base::Unavailable("the input mark {} cannot be written", file_);
  return {};
}

}  // namespace wanmi::runtime
