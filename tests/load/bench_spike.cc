// wanmi-bench-spike: what a city does when three times more is asked of it than it can do.
//
// First what it can sustain is found: reports, closed loop. Then an open loop: a calm at half of
// that; the spike, 30 s of several times as much; the same calm again. The generator is bounded: so
// many calls under way at most, each with a deadline; what it could not send is counted apart. The
// city must go on accepting, refuse the rest at once with RESOURCE_EXHAUSTED and the time to come
// back, and be itself again soon. At the end every journal is compared with what was told.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "tests/load/audit.h"
#include "tests/load/bench_city.h"
#include "tests/load/caller.h"
#include "tests/load/figures.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStale{250};
constexpr double kWindow = 0.5;     // seconds; the p95 of each says whether the city is calm again
constexpr double kCalmAgain = 2;    // times the p95 of before, or
constexpr double kCalmAgainMs = 5;  // so much above it

struct Options {
  CityOptions city;
  std::string json = "build/bench/spike.json", commit = "unknown";
  int in_flight = 64, under_way = 640, seconds = 30, calm_seconds = 10, find_seconds = 8,
      repetitions = 3, deadline_ms = 2'000;
  double times = 3;
  bool apart = false;
  uint64_t seed = 1;
};

double Seconds(steady_clock::duration span) { return std::chrono::duration<double>(span).count(); }
steady_clock::duration Span(double seconds) {
  return std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
}

// What became of the offers of one phase, also if it came to be known after its end.
struct Phase {
  Moment start{}, end{};
  double seconds = 0;
  int64_t offered = 0, not_sent = 0, refused = 0, without_retry = 0, late = 0, other = 0;
  int64_t accepted = 0;  // before its end
  std::vector<double> accepted_ms, refused_ms;
  std::vector<std::vector<double>> windows_ms;  // accepted, by when they were intended
  double PerSecond() const { return static_cast<double>(accepted) / seconds; }
};

class Spike {
 public:
  Spike(const Options& options, BenchCity& city, const LoopScript& script)
      : options_(options),
        city_(city),
        script_(script),
        caller_(city.address(), std::chrono::milliseconds(options.deadline_ms), options.under_way) {
  }

  // Closed loop.
  Phase& Find() {
    return Play(options_.find_seconds, [&](Moment, int64_t) -> Moment {
      return caller_.under_way() < static_cast<size_t>(options_.in_flight) ? Moment::min()
                                                                           : Moment::max();
    });
  }
  // Open loop, at so many a second.
  Phase& Offer(double rate, double seconds) {
    return Play(seconds, [rate](Moment start, int64_t begun) {
      return start + Span(static_cast<double>(begun) / rate);
    });
  }
  // Waits for the last answers.
  void Drain() {
    const auto until = steady_clock::now() + std::chrono::milliseconds(2 * options_.deadline_ms);
    while (caller_.under_way() > 0 && steady_clock::now() < until)
      Take(steady_clock::now() + std::chrono::milliseconds(10));
  }
  const std::vector<Told>& ledger() const { return ledger_; }

 private:
  struct Sent {
    std::string id;
    Moment intended;
    Phase* phase;
  };

  // `when` says when the next offer is to be made: Moment::min() is now, Moment::max() not yet.
  template <class When>
  Phase& Play(double seconds, When when) {
    Phase& phase = *phases_.emplace_back(std::make_unique<Phase>());
    phase.start = steady_clock::now();
    phase.end = phase.start + Span(seconds);
    phase.seconds = seconds;
    phase.windows_ms.resize(static_cast<size_t>(seconds / kWindow));
    for (auto now = phase.start; now < phase.end; now = steady_clock::now()) {
      auto next = when(phase.start, phase.offered);
      for (; next <= now && now < phase.end; next = when(phase.start, phase.offered)) {
        Give(next == Moment::min() ? now : next, &phase);
        if (phase.offered % 16 != 0) continue;
        Take(Moment::min());
        now = steady_clock::now();
      }
      Take(std::min(next, phase.end));
    }
    return phase;
  }

  void Give(Moment intended, Phase* phase) {
    ++phase->offered;
    // Nobody's offer comes so late: it is the generator that has no time.
    const bool stale = steady_clock::now() - intended > kStale;
    if (stale || caller_.under_way() >= static_cast<size_t>(options_.under_way)) {
      ++phase->not_sent;
      return;
    }
    const int64_t number = next_++;
    const LoopCall call = script_.Call(number, 0, 0);
    sent_.emplace(number, Sent{call.id, intended, phase});
    caller_.Send(number, call.path, *call.who, call.bytes);
  }

  void Take(Moment until) {
    Caller::Answered answered;
    while (caller_.Next(until, &answered)) {
      until = Moment::min();
      auto sent = sent_.extract(answered.number);
      Told told{"intake", "Report", std::move(sent.mapped().id), {}};
      told.answers.push_back({answered.status, answered.status.ok() ? ReceiptOf(answered.bytes)
                                                                    : common::v1::Receipt()});
      ledger_.push_back(std::move(told));
      Count(answered, sent.mapped().intended, sent.mapped().phase);
    }
  }

  static void Count(const Caller::Answered& answered, Moment intended, Phase* phase) {
    const auto code = answered.status.code();
    if (code == base::Code::kOk) {
      const double took_ms = 1e3 * Seconds(answered.at - intended);
      phase->accepted += answered.at <= phase->end ? 1 : 0;
      phase->accepted_ms.push_back(took_ms);
      const auto at = static_cast<size_t>(Seconds(intended - phase->start) / kWindow);
      if (at < phase->windows_ms.size()) phase->windows_ms[at].push_back(took_ms);
    } else if (code == base::Code::kResourceExhausted) {
      ++phase->refused;
      phase->without_retry += answered.retry_after_ms > 0 ? 0 : 1;
      phase->refused_ms.push_back(1e3 * Seconds(answered.at - answered.sent));
    } else if (code == base::Code::kDeadlineExceeded) {
      ++phase->late;
    } else {
      ++phase->other;
    }
  }

  const Options& options_;
  BenchCity& city_;
  const LoopScript& script_;
  Caller caller_;
  int64_t next_ = 0;
  std::unordered_map<int64_t, Sent> sent_;
  std::vector<Told> ledger_;
  std::vector<std::unique_ptr<Phase>> phases_;
};

// Seconds from the end of the spike to the first of two windows in a row that are calm; -1 if there
// are none.
double SecondsUntilCalm(Phase& after, double calm_p95_ms) {
  const double most = std::max(calm_p95_ms * kCalmAgain, calm_p95_ms + kCalmAgainMs);
  double since = -1;
  int in_a_row = 0;
  fmt::print("p95 of each {:g} s after, ms:", kWindow);
  for (size_t i = 0; i < after.windows_ms.size(); ++i) {
    auto& window = after.windows_ms[i];
    fmt::print(" {:.0f}", window.empty() ? -1 : Quantile(window, 0.95));
    in_a_row = !window.empty() && Quantile(window, 0.95) <= most ? in_a_row + 1 : 0;
    if (in_a_row == 2 && since < 0) since = static_cast<double>(i - 1) * kWindow;
  }
  fmt::print("\n");
  return since;
}

void Show(const char* name, Phase& phase) {
  fmt::print(
      "{:<8}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>7}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}"
      "\n",
      name, static_cast<double>(phase.offered) / phase.seconds,
      static_cast<double>(phase.not_sent) / phase.seconds, phase.PerSecond(),
      static_cast<double>(phase.refused) / phase.seconds,
      static_cast<double>(phase.without_retry) / phase.seconds,
      static_cast<double>(phase.late) / phase.seconds, phase.other,
      Quantile(phase.accepted_ms, 0.5), Quantile(phase.accepted_ms, 0.95),
      Quantile(phase.accepted_ms, 0.99), Quantile(phase.refused_ms, 0.99));
  std::fflush(stdout);
}

struct Round {
  double sustained = 0, accepted = 0, refused = 0, late = 0, without_retry = 0, refused_p99_ms = 0,
         calm_after_s = 0, lost = 0, twice = 0, not_sent = 0, sent = 0;
  std::vector<double> accepted_ms;
};

base::Status Compare(BenchCity& city, const std::vector<Told>& ledger, Round* round) {
  Audit audit;
  RETURN_IF_ERROR(
      audit.ReadJournals(city.client(), city.roster().Of(city.roster().Posts("operator").front())));
  audit.Compare(ledger);
  round->lost = static_cast<double>(audit.lost());
  round->twice = static_cast<double>(audit.twice());
  fmt::print("{} entries read, {} lost, {} twice, {} never answered\n", audit.entries(),
             audit.lost(), audit.twice(), audit.unanswered());
  for (const auto& fault : audit.faults()) fmt::print("  {}\n", fault);
  return {};
}

base::Result<Round> Measure(const Options& options, uint64_t seed) {
  ASSIGN_OR_RETURN(const auto city, BenchCity::Start(options.city, seed));
  ASSIGN_OR_RETURN(const LoopScript script,
                   LoopScript::Make(city->roster(), seed, "spike", "self"));
  Spike spike(options, *city, script);
  spike.Find();  // to warm up
  Phase& found = spike.Find();
  Round round;
  round.sustained = found.PerSecond();
  Phase& before = spike.Offer(round.sustained / 2, options.calm_seconds);
  Phase& storm = spike.Offer(round.sustained * options.times, options.seconds);
  Phase& after = spike.Offer(round.sustained / 2, options.calm_seconds);
  spike.Drain();
  fmt::print("{:<8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>7}{:>9}{:>9}{:>9}{:>9}\n", "a second",
             "offered", "not sent", "accepted", "refused", "no retry", "deadline", "other",
             "p50 ms", "p95 ms", "p99 ms", "ref. p99");
  Show("found", found);
  Show("calm", before);
  Show("spike", storm);
  Show("after", after);
  round.accepted = storm.PerSecond();
  round.refused = static_cast<double>(storm.refused) / storm.seconds;
  round.late = static_cast<double>(storm.late) / storm.seconds;
  round.not_sent = static_cast<double>(storm.not_sent) / storm.seconds;
  round.sent = static_cast<double>(storm.offered - storm.not_sent) / storm.seconds;
  round.without_retry = static_cast<double>(storm.without_retry);
  round.refused_p99_ms = Quantile(storm.refused_ms, 0.99);
  round.calm_after_s = SecondsUntilCalm(after, Quantile(before.accepted_ms, 0.95));
  round.accepted_ms = std::move(storm.accepted_ms);
  RETURN_IF_ERROR(Compare(*city, spike.ledger(), &round));
  return round;
}

// A generator that shares its cores with the city takes from it what it should be asked for.
base::Status KeepApart(Options* options) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(1, &cores);
  if (::sched_setaffinity(0, sizeof(cores), &cores) != 0)
    return base::FailedPrecondition("expected two cores for --apart, found fewer");
  options->city.cores = "0";
  return {};
}

base::Status MeasureAll(Options options) {
  if (options.apart) RETURN_IF_ERROR(KeepApart(&options));
  Case spike{fmt::format("{:g} times what it sustains{}", options.times,
                         options.apart ? " on one core" : ""),
             {},
             "accepted/s"};
  spike.sync = "each step";
  spike.limit_name = "sustained/s, closed loop";
  std::vector<Round> rounds;
  for (int r = 0; r < options.repetitions; ++r) {
    ASSIGN_OR_RETURN(Round round, Measure(options, options.seed + static_cast<uint64_t>(r)));
    spike.figures.push_back(round.accepted);
    spike.limits.push_back(round.sustained);
    spike.latencies_ms.insert(spike.latencies_ms.end(), round.accepted_ms.begin(),
                              round.accepted_ms.end());
    rounds.push_back(std::move(round));
  }
  const std::pair<const char*, double Round::*> columns[] = {
      {"refused_per_s", &Round::refused},
      {"refused_p99_ms", &Round::refused_p99_ms},
      {"refused_without_retry", &Round::without_retry},
      {"deadline_per_s", &Round::late},
      {"not_sent_per_s", &Round::not_sent},
      {"sent_per_s", &Round::sent},
      {"calm_after_s", &Round::calm_after_s},
      {"lost", &Round::lost},
      {"twice", &Round::twice}};
  for (const auto& [name, field] : columns) {
    std::vector<double> values;
    for (const auto& round : rounds) values.push_back(round.*field);
    spike.more.emplace_back(name, Median(std::move(values)));
  }
  Figures("spike", options.json, options.seed, options.commit).Add(std::move(spike));
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  options.city.binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  options.city.folder =
      std::filesystem::absolute(fmt::format("build/bench/spike-{}", ::getpid())).string();
  CLI::App app("what a city does when more is asked of it than it can do");
  app.add_option("--times", options.times, "of what it sustains")->check(CLI::Range(1.0, 50.0));
  app.add_flag("--apart", options.apart, "the city on core 0 and the generator on core 1");
  app.add_option("--seconds", options.seconds, "of the spike")->check(CLI::Range(1, 600));
  app.add_option("--calm", options.calm_seconds, "seconds before and after");
  app.add_option("--find", options.find_seconds, "seconds, twice, to find what it sustains");
  app.add_option("--in-flight", options.in_flight, "reports at a time while that is found");
  app.add_option("--under-way", options.under_way, "calls at a time that the generator bears");
  app.add_option("--deadline-ms", options.deadline_ms, "of each call");
  app.add_option("--repetitions", options.repetitions)->check(CLI::Range(1, 9));
  app.add_option("--seed", options.seed);
  app.add_option("--store", options.city.store, "a folder of wanmi-seed, copied for each run");
  app.add_option("--folder", options.city.folder, "of the runs; deleted at the end");
  app.add_option("--json", options.json);
  app.add_option("--commit", options.commit);
  CLI11_PARSE(app, argc, argv);
  const auto status = wanmi::demo::MeasureAll(options);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
