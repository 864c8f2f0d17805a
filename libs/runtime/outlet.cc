#include "runtime/outlet.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace wanmi::runtime {

base::Status FileOutlet::Send(const std::string& id, const rows::PendingNotice& notice) {
  const nlohmann::ordered_json line = {
      {"id", id}, {"channel", notice.channel()}, {"to", notice.to()}, {"text", notice.text_key()}};
  const std::lock_guard lock(mutex_);
  std::ofstream out(file_, std::ios::app);
  out << line.dump() << "\n";
  out.flush();
  if (!out) return base::Unavailable("the outbox file {} cannot be written", file_);
  return {};
}

}  // namespace wanmi::runtime
