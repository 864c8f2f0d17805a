#include "runtime/outlet.h"

#include <nlohmann/json.hpp>

namespace wanmi::runtime {

namespace {
constexpr std::chrono::seconds kOpenMost{1};
}  // namespace

base::Status FileOutlet::Send(const std::string& id, const rows::PendingNotice& notice) {
  const nlohmann::ordered_json line = {
      {"id", id}, {"channel", notice.channel()}, {"to", notice.to()}, {"text", notice.text_key()}};
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!out_.is_open() || !out_ || now - opened_at_ > kOpenMost) {
    out_ = std::ofstream(file_, std::ios::app);
    opened_at_ = now;
  }
  out_ << line.dump() << "\n";
  out_.flush();
  if (!out_) return base::Unavailable("the outbox file {} cannot be written", file_);
  return {};
}

}  // namespace wanmi::runtime
