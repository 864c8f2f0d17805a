#include "services/cli/each.h"

#include <fmt/format.h>

#include <algorithm>

namespace wanmi::cli {

std::string NameOf(const Process& process) {
  return process.service.empty() ? process.at : process.service + " at " + process.at;
}

void Failures::Note(const std::string& who, const base::Status& status) {
  if (!status.ok()) failed_.emplace_back(who, status);
}

base::Status Failures::Outcome(size_t asked) const {
  if (failed_.empty()) return {};
  const base::Status& first = failed_.front().second;
  if (asked == 1) return first;
  const bool alike = std::all_of(failed_.begin(), failed_.end(),
                                 [&](const auto& one) { return one.second == first; });
  if (alike && failed_.size() == asked)
    return first.With(fmt::format("none of {} answered", asked));
  std::string each;
  for (const auto& [who, status] : failed_)
    each += fmt::format("{}{}: {}", each.empty() ? "" : "\n  ", who, status.ToString());
  return base::Status(first.code(), fmt::format("{} of {} did not answer, and what they know is "
                                                "missing above:\n  {}",
                                                failed_.size(), asked, each));
}

base::Result<Each> Each::Of(Session& session) {
  ASSIGN_OR_RETURN(auto named, session.Services());
  return Each(std::move(named));
}

base::Status Each::Ask(const std::function<base::Status(const std::string& service)>& ask) const {
  Failures failures;
  for (const auto& service : named_)
    failures.Note(service.empty() ? "the rest" : service, ask(service));
  return failures.Outcome(named_.size());
}

bool Each::Names(const std::string& service) const {
  return std::find(named_.begin(), named_.end(), service) != named_.end();
}

bool Each::Speaks(const std::string& asked, const std::string& service) {
  if (asked == service) return true;
  if (Names(service)) return false;
  return speaker_.emplace(service, asked).first->second == asked;
}

}  // namespace wanmi::cli
