// wanmi-seed: fills the folder of a city with closed cases, so that others can be measured on them.
//
// The city is imported by the real programs; then a host of its services works here, without a
// network, and decides what the people of many loops at a time command: the same rules, journals
// and stores as `wanmi-city` has. Cases are spread over days, of a clock that stands in the morning
// until all of the day's cases are closed. At the end, and after each day, config.json starts
// `wanmi-city` on the morning after. Run again, it goes on with a new day.
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "server/request.h"
#include "services/city/config.h"
#include "services/city/works.h"
#include "tests/load/loop_script.h"
#include "tests/load/process.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr int64_t kFirstMorningUs = 1'773'190'800'000'000;  // 2026-03-11T01:00:00Z, 9 o'clock there
constexpr int64_t kDayUs = 86'400'000'000;
// Eight partitions have 12,500 numbers each for a district's day; two districts share a day's
// cases.
constexpr int64_t kCasesADayMost = 120'000;

struct Options {
  std::string binaries, folder, city = "data/cities/weifang";
  int64_t cases = 0;
  int in_flight = 512, days = 10;
  uint64_t seed = 7'777;
};

// What has been done, in seeded.json. A day counts as used before it begins.
struct Progress {
  int64_t days = 0, numbers = 0, closed = 0;
};

Progress ReadProgress(const std::string& file) {
  std::ifstream in(file);
  const auto json = in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
  if (!json.is_object()) return {};
  return {json.value("days", int64_t{0}), json.value("numbers", int64_t{0}),
          json.value("closed", int64_t{0})};
}

void WriteProgress(const Options& options, const Progress& progress) {
  const nlohmann::ordered_json json = {
      {"days", progress.days}, {"numbers", progress.numbers}, {"closed", progress.closed}};
  std::ofstream(options.folder + "/seeded.json") << json.dump() << "\n";
  const std::string morning =
      base::FormatUtc(base::FromMicros(kFirstMorningUs + progress.days * kDayUs));
  const nlohmann::ordered_json config = {{"city", "weifang"},
                                         {"folder", options.folder + "/city"},
                                         {"listen", "127.0.0.1:0"},
                                         {"clock", {{"startAt", morning.substr(0, 19) + "Z"}}}};
  std::ofstream(options.folder + "/config.json") << config.dump(2) << "\n";
}

// A morning, and the little time since the day was begun.
class MorningClock final : public base::Clock {
 public:
  void Begin(int64_t day) {
    begun_us_ = RealUs();
    morning_us_ = kFirstMorningUs + day * kDayUs;
  }
  base::Time Now() const override { return base::FromMicros(morning_us_ + RealUs() - begun_us_); }
  steady_clock::time_point Steady() const override { return steady_clock::now(); }

 private:
  static int64_t RealUs() {
    return std::chrono::duration_cast<base::Span>(steady_clock::now().time_since_epoch()).count();
  }
  std::atomic<int64_t> morning_us_{kFirstMorningUs}, begun_us_{RealUs()};
};

// What the host has answered, on its way from the pump to the one who plays.
class Answers {
 public:
  using One = std::pair<int64_t, base::Status>;
  void Put(int64_t number, base::Status status) {
    const std::lock_guard lock(mutex_);
    answers_.emplace_back(number, std::move(status));
    some_.notify_one();
  }
  std::vector<One> TakeUntil(Moment until) {
    std::unique_lock lock(mutex_);
    some_.wait_until(lock, until, [&] { return !answers_.empty(); });
    return std::exchange(answers_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable some_;
  std::vector<One> answers_;  // guarded by mutex_
};

// Imports the city if it has no day yet, and reads who and where from it while it runs.
base::Result<Roster> Prepare(const Options& options, bool import) {
  const std::string log = options.folder + "/city.log";
  Process process;
  Client client(options.seed, 0);
  RETURN_IF_ERROR(process.Start(
      {options.binaries + "/wanmi-city", "--config", options.folder + "/config.json"}, log, true));
  int code = 0;
  if (import) {
    ASSIGN_OR_RETURN(code, Run({options.binaries + "/wanmi", "import", options.city, "--address",
                                process.grpc()},
                               options.folder + "/import.log"));
  }
  if (code != 0)
    return base::FailedPrecondition("the import failed; see {}/import.log", options.folder);
  RETURN_IF_ERROR(client.Connect(process.grpc(), 1));
  ASSIGN_OR_RETURN(Roster roster, Roster::Read(options.city));
  RETURN_IF_ERROR(roster.ReadPlaces(client));
  RETURN_IF_ERROR(process.Stop());
  return roster;
}

class Seeder {
 public:
  Seeder(const Options& options, city::Works& works, MorningClock& clock, const LoopScript& script)
      : options_(options),
        works_(works),
        clock_(clock),
        player_(
            script, LoopScript::kCalls, [&clock] { return base::ToMicros(clock.Now()); },
            [this](int64_t number, const LoopCall& call) { Send(number, call); }) {}

  base::Status Run() {
    Progress progress = ReadProgress(options_.folder + "/seeded.json");
    ++progress.days;  // the city has just been up on the morning of this one
    const int64_t a_day = std::clamp<int64_t>((options_.cases + options_.days - 1) / options_.days,
                                              1, kCasesADayMost);
    const auto start = steady_clock::now();
    const int64_t before = progress.closed;
    while (progress.closed < options_.cases) {
      const int64_t count = std::min(a_day, options_.cases - progress.closed);
      const int64_t first = progress.numbers;
      clock_.Begin(progress.days);
      ++progress.days;
      progress.numbers += count;
      WriteProgress(options_, progress);
      RETURN_IF_ERROR(PlayDay(first, count));
      progress.closed += count;
      player_.command_ms().clear();
      player_.loop_ms().clear();
      WriteProgress(options_, progress);
      const std::chrono::duration<double> took = steady_clock::now() - start;
      fmt::print("{} cases in {} days, {:.0f} cases/s, {} polls refused\n", progress.closed,
                 progress.days, static_cast<double>(progress.closed - before) / took.count(),
                 player_.polls());
      std::fflush(stdout);
    }
    return {};
  }

 private:
  base::Status PlayDay(int64_t first, int64_t count) {
    int64_t begun = 0;
    while (begun < count || player_.in_flight() > 0) {
      while (begun < count && player_.in_flight() < static_cast<size_t>(options_.in_flight))
        player_.Begin(first + begun++, steady_clock::now());
      const auto next = player_.SendDue(steady_clock::now());
      const auto most = steady_clock::now() + std::chrono::milliseconds(50);
      for (const auto& [number, status] : answers_.TakeUntil(std::min(next, most)))
        player_.Answered(number, status, steady_clock::now());
      RETURN_IF_ERROR(player_.broken());
    }
    return AwaitQuiet();
  }

  // Until every reaction has been taken: what follows the last close too.
  base::Status AwaitQuiet() {
    std::vector<int64_t> before, now;
    const auto until = steady_clock::now() + std::chrono::seconds(30);
    do {
      before = std::move(now);
      now.clear();
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      for (const auto& service : works_.host->services()) {
        for (int p = 0; p < works_.city.partitions; ++p)
          now.push_back(works_.host->SeqOf(service, p));
      }
      if (steady_clock::now() > until)
        return base::Unavailable("the city does not come to rest within 30 s of its last close");
    } while (now != before);
    return {};
  }

  void Send(int64_t number, const LoopCall& call) {
    // "/wanmi.intake.v1.Intake/Report" → "intake" and the method of that name.
    const std::string path(call.path);
    const std::string service = path.substr(7, path.find('.', 7) - 7);
    const rules::Definition* definition = works_.host->Find(service);
    const auto* method = definition->command->GetDescriptor()->file()->service(0)->FindMethodByName(
        path.substr(path.rfind('/') + 1));
    const auto offer = [&]() -> base::Status {
      ASSIGN_OR_RETURN(auto actor, works_.host->ResolveActor(call.who->person, call.who->post));
      actor.set_device_id(call.who->device);
      ASSIGN_OR_RETURN(auto request,
                       server::MakeRequest(*works_.host, *works_.vault, *definition,
                                           server::KindOf(*definition, method->input_type()),
                                           call.bytes, [&] { return actor; }));
      request.answer = [this, number](base::Result<common::v1::Receipt> answer) {
        answers_.Put(number, answer.status());
      };
      return works_.host->Offer(service, std::move(request));
    };
    if (auto status = offer(); !status.ok()) answers_.Put(number, std::move(status));
  }

  const Options& options_;
  city::Works& works_;
  MorningClock& clock_;
  Player player_;
  Answers answers_;
};

int64_t BytesIn(const std::string& folder) {
  int64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file()) bytes += static_cast<int64_t>(file.file_size());
  }
  return bytes;
}

base::Status Seed(Options options) {
  options.folder = std::filesystem::absolute(options.folder).string();
  std::filesystem::create_directories(options.folder);
  const Progress so_far = ReadProgress(options.folder + "/seeded.json");
  WriteProgress(options, so_far);
  ASSIGN_OR_RETURN(const Roster roster, Prepare(options, so_far.days == 0));
  ASSIGN_OR_RETURN(const LoopScript script,
                   LoopScript::Make(roster, options.seed, "seed", "superior"));
  ASSIGN_OR_RETURN(const auto config, city::ReadConfig(options.folder + "/config.json"));
  auto clock = std::make_unique<MorningClock>();
  MorningClock& morning = *clock;
  morning.Begin(so_far.days + 1);
  ASSIGN_OR_RETURN(const auto works, city::Assemble(config, std::move(clock)));
  RETURN_IF_ERROR(works->Open());
  works->host->Start();
  const int64_t before = BytesIn(config.folder());
  RETURN_IF_ERROR(Seeder(options, *works, morning, script).Run());
  works->Close();
  fmt::print("{} MB, {} before\nwanmi-city --config {}/config.json\n",
             BytesIn(config.folder()) >> 20, before >> 20, options.folder);
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  options.binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  CLI::App app("wanmi-seed: fills the folder of a city with closed cases");
  app.add_option("--cases", options.cases, "how many there are to be in all")->required();
  app.add_option("--folder", options.folder, "gets city/, config.json, seeded.json")->required();
  app.add_option("--city", options.city, "its tables");
  app.add_option("--in-flight", options.in_flight)->check(CLI::Range(1, 16'384));
  app.add_option("--days", options.days, "over which to spread them")->check(CLI::Range(1, 1'000));
  app.add_option("--seed", options.seed);
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) {
    std::cerr << "INTERNAL: libsodium does not start\n";
    return 1;
  }
  const auto status = wanmi::demo::Seed(options);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
