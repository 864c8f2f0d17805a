// wanmi-city: every service of one city in one process.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/mutants.h"
#include "services/city/config.h"
#include "services/city/process.h"
#include "services/city/rebuild.h"

int main(int argc, char** argv) {
  CLI::App app("wanmi-city: every service of one city in one process");
  std::string config_file, rebuild_into, mutant;
  app.add_option("--config", config_file, "JSON of wanmi.config.v1.CityConfig")->required();
  app.add_option("--rebuild", rebuild_into,
                 "fold the journal into new stores in this folder, compare digests, and exit");
#ifdef WANMI_MUTANTS
  app.add_option("--mutant", mutant, "plant a bug: no_repeat_check, answer_before_append, …");
#endif
  int reads = wanmi::runtime::kReadsLevel;
  app.add_option("--level", reads, "for tests of upgrades: up to which level of the city it reads")
      ->check(CLI::Range(1, wanmi::runtime::kReadsLevel + 1));
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) {
    std::cerr << "INTERNAL: libsodium does not start\n";
    return 1;
  }
#ifdef WANMI_MUTANTS
  if (!mutant.empty() && !wanmi::base::PlantMutant(mutant)) {
    std::cerr << "INVALID_ARGUMENT: no planted bug is called " << mutant << "\n";
    return 1;
  }
#endif
  const auto config = wanmi::city::ReadConfig(config_file);
  wanmi::base::Status status = config.status();
  if (status.ok()) {
    status = rebuild_into.empty() ? wanmi::city::Serve(*config, reads)
                                  : wanmi::city::Rebuild(*config, rebuild_into, reads);
  }
  if (!status.ok()) {
    std::cerr << status.ToString() << "\n";
    return 1;
  }
  return 0;
}
