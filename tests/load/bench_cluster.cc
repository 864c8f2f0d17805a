// wanmi-bench-cluster: its main, a city to be measured, and closed loops a second through Kafka
// beside those of one process.
#include "tests/load/bench_cluster.h"

#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/load/loop_load.h"

namespace wanmi::demo {
namespace {

constexpr char kStartAt[] = "2026-03-11T01:00:00Z";
constexpr int kInFlight[] = {256, 64};

// Loops of one city, so many in flight.
struct Round {
  double loops_per_s = 0, polls = 0, put_off = 0;
  std::vector<double> command_ms, loop_ms;
  std::map<std::string, double> cpu_ms;  // of one loop, by process
};

base::Result<Round> MeasureLoops(const ClusterBench& options, const std::string& address,
                                 const Client& client, const Roster& roster, int in_flight,
                                 uint64_t seed) {
  ASSIGN_OR_RETURN(const LoopScript script,
                   LoopScript::Make(roster, seed, fmt::format("loop{}", in_flight), "superior"));
  LoopLoad load(address, client, script, in_flight, 0);
  Player& player = load.player();
  RETURN_IF_ERROR(load.Play(options.warm_seconds));
  const int64_t closed = player.closed(), polls = player.polls(), put_off = player.put_off();
  const auto cpu = CpuOfChildren();
  const double own_cpu = OwnCpuSeconds();
  player.command_ms().clear();
  player.loop_ms().clear();
  const auto start = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(load.Play(options.seconds));
  const double seconds = SecondsSince(start);
  const double loops = std::max<double>(1, static_cast<double>(player.closed() - closed));
  Round round;
  round.loops_per_s = loops / seconds;
  round.polls = static_cast<double>(player.polls() - polls) / loops;
  round.put_off = static_cast<double>(player.put_off() - put_off) / loops;
  for (const auto& [name, now] : CpuOfChildren()) {
    const auto before = cpu.find(name);
    round.cpu_ms[name] = 1e3 * (now - (before == cpu.end() ? 0 : before->second)) / loops;
  }
  round.cpu_ms["generator"] = 1e3 * (OwnCpuSeconds() - own_cpu) / loops;
  RETURN_IF_ERROR(load.Drain());
  round.command_ms = std::move(player.command_ms());
  round.loop_ms = std::move(player.loop_ms());
  return round;
}

Case LoopCase(int in_flight, const std::vector<Round>& cluster, const std::vector<Round>& single) {
  Case made{fmt::format("loops, {} in flight", in_flight), {}, "loops/s"};
  made.sync = "none: acknowledged by the replicas";
  made.limit_name = "loops/s of one process";
  std::vector<double> loop_ms, polls, put_off;
  std::map<std::string, std::vector<double>> cpu_ms;
  for (const Round& round : cluster) {
    made.figures.push_back(round.loops_per_s);
    made.latencies_ms.insert(made.latencies_ms.end(), round.command_ms.begin(),
                             round.command_ms.end());
    loop_ms.insert(loop_ms.end(), round.loop_ms.begin(), round.loop_ms.end());
    polls.push_back(round.polls);
    put_off.push_back(round.put_off);
    for (const auto& [name, ms] : round.cpu_ms) cpu_ms[name].push_back(ms);
  }
  for (const Round& round : single) made.limits.push_back(round.loops_per_s);
  made.more = {{"loop_p50_ms", Quantile(loop_ms, 0.5)},
               {"loop_p99_ms", Quantile(loop_ms, 0.99)},
               {"polls_a_loop", Median(polls)},
               {"put_off_a_loop", Median(put_off)}};
  for (const auto& [name, ms] : cpu_ms) made.more.emplace_back("cpu_ms_a_loop." + name, Median(ms));
  return made;
}

}  // namespace

std::map<std::string, double> CpuOfChildren() {
  std::map<std::string, double> seconds;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream children(thread.path() / "children");
    for (pid_t pid = 0; children >> pid;) {
      std::string name;
      std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), name);
      seconds[name] += CpuSecondsOf(pid);
    }
  }
  return seconds;
}

base::Result<std::unique_ptr<BenchTown>> BenchTown::Start(const ClusterBench& options, int replicas,
                                                          int brokers, uint64_t seed) {
  const std::string folder = options.city.folder + "/town";
  std::unique_ptr<BenchTown> made(new BenchTown(folder, seed));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  ClusterOptions of{options.city.binaries, replicas, brokers};
  of.seed = seed;
  ASSIGN_OR_RETURN(made->town_, ClusterTown::Make(of, folder));
  RETURN_IF_ERROR(made->town_->Start(kStartAt, 1, true));
  ASSIGN_OR_RETURN(const int code, Run({options.city.binaries + "/wanmi", "import",
                                        options.city.city, "--address", made->town_->address()},
                                       folder + "/import.log"));
  if (code != 0) return base::FailedPrecondition("the import failed; see {}/import.log", folder);
  RETURN_IF_ERROR(made->client_.Connect(made->town_->address(), 1));
  ASSIGN_OR_RETURN(made->roster_, Roster::Read(options.city.city));
  RETURN_IF_ERROR(made->roster_->ReadPlaces(made->client_));
  return made;
}

BenchTown::~BenchTown() {
  town_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

base::Status BenchLoops(const ClusterBench& options, Figures& figures) {
  std::map<int, std::vector<Round>> cluster, single;
  for (int r = 0; r < options.repetitions; ++r) {
    const uint64_t seed = options.seed + static_cast<uint64_t>(r);
    {
      ASSIGN_OR_RETURN(const auto city, BenchTown::Start(options, 1, 1, seed));
      for (const int in_flight : kInFlight) {
        ASSIGN_OR_RETURN(auto round, MeasureLoops(options, city->town().address(), city->client(),
                                                  city->roster(), in_flight, seed));
        cluster[in_flight].push_back(std::move(round));
      }
    }
    CityOptions one = options.city;
    one.folder += "/one";
    ASSIGN_OR_RETURN(const auto city, BenchCity::Start(one, seed));
    for (const int in_flight : kInFlight) {
      ASSIGN_OR_RETURN(auto round, MeasureLoops(options, city->address(), city->client(),
                                                city->roster(), in_flight, seed));
      single[in_flight].push_back(std::move(round));
    }
  }
  for (const int in_flight : kInFlight)
    figures.Add(LoopCase(in_flight, cluster[in_flight], single[in_flight]));
  return {};
}

namespace {

base::Status MeasureAll(const ClusterBench& options, const std::string& only, Figures& figures) {
  const std::pair<const char*, base::Status (*)(const ClusterBench&, Figures&)> benches[] = {
      {"loops", BenchLoops},   {"failover", BenchFailover}, {"graceful", BenchGraceful},
      {"broker", BenchBroker}, {"empty", BenchEmpty},
  };
  for (const auto& [name, bench] : benches) {
    if (only.empty() || only == name) RETURN_IF_ERROR(bench(options, figures).With(name));
  }
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::ClusterBench options;
  options.city.binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  options.city.folder =
      std::filesystem::absolute(fmt::format("build/bench/cluster-{}", ::getpid())).string();
  std::string only, json = "build/bench/cluster.json", commit = "unknown";
  CLI::App app("a city of many processes over real brokers: loops a second, and pauses");
  app.add_option("--only", only, "one of these alone")
      ->check(CLI::IsMember({"loops", "failover", "graceful", "broker", "empty"}));
  app.add_option("--repeat", options.repetitions, "of loops and empty")->check(CLI::Range(1, 9));
  app.add_option("--seconds", options.seconds, "of each figure of loops")
      ->check(CLI::Range(1, 600));
  app.add_option("--warm", options.warm_seconds, "seconds before")->check(CLI::Range(0, 60));
  app.add_option("--rate", options.rate, "loops a second beside faults")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--kills", options.kills, "of failover")->check(CLI::Range(1, 1'000));
  app.add_option("--stops", options.stops, "of graceful")->check(CLI::Range(1, 1'000));
  app.add_option("--broker-kills", options.broker_kills)->check(CLI::Range(1, 100));
  app.add_option("--cases", options.cases, "closed, that empty folds")
      ->check(CLI::Range(100, 10'000'000));
  app.add_option("--folder", options.city.folder, "of the run; deleted at the end");
  app.add_option("--seed", options.seed);
  app.add_option("--json", json);
  app.add_option("--commit", commit);
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) {
    std::cerr << "INTERNAL: libsodium does not start\n";
    return 1;
  }
  wanmi::demo::Figures figures("cluster", json, options.seed, commit);
  const auto status = wanmi::demo::MeasureAll(options, only, figures);
  std::error_code ignored;
  if (status.ok()) std::filesystem::remove_all(options.city.folder, ignored);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
