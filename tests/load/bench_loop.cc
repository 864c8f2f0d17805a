// wanmi-bench-loop: closed loops a second through gRPC, synced writes, generator included.
//
// Closed: so many loops are in flight, each begun when another ends. Open (--rate): loops begin at
// fixed times, and what a command took counts from when it should have been sent, however late
// we or the city are. Latencies are of single commands; waits for other services' reactions are
// polls and counted apart. Beside the figure stands this machine's own limit, measured in the same
// run: synced appends of a small file. Every repetition has a new city, or a new copy of the store.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "tests/load/bench_city.h"
#include "tests/load/figures.h"
#include "tests/load/loop_load.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

struct Options {
  CityOptions city;
  std::string json = "build/bench/loop.json", commit = "unknown";
  int in_flight = 64, seconds = 10, warm_seconds = 3, repetitions = 3;
  double rate = 0;
  uint64_t seed = 1;
};

struct Round {
  double loops_per_s = 0, commands_per_s = 0, limit = 0, start_s = 0, peak_mb = 0;
  double city_cpu_ms = 0, own_cpu_ms = 0, polls = 0, put_off = 0;  // of one loop
  int64_t stored = 0;
  std::vector<double> command_ms, loop_ms;
};

base::Result<Round> Measure(const Options& options, uint64_t seed) {
  ASSIGN_OR_RETURN(const auto city, BenchCity::Start(options.city, seed));
  ASSIGN_OR_RETURN(const LoopScript script,
                   LoopScript::Make(city->roster(), seed, "loop", "superior"));
  LoopLoad load(city->address(), city->client(), script, options.in_flight, options.rate);
  Player& player = load.player();
  RETURN_IF_ERROR(load.Play(options.warm_seconds));
  const int64_t closed = player.closed(), polls = player.polls(), put_off = player.put_off();
  const double city_cpu = city->CpuSeconds(), own_cpu = OwnCpuSeconds();
  player.command_ms().clear();
  player.loop_ms().clear();
  const auto start = steady_clock::now();
  RETURN_IF_ERROR(load.Play(options.seconds));
  const double seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
  Round round;
  const double loops = static_cast<double>(player.closed() - closed);
  round.loops_per_s = loops / seconds;
  round.commands_per_s = static_cast<double>(player.commands()) / seconds;
  round.city_cpu_ms = 1e3 * (city->CpuSeconds() - city_cpu) / loops;
  round.own_cpu_ms = 1e3 * (OwnCpuSeconds() - own_cpu) / loops;
  round.polls = static_cast<double>(player.polls() - polls) / loops;
  round.put_off = static_cast<double>(player.put_off() - put_off) / loops;
  round.start_s = city->start_seconds();
  round.peak_mb = city->PeakMegabytes();
  round.stored = city->stored();
  RETURN_IF_ERROR(load.Drain());
  round.command_ms = std::move(player.command_ms());
  round.loop_ms = std::move(player.loop_ms());
  round.limit = SyncedAppendsPerSecond(city->folder() + "/limit");
  return round;
}

base::Status MeasureAll(const Options& options) {
  Case loops{"", {}, "loops/s"};
  loops.sync = "each step";
  loops.limit_name = "synced appends of a file/s";
  std::vector<Round> rounds;
  std::vector<double> loop_ms;
  for (int r = 0; r < options.repetitions; ++r) {
    ASSIGN_OR_RETURN(Round round, Measure(options, options.seed + static_cast<uint64_t>(r)));
    loops.figures.push_back(round.loops_per_s);
    loops.limits.push_back(round.limit);
    loops.latencies_ms.insert(loops.latencies_ms.end(), round.command_ms.begin(),
                              round.command_ms.end());
    loop_ms.insert(loop_ms.end(), round.loop_ms.begin(), round.loop_ms.end());
    rounds.push_back(std::move(round));
  }
  const auto median = [&](double Round::*field) {
    std::vector<double> values;
    for (const auto& round : rounds) values.push_back(round.*field);
    return Median(std::move(values));
  };
  loops.name =
      options.rate > 0
          ? fmt::format("open, {:g} a second, {} stored", options.rate, rounds[0].stored)
          : fmt::format("closed, {} in flight, {} stored", options.in_flight, rounds[0].stored);
  loops.more = {{"loop_p50_ms", Quantile(loop_ms, 0.5)},
                {"loop_p99_ms", Quantile(loop_ms, 0.99)},
                {"commands_per_s", median(&Round::commands_per_s)},
                {"polls_a_loop", median(&Round::polls)},
                {"put_off_a_loop", median(&Round::put_off)},
                {"city_cpu_ms_a_loop", median(&Round::city_cpu_ms)},
                {"generator_cpu_ms_a_loop", median(&Round::own_cpu_ms)},
                {"start_s", median(&Round::start_s)},
                {"city_peak_mb", median(&Round::peak_mb)}};
  Figures("loop", options.json, options.seed, options.commit).Add(std::move(loops));
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  options.city.binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  options.city.folder =
      std::filesystem::absolute(fmt::format("build/bench/loop-{}", ::getpid())).string();
  CLI::App app("closed loops a second through gRPC");
  app.add_option("--in-flight", options.in_flight, "loops at a time")->check(CLI::Range(1, 4'096));
  app.add_option("--rate", options.rate, "open loop: so many begin each second");
  app.add_option("--store", options.city.store, "a folder of wanmi-seed, copied for each run");
  app.add_option("--folder", options.city.folder, "of the runs; deleted at the end");
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 600));
  app.add_option("--warm", options.warm_seconds, "seconds before")->check(CLI::Range(0, 60));
  app.add_option("--repetitions", options.repetitions)->check(CLI::Range(1, 9));
  app.add_option("--seed", options.seed);
  app.add_option("--json", options.json);
  app.add_option("--commit", options.commit);
  CLI11_PARSE(app, argc, argv);
  const auto status = wanmi::demo::MeasureAll(options);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
