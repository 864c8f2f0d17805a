// The commands of `wanmi`, a file each. Each adds its subcommands to the program; when one of them
// was given, its outcome stands in `*outcome` after the parse.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/status.h"
#include "services/cli/session.h"

namespace wanmi::cli {

struct Program {
  CLI::App* app;
  Session* session;
  base::Status* outcome;

  CLI::App* Add(const std::string& name, const std::string& text) const {
    return app->add_subcommand(name, text)->fallthrough();
  }
  void Run(CLI::App* command, std::function<base::Status()> run) const {
    command->callback([run = std::move(run), outcome = outcome] { *outcome = run(); });
  }
};

void AddImport(const Program& program);
void AddReport(const Program& program);
void AddAct(const Program& program);
void AddList(const Program& program);
void AddShow(const Program& program);
void AddTail(const Program& program);
void AddVerify(const Program& program);
void AddMove(const Program& program);  // export-journal, import-journal, backup, restore, …
void AddLevel(const Program& program);
void AddStatus(const Program& program);
void AddOperations(const Program& program);  // parked, retry, digests, rebuild, forget

}  // namespace wanmi::cli
