#include "tests/load/show.h"

#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/time.h"
#include "tests/load/table.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

// Wednesday and Thursday, 07:30 to 17:30 in China: working days, from before the hours to near
// their end.
constexpr char kImportAt[] = "2026-03-10T12:00:00Z";
constexpr char kOrdinaryOpens[] = "2026-03-10T23:30:00Z";
constexpr char kStressOpens[] = "2026-03-11T23:30:00Z";
constexpr int64_t kDayUs = 10 * 3'600'000'000ll;
// While an upgrade goes on, one every 2 s of ours, and after it.
constexpr int64_t kReportsMeanwhile = 30, kReportsAfter = 20;
constexpr std::chrono::milliseconds kGlance{10};
constexpr std::chrono::seconds kQuiet{3}, kDrainLimit{150}, kDayLimit{600};
constexpr uint64_t kDesks = 3;
constexpr size_t kInspectorsAtOnce = 14, kUnitsAtOnce = 6;

int64_t MicrosOf(const std::string& utc) {
  std::tm tm{};
  ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm);
  return int64_t{::timegm(&tm)} * 1'000'000;
}

template <class Make>
void InGroups(const std::vector<std::string>& all, size_t size, Make make) {
  for (size_t begin = 0; begin < all.size(); begin += size) {
    const auto from = all.begin() + static_cast<ptrdiff_t>(begin);
    const auto until = all.begin() + static_cast<ptrdiff_t>(std::min(begin + size, all.size()));
    make(std::vector<std::string>(from, until));
  }
}

}  // namespace

Show::Show(Options options, MakeTown make)
    : options_(std::move(options)), client_(options_.seed, 0.03), make_(std::move(make)) {
  std::string folder = (std::filesystem::temp_directory_path() / "wanmi-demo-XXXXXX").string();
  folder_ = ::mkdtemp(folder.data()) ? folder : "/nonexistent";
}

Show::~Show() {
  troupe_.Rest();
  if (options_.keep) {
    if (town_) town_->Release();
    return;
  }
  town_.reset();
  std::error_code ignored;
  if (failed_ || audit_.lost() + audit_.twice() > 0) {
    fmt::print("what the processes said is kept in {}\n", folder_);
    return;
  }
  std::filesystem::remove_all(folder_, ignored);
}

base::Status Show::Start(const std::string& start_at, double rate, bool as_shipped) {
  const auto begun = steady_clock::now();
  RETURN_IF_ERROR(town_->Start(start_at, rate, as_shipped));
  RETURN_IF_ERROR(client_.Connect(town_->address(), rate, town_->tls())
                      .With("while looking at the city's clock"));
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  fmt::print("{} is ready at {} after {:.1f} s, its clock at {} × {:.0f}\n", town_->name(),
             town_->address(), took.count(), base::FormatUtc(base::FromMicros(client_.NowUs())),
             rate);
  std::fflush(stdout);
  return {};
}

// By the real command line, as an operator does it.
base::Status Show::Import() {
  const std::string program =
      options_.importer.empty() ? options_.binaries + "/wanmi" : options_.importer;
  const std::string log = folder_ + "/import.log";
  const auto begun = steady_clock::now();
  ASSIGN_OR_RETURN(
      const int code,
      Run({program, "import", options_.city_folder, "--address", town_->address()}, log));
  if (code != 0) {
    std::ifstream in(log);
    const std::string said{std::istreambuf_iterator<char>(in), {}};
    return base::FailedPrecondition(
        "expected the import of {} to end well, found exit code {}:\n{}", options_.city_folder,
        code, said);
  }
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  RETURN_IF_ERROR(roster_.ReadPlaces(client_));
  RETURN_IF_ERROR(RegisterDevices(client_, roster_));
  fmt::print("imported {} in {:.1f} s: {} units, {} unit grids, {} devices\n", options_.city_folder,
             took.count(), roster_.units().size(), roster_.spots().size(),
             roster_.devices().size());
  return {};
}

void Show::CastActors() {
  for (int i = 0; i < 3; ++i) troupe_.Add(MakeReporter(*stage_, day_, meters_));
  for (uint64_t share = 0; share < kDesks; ++share) troupe_.Add(MakeDesk(*stage_, share, kDesks));
  troupe_.Add(MakeClosingDesk(*stage_));
  troupe_.Add(MakeDispatcher(*stage_));
  troupe_.Add(MakeFeedbackGate(*stage_));
  std::vector<std::string> lookers;
  for (const char* kind : {"inspector", "team_leader", "acceptor", "shift_leader"}) {
    const auto posts = roster_.Posts(kind);
    lookers.insert(lookers.end(), posts.begin(), posts.end());
  }
  InGroups(lookers, kInspectorsAtOnce, [&](std::vector<std::string> posts) {
    troupe_.Add(MakeInspectors(*stage_, std::move(posts)));
  });
  std::vector<std::string> units;
  for (const auto& [id, unit] : roster_.units()) {
    if (unit.axis == "disposal") units.push_back(id);
  }
  InGroups(units, kUnitsAtOnce, [&](std::vector<std::string> some) {
    troupe_.Add(MakeDepartments(*stage_, std::move(some)));
  });
}

// Everybody looks at the lists every three minutes of the city's time, and 300 ms of ours at most.
void Show::PlayActors() {
  const auto period =
      std::chrono::milliseconds(static_cast<int>(std::min(300.0, 180e3 / options_.rate)));
  troupe_.Play(options_.threads, period);
}

base::Status Show::OrdinaryDay() {
  RETURN_IF_ERROR(Start(kOrdinaryOpens, options_.rate, false));
  const int64_t opens_us = MicrosOf(kOrdinaryOpens);
  day_.Open(0, options_.ordinary, opens_us, opens_us + kDayUs);
  const auto begun = steady_clock::now();
  PlayActors();
  while (client_.NowUs() < opens_us + kDayUs) std::this_thread::sleep_for(kGlance);
  troupe_.Rest();
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  fmt::print("an ordinary day of {} reports took {:.0f} s\n", day_.taken(), took.count());
  RETURN_IF_ERROR(town_->Stop());
  return {};
}

base::Status Show::KillAndStartAgain() {
  fmt::print("SIGKILL after report {} of {}\n", day_.taken(), day_.count());
  RETURN_IF_ERROR(town_->Recover(kStressOpens, options_.rate));
  return client_.Connect(town_->address(), options_.rate, town_->tls())
      .With("while connecting again");
}

base::Status Show::StressDay() {
  RETURN_IF_ERROR(Start(kStressOpens, options_.rate, false));
  const int64_t opens_us = MicrosOf(kStressOpens), commands_before = client_.commands();
  day_.Open(options_.ordinary, options_.reports, opens_us, opens_us + kDayUs);
  const auto begun = steady_clock::now();
  PlayActors();
  int kills = 0;
  bool armed = false;
  while (client_.NowUs() < opens_us + kDayUs || day_.taken() < day_.count() || armed) {
    std::this_thread::sleep_for(kGlance);
    if (struck_.exchange(false)) {
      armed = false;
      RETURN_IF_ERROR(KillAndStartAgain());
    }
    const int64_t next = day_.count() * (kills + 1) / (options_.kills + 1);
    if (!armed && kills < options_.kills && day_.taken() >= next) {
      ++kills;
      armed = true;
      client_.StrikeAtNextAnswer([this] { town_->Strike(), struck_ = true; });
    }
    if (steady_clock::now() - begun > kDayLimit)
      return base::DeadlineExceeded("the stress day does not end");
  }
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  fmt::print("a stress day of {} reports took {:.0f} s: {:.0f} commands a second\n", day_.taken(),
             took.count(),
             static_cast<double>(client_.commands() - commands_before) / took.count());
  return {};
}

// If the town does so. Reports come in meanwhile, so that whoever is exchanged has work, and more
// at the new level.
base::Status Show::Upgrade() {
  if (!town_->upgrades()) return {};
  const int64_t first = options_.ordinary + options_.reports;
  const auto meanwhile_us = static_cast<int64_t>(2e6 * options_.rate) * kReportsMeanwhile;
  int64_t now_us = client_.NowUs();
  day_.Open(first, kReportsMeanwhile, now_us, now_us + meanwhile_us);
  RETURN_IF_ERROR(town_->Upgrade());
  RETURN_IF_ERROR(AwaitReports());
  now_us = client_.NowUs();
  day_.Open(first + kReportsMeanwhile, kReportsAfter, now_us, now_us + kDayUs / 24);
  return AwaitReports();
}

base::Status Show::AwaitReports() const {
  const auto begun = steady_clock::now();
  while (day_.taken() < day_.count()) {
    std::this_thread::sleep_for(kGlance);
    if (steady_clock::now() - begun > kDayLimit)
      return base::DeadlineExceeded("the reports of an upgrade do not end");
  }
  return {};
}

// Until nobody finds anything to do any more, and nothing waits for another service's answer.
base::Status Show::Drain() {
  stage_->draining = true;
  const auto begun = steady_clock::now();
  auto last_act = begun;
  int64_t acts = stage_->acts;
  while (steady_clock::now() - begun < kDrainLimit) {
    std::this_thread::sleep_for(kGlance);
    if (steady_clock::now() - last_act > kQuiet) {
      if (CountUnderWay(*stage_) == 0) break;
      last_act = steady_clock::now();
    }
    if (const int64_t now = stage_->acts; now != acts) {
      acts = now;
      last_act = steady_clock::now();
    }
  }
  troupe_.Rest();
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  fmt::print("what was begun was ended in {:.0f} s", took.count());
  const int64_t left = CountUnderWay(*stage_);
  fmt::print(
      "{}\n",
      left == 0 ? "" : fmt::format("; {} reports and cases still wait for another service", left));
  return {};
}

base::Status Show::Play() {
  const auto status = PlayAll();
  failed_ = !status.ok();
  return status;
}

base::Status Show::PlayAll() {
  ASSIGN_OR_RETURN(roster_, Roster::Read(options_.city_folder));
  for (size_t i = 0; i < roster_.devices().size(); ++i)
    meters_.push_back(std::make_unique<Meter>());
  if (make_) {
    ASSIGN_OR_RETURN(town_, make_(folder_));
  } else {
    town_ = OneProcess(options_.binaries, folder_, options_.mutant, options_.keep);
  }
  stage_.reset(new Stage{options_.seed, client_, roster_, {}, {}});
  CastActors();
  RETURN_IF_ERROR(Start(kImportAt, 1, true));
  RETURN_IF_ERROR(Import());
  RETURN_IF_ERROR(town_->Stop());
  RETURN_IF_ERROR(OrdinaryDay());
  town_->Trouble();
  RETURN_IF_ERROR(StressDay());
  RETURN_IF_ERROR(town_->Calm());
  RETURN_IF_ERROR(Upgrade());
  RETURN_IF_ERROR(Drain());
  const auto begun = steady_clock::now();
  RETURN_IF_ERROR(audit_.ReadJournals(client_, roster_.Of(roster_.Posts("operator").front())));
  audit_.Compare(client_.Ledger());
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  fmt::print("the audit read {} entries in {:.1f} s\n", audit_.entries(), took.count());
  RETURN_IF_ERROR(town_->ExamineTokens(roster_));
  return town_->Examine();
}

base::Status Show::PrintResult() {
  RETURN_IF_ERROR(PrintTable(*stage_, audit_));
  fmt::print(
      "\n  {} commands, {} of them sent once more on purpose, {} calls without an answer sent "
      "again\n",
      client_.commands(), client_.sent_again(), client_.in_doubt());
  fmt::print("  {} told Ok with nothing to do, {} in doubt to the end\n", audit_.without_effect(),
             audit_.unanswered());
  for (const auto& fault : audit_.faults()) fmt::print("  {}\n", fault);
  if (options_.keep) {
    fmt::print("\n  left running: gRPC at {}, {}, folder {}\n", town_->address(), town_->metrics(),
               folder_);
  }
  return {};
}

}  // namespace wanmi::demo
