// wanmi-cluster: the days of wanmi-demo in a city of many processes over real Kafka brokers.
#include <grpc/support/log.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "tests/load/cluster.h"
#include "tests/load/show.h"

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  wanmi::demo::ClusterOptions cluster;
  options.binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  cluster.binaries = options.binaries;
  // That processes are away is no news here.
  gpr_set_log_function([](gpr_log_func_args*) {});
  options.ordinary = 60;
  options.reports = 200;
  bool full = false;
  CLI::App app("wanmi-cluster: the days of wanmi-demo in a city of many processes over Kafka");
  app.add_flag("--full", full, "220 and 2,000 reports, as scripts/demo");
  app.add_option("--replicas", cluster.replicas, "of each service")->check(CLI::Range(1, 4));
  app.add_option("--brokers", cluster.brokers)->check(CLI::IsMember({1, 3}));
  app.add_flag("--chaos", cluster.chaos, "kill, pause and restart processes and brokers");
  app.add_flag("--mixed", cluster.mixed,
               "half of the replicas read the next level; the city goes over to it at the end");
  app.add_option("--seed", options.seed, "of everything that is left to chance");
  app.add_option("--rate", options.rate, "how much faster than ours the city's clock runs")
      ->check(CLI::Range(1, 7200));
  app.add_option("--ordinary", options.ordinary)->check(CLI::NonNegativeNumber);
  app.add_option("--reports", options.reports)->check(CLI::NonNegativeNumber);
  app.add_option("--threads", options.threads, "that play all actors")->check(CLI::Range(1, 64));
  app.add_option("--city", options.city_folder, "the folder of the city to import");
  bool plain = false;
  app.add_flag("--plain", plain, "without certificates");
  CLI11_PARSE(app, argc, argv);
  if (full) {
    options.ordinary = 220;
    options.reports = 2'000;
  }
  cluster.seed = options.seed;
  cluster.tls = !plain;
  std::cout << "seed " << options.seed << std::endl;
  wanmi::demo::Show show(options, [&](const std::string& folder) {
    auto town = wanmi::demo::ClusterTown::Make(cluster, folder);
    using Made = wanmi::base::Result<std::unique_ptr<wanmi::demo::Town>>;
    return town.ok() ? Made(std::move(*town)) : Made(town.status());
  });
  auto status = show.Play();
  if (status.ok()) status = show.PrintResult();
  if (!status.ok()) {
    std::cerr << status.ToString() << "\n";
    return 1;
  }
  const auto& audit = show.audit();
  std::cout << "\n" << audit.lost() << " lost, " << audit.twice() << " twice\n";
  return audit.lost() == 0 && audit.twice() == 0 ? 0 : 1;
}
