// wanmi-intake, wanmi-grid, …: one service of a city, as one of several processes. WANMI_SERVICE is
// set by the build.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "runtime/city.h"
#include "services/city/replica.h"

int main(int argc, char** argv) {
  const std::string service = WANMI_SERVICE;
  CLI::App app("wanmi-" + service + ": the service " + service + " of a city, over Kafka");
  std::string config_file, instance, advertise;
  app.add_option("--config", config_file, "JSON of wanmi.config.v1.ServiceConfig")->required();
  app.add_option("--instance", instance, "a name of this process, other than all others'");
  app.add_option("--advertise", advertise,
                 "where other processes reach this one; also `advertise`");
  int reads = wanmi::runtime::kReadsLevel;
  app.add_option("--level", reads, "for tests of upgrades: up to which level of the city it reads")
      ->check(CLI::Range(1, wanmi::runtime::kReadsLevel + 1));
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) {
    std::cerr << "INTERNAL: libsodium does not start\n";
    return 1;
  }
  auto config = wanmi::city::ReadServiceConfig(config_file);
  wanmi::base::Status status = config.status();
  if (status.ok()) {
    if (!advertise.empty()) config->set_advertise(advertise);
    status = wanmi::city::ServeReplica(service, instance, *config, reads);
  }
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
