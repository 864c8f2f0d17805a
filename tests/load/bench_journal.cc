// wanmi-bench-journal: durable decisions a second in one process, beside plain synced RocksDB.
//
// A host on disk decides for submitters who each wait for their answer before they give the next
// command. The limit is measured in the same run: as many threads, each with one synced write of as
// many bytes as an entry has. Then the journal alone, which appends batches of entries.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <semaphore>
#include <thread>

#include "journal/rocks_journal.h"
#include "runtime/host.h"
#include "tests/load/figures.h"
#include "tests/load/meter.h"
#include "tests/load/meter.pb.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

struct Options {
  std::string folder, json = "build/bench/journal.json", commit = "unknown";
  int submitters = 64, partitions = 8, lanes = 2, repetitions = 3, meters = 100'000;
  size_t payload = 200;
  double seconds = 4;
  uint64_t seed = 1;
};

// One submitter: gives a command, waits for its answer, and again.
class Submitter {
 public:
  Submitter(runtime::Host& host, const Options& options, int number)
      : host_(host), options_(options), number_(number) {}

  void Run(steady_clock::time_point until) {
    for (int64_t i = 0; status_.ok() && steady_clock::now() < until; ++i) {
      const auto begun = steady_clock::now();
      status_ = host_.Offer("meter", Next(i));
      if (!status_.ok()) return;
      answered_.acquire();
      took_ms_.push_back(1e3 * SecondsSince(begun));
    }
  }
  const std::vector<double>& took_ms() const { return took_ms_; }
  const base::Status& status() const { return status_; }

 private:
  runtime::Request Next(int64_t i) {
    runtime::Request request;
    const uint64_t mixed =
        (options_.seed + static_cast<uint64_t>(number_) * 1'000'003 + static_cast<uint64_t>(i)) *
        0x9E3779B97F4A7C15u;
    request.stream = fmt::format("m{:08}", (mixed >> 20) % static_cast<uint64_t>(options_.meters));
    auto command = std::make_unique<meter::Command>();
    command->mutable_count()->set_amount(1 + i % 9);
    command->mutable_count()->set_note(std::string(options_.payload, 'n'));
    request.command = std::move(command);
    request.id = fmt::format("c-{}-{}-{}", options_.seed, number_, i);
    request.digest = std::string(16, 'd');
    request.actor.set_person_id("p-1");
    request.actor.set_post_id("reader");
    request.answer = [this](base::Result<common::v1::Receipt> answer) {
      if (!answer.ok()) status_ = answer.status();
      answered_.release();
    };
    return request;
  }

  runtime::Host& host_;
  const Options& options_;
  const int number_;
  std::binary_semaphore answered_{0};
  base::Status status_;  // the pump's until `answered_` is released
  std::vector<double> took_ms_;
};

struct Round {
  double per_second = 0;
  std::vector<double> took_ms;
  size_t entry_bytes = 0;
};

base::Result<size_t> LastEntryBytes(const journal::Journal& journal) {
  size_t size = 0;
  const journal::Slice slice{"meter", 0};
  ASSIGN_OR_RETURN(const int64_t last, journal.LastSeq(slice));
  RETURN_IF_ERROR(journal.Read(slice, last - 1, [&](int64_t, std::string_view bytes) {
    size = bytes.size();
    return false;
  }));
  return size;
}

base::Result<Round> Decide(const Options& options, const std::string& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/store");
  ASSIGN_OR_RETURN(auto log, journal::OpenRocksLog(folder + "/journal"));
  journal::RocksJournal journal(log, "bench");
  const base::CityClock clock;
  runtime::City city;
  city.name = "bench";
  city.journal_id = "bench";
  city.partitions = options.partitions;
  runtime::HostOptions host_options;
  host_options.instance = "bench";
  host_options.lanes = options.lanes;
  host_options.open_store = [&](const rules::Definition&) {
    return store::OpenRocksStore(folder + "/store");
  };
  std::vector<rules::Definition> definitions;
  definitions.push_back(meter::Define("meter"));
  runtime::Host host(city, std::move(definitions), journal, clock, std::move(host_options));
  RETURN_IF_ERROR(host.Open());
  host.Start();
  std::vector<std::unique_ptr<Submitter>> submitters;
  for (int i = 0; i < options.submitters; ++i)
    submitters.push_back(std::make_unique<Submitter>(host, options, i));
  const auto start = steady_clock::now();
  const auto until = start + std::chrono::duration_cast<steady_clock::duration>(
                                 std::chrono::duration<double>(options.seconds));
  {
    std::vector<std::jthread> threads;
    for (auto& submitter : submitters) threads.emplace_back([&] { submitter->Run(until); });
  }
  const double seconds = SecondsSince(start);
  host.Stop();
  Round round;
  for (const auto& submitter : submitters) {
    RETURN_IF_ERROR(submitter->status());
    round.took_ms.insert(round.took_ms.end(), submitter->took_ms().begin(),
                         submitter->took_ms().end());
  }
  round.per_second = static_cast<double>(round.took_ms.size()) / seconds;
  ASSIGN_OR_RETURN(round.entry_bytes, LastEntryBytes(journal));
  return round;
}

// Appends of `entries` entries to each of the partitions, with one sync an append; entries a
// second.
base::Result<double> AppendBatches(const Options& options, const std::string& folder, int entries,
                                   size_t bytes) {
  std::filesystem::remove_all(folder);
  ASSIGN_OR_RETURN(auto log, journal::OpenRocksLog(folder));
  journal::RocksJournal journal(log, "bench");
  std::vector<journal::Batch> batches;
  for (int p = 0; p < options.partitions; ++p) {
    wanmi::journal::v1::Fence fence;
    fence.set_instance("bench");
    ASSIGN_OR_RETURN(const auto opened, journal.Open({"meter", p}, fence));
    batches.push_back({opened.writer, 1, journal::GenesisHash(), {}});
    for (int e = 0; e < entries; ++e)
      batches.back().entries.push_back(std::string(bytes, static_cast<char>('a' + e % 26)));
  }
  int64_t appended = 0;
  const auto start = steady_clock::now();
  while (SecondsSince(start) < options.seconds / 2) {
    for (const auto& answer : journal.Append(batches)) {
      if (answer.outcome != journal::Outcome::kOk) return base::Unavailable("{}", answer.why);
      appended += answer.landed;
    }
    for (auto& batch : batches) {
      batch.first_seq += entries;
      batch.prev = journal::ChainHash(batch.entries.back());
    }
  }
  return static_cast<double>(appended) / SecondsSince(start);
}

base::Status Measure(const Options& options) {
  std::filesystem::create_directories(options.folder);
  Figures figures("journal", options.json, options.seed, options.commit);
  Case decisions{
      fmt::format("{} submitters, {} partitions", options.submitters, options.partitions),
      {},
      "decisions/s"};
  decisions.sync = "each step";
  decisions.limit_name = fmt::format("synced RocksDB writes/s, {} threads", options.submitters);
  for (int r = 0; r < options.repetitions; ++r) {
    ASSIGN_OR_RETURN(const Round round, Decide(options, options.folder + "/city"));
    decisions.figures.push_back(round.per_second);
    decisions.latencies_ms.insert(decisions.latencies_ms.end(), round.took_ms.begin(),
                                  round.took_ms.end());
    decisions.payload_bytes = static_cast<int64_t>(round.entry_bytes);
    ASSIGN_OR_RETURN(const double limit,
                     SyncedGroupsPerSecond(options.folder + "/peer", options.submitters,
                                           round.entry_bytes, options.seconds));
    decisions.limits.push_back(limit);
  }
  const size_t bytes = static_cast<size_t>(decisions.payload_bytes);
  figures.Add(std::move(decisions));
  for (const int entries : {1, 8, 64}) {
    Case alone{fmt::format("journal alone, {} × {} an append", options.partitions, entries),
               {},
               "entries/s"};
    alone.sync = "each append";
    alone.payload_bytes = static_cast<int64_t>(bytes);
    alone.limit_name = "entries/s in synced RocksDB writes of one row";
    const int together = options.partitions * entries;
    for (int r = 0; r < options.repetitions; ++r) {
      ASSIGN_OR_RETURN(const double rate,
                       AppendBatches(options, options.folder + "/alone", entries, bytes));
      alone.figures.push_back(rate);
      ASSIGN_OR_RETURN(
          const double writes,
          SyncedGroupsPerSecond(options.folder + "/peer", 1, bytes * static_cast<size_t>(together),
                                options.seconds / 2));
      alone.limits.push_back(writes * together);
    }
    figures.Add(std::move(alone));
  }
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  options.folder = fmt::format("build/bench/journal-{}", ::getpid());
  CLI::App app("durable decisions a second in one process");
  app.add_option("--folder", options.folder, "on the disk to be measured; emptied at the end");
  app.add_option("--submitters", options.submitters)->check(CLI::Range(1, 1024));
  app.add_option("--partitions", options.partitions)->check(CLI::Range(1, 64));
  app.add_option("--lanes", options.lanes, "threads that decide")->check(CLI::Range(1, 64));
  app.add_option("--meters", options.meters)->check(CLI::Range(1, 10'000'000));
  app.add_option("--payload", options.payload, "bytes of an event's note");
  app.add_option("--seconds", options.seconds, "of one repetition");
  app.add_option("--repetitions", options.repetitions)->check(CLI::Range(1, 9));
  app.add_option("--seed", options.seed);
  app.add_option("--json", options.json);
  app.add_option("--commit", options.commit);
  CLI11_PARSE(app, argc, argv);
  const auto status = wanmi::demo::Measure(options);
  std::error_code ignored;
  std::filesystem::remove_all(options.folder, ignored);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
