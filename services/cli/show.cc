// show.cc: `wanmi show ID` is everything that happened to a report and its cases, over all
// services.
#include <iostream>

#include "base/partition.h"
#include "services/cli/commands.h"
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
  RETURN_IF_ERROR(session.CallOperations("GetHistory", get, &history));
  if (session.PrintedAsJson(history)) return {};
  std::cout << root << "  (local time, UTC+8)\n\n";
  for (const auto& line : history.lines()) {
    std::cout << TimelineText(line.service(), line.entry(), root, kWidth);
  }
  return {};
}

}  // namespace

void AddShow(const Program& program) {
  auto id = std::make_shared<std::string>();
  CLI::App* command = program.Add("show", "the life of a report and its cases");
  command->add_option("id", *id, "id or number of a report or a case")->required();
  program.Run(command, [id, session = program.session] { return Show(*id, *session); });
}

}  // namespace wanmi::cli
