// wanmi-bench-loop: closed loops a second through gRPC, closed-loop clients, synced writes.
//
// One loop is ordered by a superior, filed and dispatched by white lists, accepted, given feedback,
// passed, checked on site and closed: seven calls of people, and the reactions between. A client
// asks again until what it waits for is there. Beside the figure stands this machine's own limit,
// measured in the same run: synced appends of a small file.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "tests/load/chance.h"
#include "tests/load/process.h"
#include "tests/load/roster.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

struct Bench {
  Client& client;
  const Roster& roster;
  Spot spot;
  uint64_t seed;
};

// Tries until it is told Ok: what it needs may still be on its way through another service.
base::Status Until(Bench& bench, const std::string& path, const Who& who,
                   const google::protobuf::Message& command) {
  base::Status status;
  for (int tries = 0; tries < 2'000; ++tries) {
    const auto receipt = bench.client.Do(path, who, command);
    status = receipt.status();
    const bool early =
        status.code() == base::Code::kNotFound || status.code() == base::Code::kFailedPrecondition;
    if (!early) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return status.With("after 2,000 tries");
}

common::v1::Evidence Picture(const Bench& bench, const std::string& device) {
  common::v1::Evidence evidence;
  evidence.set_sha256_hex(std::string(64, 'b'));
  evidence.set_kind(common::v1::EVIDENCE_KIND_PICTURE);
  *evidence.mutable_point() = bench.spot.point;
  evidence.set_accuracy_m(5);
  evidence.set_taken_at_us(bench.client.NowUs());
  evidence.set_device_id(device);
  return evidence;
}

base::Status Loop(Bench& bench, int64_t number) {
  const std::string report = MakeId(bench.seed, "loop", number), case_id = report + "/c1";
  intake::v1::Report order;
  order.set_report(report);
  order.set_source("superior");
  order.mutable_class_ref()->set_edition("2013");
  order.mutable_class_ref()->set_code("component/01-10");
  order.set_condition_id("1");
  *order.mutable_place()->mutable_point() = bench.spot.point;
  RETURN_IF_ERROR(
      Until(bench, "/wanmi.intake.v1.Intake/Report", bench.roster.Of("acceptor-1"), order));
  const Who clerk = bench.roster.Of(bench.roster.Posts("department_clerk", "kw-heat").front());
  handling::v1::AcceptWork accept;
  accept.set_work(case_id + "/w1");
  RETURN_IF_ERROR(Until(bench, "/wanmi.handling.v1.Handling/AcceptWork", clerk, accept));
  handling::v1::GiveFeedback feedback;
  feedback.set_work(case_id + "/w1");
  feedback.set_outcome(intake::v1::OUTCOME_DONE);
  *feedback.add_evidence() = Picture(bench, "crew-phone");
  RETURN_IF_ERROR(Until(bench, "/wanmi.handling.v1.Handling/GiveFeedback", clerk, feedback));
  dispatch::v1::PassFeedback pass;
  pass.set_case_id(case_id);
  RETURN_IF_ERROR(Until(bench, "/wanmi.dispatch.v1.DispatchService/PassFeedback",
                        bench.roster.Of(bench.roster.Posts("dispatcher").front()), pass));
  verification::v1::AnswerCheck answer;
  answer.set_check(case_id + "/k1");
  answer.set_passed(true);
  *answer.add_evidence() = Picture(bench, "inspector-phone");
  RETURN_IF_ERROR(Until(bench, "/wanmi.verification.v1.Verification/AnswerCheck",
                        bench.roster.Of(bench.spot.inspector), answer));
  intake::v1::Close close;
  close.set_case_id(case_id);
  close.set_closing_condition_met(true);
  return Until(bench, "/wanmi.intake.v1.Intake/Close", bench.roster.Of("shift-leader-1"), close);
}

double SyncedAppendsPerSecond(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string bytes(512, 'x');
  int appends = 0;
  const auto until = steady_clock::now() + std::chrono::seconds(1);
  while (fd >= 0 && steady_clock::now() < until && ::write(fd, bytes.data(), bytes.size()) > 0 &&
         ::fdatasync(fd) == 0)
    ++appends;
  if (fd >= 0) ::close(fd);
  return appends;
}

double At(const std::vector<double>& sorted, double share) {
  return sorted.empty()
             ? 0
             : sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

struct Options {
  std::string binaries, folder, city = "data/cities/weifang", json = "build/bench/loop.json";
  int in_flight = 64, seconds = 10;
  uint64_t seed = 1;
};

base::Status Play(const Options& options) {
  std::filesystem::create_directories(options.folder);
  const std::string config = options.folder + "/config.json";
  std::ofstream(config) << fmt::format(
      R"({{"city":"weifang","folder":"{}/city","listen":"127.0.0.1:0",)"
      R"("clock":{{"startAt":"2026-03-11T01:00:00Z"}}}})",
      options.folder);
  Process process;
  Client client(options.seed, 0);
  RETURN_IF_ERROR(process.Start({options.binaries + "/wanmi-city", "--config", config},
                                options.folder + "/log", true));
  ASSIGN_OR_RETURN(const int code, Run({options.binaries + "/wanmi", "import", options.city,
                                        "--address", process.grpc()},
                                       options.folder + "/import.log"));
  if (code != 0)
    return base::FailedPrecondition("the import failed; see {}/import.log", options.folder);
  RETURN_IF_ERROR(client.Connect(process.grpc(), 1));
  ASSIGN_OR_RETURN(Roster roster, Roster::Read(options.city));
  RETURN_IF_ERROR(roster.ReadPlaces(client));
  std::vector<Spot> spots;
  for (const auto& spot : roster.spots()) {
    if (spot.inspector.starts_with("inspector-kw")) spots.push_back(spot);
  }
  std::vector<std::vector<double>> took(static_cast<size_t>(options.in_flight));
  std::vector<base::Status> ends(took.size());
  std::atomic<int64_t> next = 0;
  const auto started = steady_clock::now();
  {
    std::vector<std::jthread> clients;
    for (size_t c = 0; c < took.size(); ++c) {
      clients.emplace_back([&, c] {
        while (ends[c].ok() &&
               steady_clock::now() - started < std::chrono::seconds(options.seconds)) {
          const int64_t number = next++;
          Bench bench{client, roster, spots[static_cast<size_t>(number * 7919) % spots.size()],
                      options.seed};
          const auto begun = steady_clock::now();
          ends[c] = Loop(bench, number);
          took[c].push_back(
              std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count());
        }
      });
    }
  }
  const double seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
  for (const auto& end : ends) RETURN_IF_ERROR(end);
  std::vector<double> all;
  for (const auto& some : took) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const double limit = SyncedAppendsPerSecond(options.folder + "/limit");
  const double figure = static_cast<double>(all.size()) / seconds;
  const std::string line = fmt::format(
      R"({{"bench":"loop","figure":{:.1f},"unit":"loops/s","p50_ms":{:.1f},"p95_ms":{:.1f},)"
      R"("p99_ms":{:.1f},"in_flight":{},"sync":"fdatasync","seed":{},"cores":{},)"
      R"("calls_per_s":{:.0f},"limit_synced_appends_per_s":{:.0f}}})",
      figure, At(all, 0.5), At(all, 0.95), At(all, 0.99), options.in_flight, options.seed,
      std::thread::hardware_concurrency(), static_cast<double>(client.commands()) / seconds, limit);
  fmt::print(
      "{:8.1f} loops/s  p50 {:6.1f} ms  p95 {:6.1f} ms  p99 {:6.1f} ms  {} in flight, {} loops; "
      "{:.0f} commands/s; limit: {:.0f} synced appends/s\n{}\n",
      figure, At(all, 0.5), At(all, 0.95), At(all, 0.99), options.in_flight, all.size(),
      static_cast<double>(client.commands()) / seconds, limit, line);
  std::filesystem::create_directories(std::filesystem::path(options.json).parent_path());
  std::ofstream(options.json, std::ios::app) << line << "\n";
  process.Kill();
  process.WaitForEnd();
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  options.binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  options.folder =
      (std::filesystem::temp_directory_path() / fmt::format("wanmi-bench-{}", ::getpid())).string();
  CLI::App app("closed loops a second through gRPC");
  app.add_option("--in-flight", options.in_flight)->check(CLI::Range(1, 256));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 120));
  app.add_option("--seed", options.seed);
  app.add_option("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  const auto status = wanmi::demo::Play(options);
  std::error_code ignored;
  std::filesystem::remove_all(options.folder, ignored);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
