// wanmi-demo: two days of a city, by gRPC, with a kill in the second, and an audit at the end.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "tests/load/show.h"

namespace {

wanmi::demo::Options Small(wanmi::demo::Options options) {
  options.ordinary = 60;
  options.reports = 200;
  options.rate = 1'800;
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  bool small = false;
  CLI::App app(
      "wanmi-demo: two days of a city, a kill in the second, and an audit of what everybody was "
      "told");
  for (int i = 1; i < argc; ++i) small = small || std::string_view(argv[i]) == "--small";
  if (small) options = Small(options);
  options.binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  app.add_flag("--small", small, "a short run: 60 and 200 reports");
  app.add_option("--ordinary", options.ordinary, "reports of the ordinary day")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--reports", options.reports, "reports of the stress day")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seed", options.seed, "of everything that is left to chance");
  app.add_option("--rate", options.rate, "how much faster than ours the city's clock runs")
      ->check(CLI::Range(1, 7200));
  app.add_option("--threads", options.threads, "that play all actors")->check(CLI::Range(1, 64));
  const auto* kills = app.add_option("--kills", options.kills, "SIGKILLs in the stress day")
                          ->check(CLI::Range(0, 50));
  app.add_option("--break", options.mutant,
                 "a planted bug, which the audit has to catch: answer_before_append, …")
      ->expected(0, 1)
      ->default_str("answer_before_append");
  app.add_flag("--keep", options.keep, "leave the city running");
  app.add_option("--city", options.city_folder, "the folder of the city to import");
  app.add_option("--importer", options.importer, "the program that imports it, in place of wanmi");
  CLI11_PARSE(app, argc, argv);
  // A bug that shows in a window of a few hundred microseconds has more than one chance.
  if (!options.mutant.empty() && kills->count() == 0) options.kills = 8;

  wanmi::demo::Show show(options);
  auto status = show.Play();
  if (status.ok()) status = show.PrintResult();
  if (!status.ok()) {
    std::cerr << status.ToString() << "\n";
    return 1;
  }
  const auto& audit = show.audit();
  std::cout << "\n" << audit.lost() << " lost, " << audit.twice() << " twice\n";
  const bool clean = audit.lost() == 0 && audit.twice() == 0;
  if (options.mutant.empty()) return clean ? 0 : 1;
  std::cout << (clean ? "the audit did not see " + options.mutant : "the audit caught it") << "\n";
  return clean ? 1 : 0;
}
