// wanmi: the command line of a city.
#include <fmt/format.h>
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "services/cli/commands.h"

int main(int argc, char** argv) {
  using namespace wanmi::cli;  // NOLINT: this file only names their functions
  CLI::App app("wanmi: the command line of a city");
  app.require_subcommand(1);
  app.fallthrough();
  std::string address = "127.0.0.1:7400", person, post, what, json, folder, run = "1";
  std::vector<std::string> fields;
  bool flag = false, as_json = false;
  app.add_option("--address", address, "where wanmi-city listens");
  app.add_option("--person", person, "who acts");
  app.add_option("--post", post, "in which post");
  std::function<wanmi::base::Status(const Connection&)> go;
  const auto add = [&](const char* name, const char* help,
                       std::function<wanmi::base::Status(const Connection&)> run_it) {
    auto* command = app.add_subcommand(name, help);
    command->callback([&go, run_it = std::move(run_it)] { go = run_it; });
    return command;
  };
  auto* import = add("import", "send a city's folder as commands",
                     [&](const Connection& city) { return Import(city, folder, flag, run); });
  import->add_option("folder", folder)->required();
  import->add_flag("--dry-run", flag, "check and count, send nothing");
  import->add_option("--run", run, "name of this import; another one for a later import");
  auto* act = add("act", "any command or query: act FileCase report=… condition_id=1",
                  [&](const Connection& city) { return Act(city, what, fields, json); });
  act->add_option("method", what)->required();
  act->add_option("fields", fields, "field=value, dots go into messages");
  act->add_option("--json", json, "the request as JSON");
  auto* report = add("report", "report a problem: report source=12345 class_ref.code=…",
                     [&](const Connection& city) { return Act(city, "Report", fields, json); });
  report->add_option("fields", fields, "field=value, dots go into messages");
  report->add_option("--json", json, "the report as JSON");
  auto* list = add("list", "list reports|cases|checks|work|assignments|alarms|units|…",
                   [&](const Connection& city) { return List(city, what, fields, as_json); });
  list->add_option("what", what)->required();
  list->add_option("fields", fields, "filters: state=… unit_id=… post_id=…");
  list->add_flag("--json", as_json);
  add("show", "what happened to a report or case, by id or number",
      [&](const Connection& city) { return Show(city, what); })
      ->add_option("id", what)
      ->required();
  auto* tail = add("tail", "follow the journal",
                   [&](const Connection& city) { return Tail(city, what, flag); });
  tail->add_option("service", what);
  tail->add_flag("--once", flag, "everything there is, then end");
  add("parked", "inputs whose rules broke", [&](const Connection& city) { return Parked(city); });
  add("retry", "try a parked input again",
      [&](const Connection& city) { return Retry(city, what); })
      ->add_option("place", what)
      ->required();
  add("verify", "check seq and chain of every slice",
      [&](const Connection& city) { return Verify(city); });
  add("digests", "a digest of all views, by service",
      [&](const Connection& city) { return Digests(city); });
  add("forget", "destroy a person's keys",
      [&](const Connection& city) { return Forget(city, what); })
      ->add_option("subject", what)
      ->required();
  add("status", "the city, its services and epochs",
      [&](const Connection& city) { return ShowStatus(city); });
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) return 1;
  // A city without rules knows nobody: there the bootstrap acts.
  const Connection city(address, person.empty() ? "importer" : person,
                        post.empty() ? "bootstrap" : post);
  const wanmi::base::Status status = go(city);
  if (status.ok()) return 0;
  fmt::print(stderr, "{}\n", status.ToString());
  return 1;
}
