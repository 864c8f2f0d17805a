#include "tests/load/bench_city.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace wanmi::demo {
namespace {

nlohmann::json ReadJson(const std::string& file) {
  std::ifstream in(file);
  return in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
}

// RocksDB never writes to a table again, so tables are shared: gigabytes that are still on their
// way to the disk, or being freed on it, would be measured with the rest.
base::Status CopyCity(const std::string& from, const std::string& to) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(to, error);
  for (const auto& entry : fs::recursive_directory_iterator(from, error)) {
    const fs::path target = to / fs::relative(entry.path(), from);
    if (entry.is_directory()) {
      fs::create_directories(target, error);
      continue;
    }
    std::error_code other_disk;
    if (entry.path().extension() == ".sst") fs::create_hard_link(entry.path(), target, other_disk);
    if (entry.path().extension() != ".sst" || other_disk)
      fs::copy_file(entry.path(), target, error);
    if (error) break;
  }
  if (error) return base::Unavailable("{} cannot be copied to {}: {}", from, to, error.message());
  ::sync();
  return {};
}

}  // namespace

base::Result<std::unique_ptr<BenchCity>> BenchCity::Start(const CityOptions& options,
                                                          uint64_t seed) {
  std::unique_ptr<BenchCity> city(new BenchCity(options, seed));
  RETURN_IF_ERROR(city->Begin(options));
  return city;
}

BenchCity::~BenchCity() {
  process_.Kill();
  process_.WaitForEnd();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

base::Status BenchCity::Begin(const CityOptions& options) {
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
  nlohmann::json config = {{"city", "weifang"}, {"clock", {{"startAt", "2026-03-11T01:00:00Z"}}}};
  if (!options.store.empty()) {
    const auto seeded = ReadJson(options.store + "/seeded.json");
    config = ReadJson(options.store + "/config.json");
    if (!seeded.is_object() || !config.is_object()) {
      return base::NotFound("expected a folder of wanmi-seed at {}, found none", options.store);
    }
    stored_ = seeded.value("closed", int64_t{0});
    RETURN_IF_ERROR(CopyCity(options.store + "/city", folder_ + "/city"));
  }
  config["folder"] = folder_ + "/city";
  config["listen"] = "127.0.0.1:0";
  config["metricsListen"] = "127.0.0.1:0";
  std::ofstream(folder_ + "/config.json") << config.dump();
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::string> command = {options.binaries + "/wanmi-city", "--config",
                                      folder_ + "/config.json"};
  if (!options.cores.empty())
    command.insert(command.begin(), {"/usr/bin/taskset", "--cpu-list", options.cores});
  RETURN_IF_ERROR(process_.Start(command, folder_ + "/log", true));
  start_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (options.store.empty()) {
    ASSIGN_OR_RETURN(const int code, Run({options.binaries + "/wanmi", "import", options.city,
                                          "--address", process_.grpc()},
                                         folder_ + "/import.log"));
    if (code != 0) return base::FailedPrecondition("the import failed; see {}/import.log", folder_);
  }
  RETURN_IF_ERROR(client_.Connect(process_.grpc(), 1));
  ASSIGN_OR_RETURN(roster_, Roster::Read(options.city));
  return roster_->ReadPlaces(client_);
}

double PeakMegabytesOf(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/status", pid));
  for (std::string word; in >> word;) {
    if (word != "VmHWM:") continue;
    double kilobytes = 0;
    in >> kilobytes;
    return kilobytes / 1'024;
  }
  return 0;
}

double CpuSecondsOf(pid_t pid) {
  // The 14th and 15th field: ticks in user and in system mode. The second is the name in brackets.
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(in, text);
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double OwnCpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace wanmi::demo
