// show.cc: `wanmi show ID` is everything that happened to a report and its cases, over all
// services.
#include <algorithm>
#include <iostream>

#include "base/partition.h"
#include "services/cli/commands.h"
#include "services/cli/each.h"
#include "services/cli/timeline.h"

namespace wanmi::cli {
namespace {

constexpr size_t kWidth = 120;

base::Status Show(const std::string& id, Session& session) {
  ASSIGN_OR_RETURN(const std::string found, session.IdOf(id));
  const std::string root(base::RootOf(found));
  operations::v1::GetHistory get;
  get.set_id(root);
  operations::v1::HistoryView history;
  ASSIGN_OR_RETURN(auto each, Each::Of(session));
  const base::Status asked = each.Ask([&](const std::string& service) -> base::Status {
    operations::v1::HistoryView lines;
    const auto status = session.Operate(service, "GetHistory", get, &lines);
    if (status.code() == base::Code::kNotFound) return {};  // of no concern to this one
    for (const auto& line : lines.lines()) {
      if (each.Speaks(service, line.service())) *history.add_lines() = line;
    }
    return status;
  });
  std::stable_sort(
      history.mutable_lines()->begin(), history.mutable_lines()->end(),
      [](const auto& a, const auto& b) { return a.entry().at_us() < b.entry().at_us(); });
  if (history.lines().empty())
    return asked.ok() ? base::NotFound("nothing is known of '{}'", root) : asked;
  if (session.PrintedAsJson(history)) return asked;
  std::cout << root << "  (local time, UTC+8)\n\n";
  for (const auto& line : history.lines()) {
    std::cout << TimelineText(line.service(), line.entry(), root, kWidth);
  }
  return asked;
}

}  // namespace

void AddShow(const Program& program) {
  auto id = std::make_shared<std::string>();
  CLI::App* command = program.Add("show", "the life of a report and its cases");
  command->add_option("id", *id, "id or number of a report or a case")->required();
  program.Run(command, [id, session = program.session] { return Show(*id, *session); });
}

}  // namespace wanmi::cli
