#include "tests/load/figures.h"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

}  // namespace

double Quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

double Median(std::vector<double> figures) { return Quantile(figures, 0.5); }

Figures::Figures(std::string bench, std::string file, uint64_t seed, std::string commit)
    : bench_(std::move(bench)), seed_(seed), commit_(std::move(commit)) {
  if (file.empty()) return;
  std::filesystem::create_directories(std::filesystem::absolute(file).parent_path());
  out_.open(file, std::ios::app);
}

void Figures::Add(Case measured) {
  const double figure = Median(measured.figures), limit = Median(measured.limits);
  nlohmann::ordered_json line = {{"bench", bench_},
                                 {"case", measured.name},
                                 {"figure", figure},
                                 {"unit", measured.unit},
                                 {"repetitions", measured.figures}};
  std::string latencies(29, ' ');
  if (!measured.latencies_ms.empty()) {
    const auto at = [&](double share) { return Quantile(measured.latencies_ms, share); };
    line["p50_ms"] = at(0.5);
    line["p95_ms"] = at(0.95);
    line["p99_ms"] = at(0.99);
    line["p99_9_ms"] = at(0.999);
    latencies = fmt::format("{:7.2f}{:7.2f}{:7.2f}{:8.2f}", at(0.5), at(0.95), at(0.99), at(0.999));
  }
  line["sync"] = measured.sync;
  line["payload_bytes"] = measured.payload_bytes;
  std::string beside;
  if (!measured.limits.empty()) {
    line["limit"] = measured.limit_name;
    line["limit_figure"] = limit;
    line["ratio"] = limit > 0 ? figure / limit : 0;
    beside = fmt::format("  {:5.1f} % of {:.0f} {}", limit > 0 ? 100 * figure / limit : 0, limit,
                         measured.limit_name);
  }
  for (const auto& [name, value] : measured.more) {
    line[name] = value;
    beside += fmt::format("  {} {:.6g}", name, value);
  }
  line["seed"] = seed_;
  line["cores"] = std::thread::hardware_concurrency();
  line["commit"] = commit_;
  if (!headed_) {
    fmt::print("{:<34}{:>11} {:<14}{:>7}{:>7}{:>7}{:>8} ms\n", bench_, "median", "", "p50", "p95",
               "p99", "p99.9");
  }
  headed_ = true;
  fmt::print("{:<34}{:>11.1f} {:<14}{}{}\n", measured.name, figure, measured.unit, latencies,
             beside);
  std::fflush(stdout);
  if (out_.is_open()) out_ << line.dump() << std::endl;
}

double SyncedAppendsPerSecond(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string bytes(512, 'x');
  int appends = 0;
  const auto start = steady_clock::now();
  while (fd >= 0 && SecondsSince(start) < 1 && ::write(fd, bytes.data(), bytes.size()) > 0 &&
         ::fdatasync(fd) == 0)
    ++appends;
  if (fd >= 0) ::close(fd);
  std::filesystem::remove(file);
  return appends;
}

base::Result<double> SyncedGroupsPerSecond(const std::string& folder, int threads, size_t bytes,
                                           double seconds) {
  std::filesystem::remove_all(folder);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  const auto opened = rocksdb::DB::Open(options, folder, &raw);
  if (!opened.ok()) return base::Unavailable("{} cannot be opened: {}", folder, opened.ToString());
  const std::unique_ptr<rocksdb::DB> db(raw);
  std::atomic<int64_t> written = 0;
  std::atomic<bool> failed = false;
  const auto start = steady_clock::now();
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&, t] {
        rocksdb::WriteOptions synced;
        synced.sync = true;
        const std::string value(bytes, static_cast<char>('a' + t % 26));
        for (int64_t i = 0; !failed && SecondsSince(start) < seconds; ++i) {
          rocksdb::WriteBatch batch;
          batch.Put(fmt::format("{:04}/{:012}", t, i), value);
          if (!db->Write(synced, &batch).ok()) failed = true;
          ++written;
        }
      });
    }
  }
  if (failed) return base::Unavailable("{} cannot be written", folder);
  return static_cast<double>(written) / SecondsSince(start);
}

}  // namespace wanmi::demo
