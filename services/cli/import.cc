// import.cc: `wanmi import`, a city's folder sent as commands.
#include <fmt/format.h>

#include <chrono>
#include <map>

#include "services/cli/commands.h"
#include "services/cli/import/plan.h"
#include "wanmi/common/v1/common.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::cli {
namespace {

// The last version of each document that has been approved, by kind and name.
std::map<std::pair<std::string, std::string>, int64_t> ApprovedVersions(const Connection& city) {
  std::map<std::pair<std::string, std::string>, int64_t> versions;
  rulebook::v1::ListDocuments list;
  list.mutable_page()->set_size(500);
  const auto page = city.Ask<rulebook::v1::DocumentPage>("ListDocuments", list);
  if (!page.ok()) return versions;  // an empty city knows nobody yet
  for (const auto& document : page->documents()) {
    if (document.state() == rulebook::v1::Document::STATE_PROPOSED) continue;
    auto& version = versions[{document.kind(), document.name()}];
    version = std::max(version, document.version());
  }
  return versions;
}

}  // namespace

base::Status Import(const Connection& city, const std::string& folder, bool dry_run,
                    const std::string& run) {
  city_import::ImportReport report;
  city_import::PlanOptions options;
  options.run = run;
  const auto versions = ApprovedVersions(city);
  options.version = [&](std::string_view kind, std::string_view name) {
    const auto found = versions.find({std::string(kind), std::string(name)});
    return found == versions.end() ? int64_t{1} : found->second + 1;
  };
  auto plan = city_import::Plan(city_import::Folder(folder), options, &report);
  for (const auto& warning : report.warnings) fmt::print("warning: {}\n", warning.Text());
  for (const auto& error : report.errors) fmt::print(stderr, "error: {}\n", error.Text());
  RETURN_IF_ERROR(plan.status());
  if (!report.errors.empty()) {
    return base::InvalidArgument("{} bad rows; nothing was imported", report.errors.size());
  }
  std::map<std::string, int> sent;
  const auto started = std::chrono::steady_clock::now();
  for (const auto& command : *plan) {
    ++sent[command.service + "." + command.method];
    if (dry_run) continue;
    ASSIGN_OR_RETURN(const auto* method, FindMethod(command.method));
    common::v1::Receipt receipt;
    // What nobody can send yet goes out in the connection's own name: the bootstrap, or an
    // operator.
    const base::Status status =
        command.as_post.empty()
            ? city.Call(*method, *command.message, &receipt)
            : city.CallAs(command.as_person, command.as_post, *method, *command.message, &receipt);
    if (!status.ok()) return status.With(fmt::format("{} of {}", command.method, command.file));
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  for (const auto& [name, count] : sent) fmt::print("{:32} {:6}\n", name, count);
  fmt::print("{} commands {} in {:.1f} s, {} warnings\n", plan->size(),
             dry_run ? "planned" : "sent", seconds, report.warnings.size());
  return {};
}

}  // namespace wanmi::cli
