// city_sim: the whole city from a seed.
//
//   city_sim --seed 7            one seed, with what was wrong
//   city_sim --seeds 1000        seeds 1 … 1000; exit code 1 at the first that fails
//   … --many                     the same with two or three hosts, by the seed
//   city_sim --mutant NAME       plants a bug; exit code 0 only if a seed of at most 200 catches
//   it,
//                                with one host or with many
//   city_sim --mutants           all of them; the seeds must hold without one
//   city_sim --seed 7 --record F  writes its entries into folder F, for tests/golden
#include <fmt/format.h>
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>

#include "auditor.h"
#include "base/log.h"
#include "base/mutants.h"
#include "workload.h"

namespace wanmi::sim {
namespace {

constexpr int kMutantSeeds = 200;

struct Outcome {
  std::vector<std::string> wrong;
  std::string digest;
  size_t commands = 0;
};

int HostsOf(uint64_t seed, bool many) { return many ? 2 + static_cast<int>(seed % 2) : 1; }

Outcome RunSeed(uint64_t seed, bool many) {
  Outcome outcome;
  try {
    World world(seed, HostsOf(seed, many));
    RunCity(world);
    outcome.wrong = world.Settle();
    for (auto& sentence : Audit(world)) outcome.wrong.push_back(std::move(sentence));
    outcome.digest = JournalDigest(world);
    outcome.commands = world.told().size();
  } catch (const std::exception& failure) {
    outcome.wrong.push_back(failure.what());
  }
  return outcome;
}

enum class Say { kFailures, kSummary, kDigests };

int RunSeeds(uint64_t first, uint64_t last, bool many, Say say) {
  const auto started = std::chrono::steady_clock::now();
  size_t commands = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    const Outcome outcome = RunSeed(seed, many);
    commands += outcome.commands;
    if (say == Say::kDigests)
      fmt::print("seed {} digest {} commands {}\n", seed, outcome.digest, outcome.commands);
    if (outcome.wrong.empty()) continue;
    fmt::print("seed {} FAILED; again with: city_sim --seed {}{}\n", seed, seed,
               many ? " --many" : "");
    for (size_t i = 0; i < outcome.wrong.size() && i < 20; ++i)
      fmt::print("  {}\n", outcome.wrong[i]);
    return 1;
  }
  if (say == Say::kFailures) return 0;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{} seeds held, {} commands, {:.1f} s\n", last - first + 1, commands, seconds);
  return 0;
}

// Writes what a seed's city did, for tests/golden: every entry, length first.
int Record(uint64_t seed, const std::string& folder) {
  World world(seed, 1);
  RunCity(world);
  if (!world.Settle().empty()) return 1;
  std::filesystem::create_directories(folder);
  for (const auto& definition : world.definitions()) {
    std::ofstream out(folder + "/" + definition.name + ".entries", std::ios::binary);
    for (int p = 0; p < world.city().partitions; ++p) {
      const auto read =
          world.journal().Read({definition.name, p}, 0, [&](int64_t, std::string_view bytes) {
            out << p << ' ' << bytes.size() << ' ' << bytes << '\n';
            return true;
          });
      if (!read.ok()) return 1;
    }
  }
  return 0;
}

// Without a planted bug: a seed that fails anyhow catches nothing. Asked once of each.
bool Holds(uint64_t seed, bool many) {
  static std::map<std::pair<uint64_t, bool>, bool> known;
  const auto [at, is_new] = known.try_emplace({seed, many});
  if (!is_new) return at->second;
  const auto planted = std::exchange(base::active_mutant, base::Mutant::kNone);
  at->second = RunSeeds(seed, seed, many, Say::kFailures) == 0;
  base::active_mutant = planted;
  return at->second;
}

int CatchMutant(std::string_view name) {
  if (!base::PlantMutant(name)) {
    fmt::print("no planted bug is called {}\n", name);
    return 1;
  }
  for (uint64_t seed = 1; seed <= kMutantSeeds; ++seed) {
    for (const bool many : {false, true}) {
      if (!Holds(seed, many)) return 1;
      const Outcome outcome = RunSeed(seed, many);
      if (outcome.wrong.empty()) continue;
      fmt::print("{:28} caught by seed {:3} with {}: {}\n", name, seed,
                 many ? "many hosts" : "one host", outcome.wrong.front());
      base::active_mutant = base::Mutant::kNone;
      return 0;
    }
  }
  fmt::print("{:28} NOT CAUGHT within {} seeds\n", name, kMutantSeeds);
  base::active_mutant = base::Mutant::kNone;
  return 1;
}

}  // namespace
}  // namespace wanmi::sim

int main(int argc, char** argv) {
  CLI::App app("the whole city from a seed");
  uint64_t seed = 0, seeds = 0;
  std::string mutant, record;
  bool mutants = false, many = false;
  app.add_option("--seed", seed);
  app.add_option("--seeds", seeds);
  app.add_option("--mutant", mutant);
  app.add_flag("--mutants", mutants);
  app.add_option("--record", record, "with --seed: write its entries into this folder");
  app.add_flag("--many", many, "two or three hosts share the city");
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) return 1;
  if (seed == 0) wanmi::base::SetLogLevel(static_cast<wanmi::base::Level>(9));
  if (!record.empty()) return wanmi::sim::Record(seed, record);
  if (!mutant.empty()) return wanmi::sim::CatchMutant(mutant);
  if (mutants) {
    int missed = 0;
    for (const auto& [which, name] : wanmi::base::kMutants) missed += wanmi::sim::CatchMutant(name);
    return missed == 0 ? 0 : 1;
  }
  if (seed != 0) {
    // Twice: the same seed gives the same city.
    const auto digests = wanmi::sim::Say::kDigests;
    return wanmi::sim::RunSeeds(seed, seed, many, digests) +
           wanmi::sim::RunSeeds(seed, seed, many, digests);
  }
  return wanmi::sim::RunSeeds(1, seeds == 0 ? 1000 : seeds, many, wanmi::sim::Say::kSummary);
}
