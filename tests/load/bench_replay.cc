// wanmi-bench-replay: events a second from a journal to rows, and how long a start takes.
//
// A journal of decisions, one event each with a state and three rows, is written first and not
// measured. Then hosts fold it into new stores, each on a thread of its own; then a host opens on
// what is there. The limit is measured in the same run: the same journal read and parsed on as many
// threads, with nothing done.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <thread>

#include "base/partition.h"
#include "journal/rocks_journal.h"
#include "runtime/feed.h"
#include "runtime/host.h"
#include "services/city/config.h"
#include "services/city/process.h"
#include "tests/load/figures.h"
#include "tests/load/meter.h"
#include "tests/load/meter.pb.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr int kEntriesAnAppend = 500;
constexpr int64_t kStartUs = 1'773'190'800'000'000;  // 2026-03-11T01:00:00Z

struct Options {
  std::string folder, store, json = "build/bench/replay.json", commit = "unknown";
  int threads = 2, partitions = 4, repetitions = 3, meters = 50'000;
  int64_t events = 400'000;
  size_t payload = 100;
  uint64_t seed = 1;
};

runtime::City CityOf(const Options& options) {
  runtime::City city;
  city.name = "bench";
  city.journal_id = "bench";
  city.partitions = options.partitions;
  return city;
}

// The thread's service: "meter-0", …
std::string ServiceOf(int thread) { return fmt::format("meter-{}", thread); }

// One partition of one service while its journal is written by hand.
class Writer {
 public:
  Writer(const Options& options, journal::Journal& journal, int thread, int partition)
      : options_(options), journal_(journal), slice_{ServiceOf(thread), partition} {
    for (int i = 0; i < options.meters; ++i) {
      std::string id = fmt::format("m{:08}", i);
      if (base::PartitionOf(id, options.partitions) == partition) ids_.push_back(std::move(id));
    }
  }

  base::Status Write(int64_t entries) {
    wanmi::journal::v1::Fence fence;
    fence.set_instance("bench");
    ASSIGN_OR_RETURN(const auto opened, journal_.Open(slice_, fence));
    batch_ = {opened.writer, 1, journal::GenesisHash(), {}};
    prev_ = journal::GenesisHash();
    Add(Genesis());
    for (int64_t i = 0; i < entries; ++i) {
      Add(Counted(i));
      if (batch_.entries.size() >= kEntriesAnAppend) RETURN_IF_ERROR(Append());
    }
    return Append();
  }

 private:
  wanmi::journal::v1::Entry Genesis() const {
    wanmi::journal::v1::Entry entry;
    auto& genesis = *entry.mutable_genesis();
    genesis.set_city("bench");
    genesis.set_service(slice_.service);
    genesis.set_partition(slice_.partition);
    genesis.set_partitions(options_.partitions);
    genesis.set_journal_id("bench");
    genesis.set_incarnation(1);
    return entry;
  }

  wanmi::journal::v1::Entry Counted(int64_t i) {
    wanmi::journal::v1::Entry entry;
    auto& request = *entry.mutable_cause()->mutable_request();
    request.set_id(fmt::format("c-{}-{}", slice_.partition, i));
    request.set_digest(std::string(16, 'd'));
    request.set_key_id("!city/1");
    entry.mutable_actor()->set_person_id("p-1");
    entry.mutable_actor()->set_post_id("reader");
    const uint64_t mixed = (options_.seed + static_cast<uint64_t>(i)) * 0x9E3779B97F4A7C15u;
    const std::string& id = ids_[(mixed >> 20) % ids_.size()];
    meter::Event event;
    event.mutable_counted()->set_amount(1 + i % 9);
    event.mutable_counted()->set_total(totals_[id] += 1 + i % 9);
    event.mutable_counted()->set_note(std::string(options_.payload, 'n'));
    auto& change = *entry.add_changes();
    change.set_stream(id);
    change.add_events(event.SerializeAsString());
    return entry;
  }

  void Add(wanmi::journal::v1::Entry entry) {
    entry.set_seq(++seq_);
    entry.set_prev(prev_);
    entry.set_at_us(kStartUs + seq_ * 1'000);
    entry.set_level(1);
    batch_.entries.push_back(entry.SerializeAsString());
    prev_ = journal::ChainHash(batch_.entries.back());
  }

  base::Status Append() {
    const auto appended = journal_.Append({&batch_, 1}).front();
    if (appended.outcome != journal::Outcome::kOk) return base::Unavailable("{}", appended.why);
    batch_.first_seq = seq_ + 1;
    batch_.prev = prev_;
    batch_.entries.clear();
    return {};
  }

  const Options& options_;
  journal::Journal& journal_;
  const journal::Slice slice_;
  std::vector<std::string> ids_;
  std::map<std::string, int64_t> totals_;
  journal::Batch batch_;
  std::string prev_;
  int64_t seq_ = 0;
};

// Runs `work` on as many threads and gives the seconds until the last has ended.
base::Result<double> OnThreads(int threads, const std::function<base::Status(int)>& work) {
  std::vector<base::Status> ends(static_cast<size_t>(threads));
  const auto start = steady_clock::now();
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t)
      running.emplace_back([&, t] { ends[static_cast<size_t>(t)] = work(t); });
  }
  const double seconds = SecondsSince(start);
  for (const auto& end : ends) RETURN_IF_ERROR(end);
  return seconds;
}

std::unique_ptr<runtime::Host> HostOf(const Options& options, journal::Journal& journal,
                                      const base::Clock& clock, int thread) {
  runtime::HostOptions host_options;
  host_options.instance = "bench";
  host_options.open_store = [&options, thread](const rules::Definition&) {
    const std::string folder = fmt::format("{}/store-{}", options.folder, thread);
    std::filesystem::create_directories(folder);
    return store::OpenRocksStore(folder);
  };
  std::vector<rules::Definition> definitions;
  definitions.push_back(meter::Define(ServiceOf(thread)));
  return std::make_unique<runtime::Host>(CityOf(options), std::move(definitions), journal, clock,
                                         std::move(host_options));
}

void DeleteStores(const Options& options) {
  for (int t = 0; t < options.threads; ++t)
    std::filesystem::remove_all(fmt::format("{}/store-{}", options.folder, t));
}

base::Status ReadAndParse(const Options& options, const journal::Journal& journal, int thread) {
  for (int p = 0; p < options.partitions; ++p) {
    RETURN_IF_ERROR(journal.Read({ServiceOf(thread), p}, 0, [](int64_t, std::string_view bytes) {
      return !runtime::ParseEntry(bytes, meter::Event::default_instance(), runtime::kReadsLevel)
                  ->unknown_event;
    }));
  }
  return {};
}

base::Status Measure(const Options& options, const std::string& name, Figures& figures) {
  std::filesystem::create_directories(options.folder);
  ASSIGN_OR_RETURN(auto log, journal::OpenRocksLog(options.folder + "/journal"));
  journal::RocksJournal journal(log, "bench");
  const base::CityClock clock;
  const int64_t each = options.events / options.threads / options.partitions;
  for (int t = 0; t < options.threads; ++t) {
    for (int p = 0; p < options.partitions; ++p)
      RETURN_IF_ERROR(Writer(options, journal, t, p).Write(each));
  }
  const double events = static_cast<double>(each * options.threads * options.partitions);
  Case replay{fmt::format("{}, {} threads", name, options.threads), {}, "events/s"};
  replay.sync = "none";
  replay.limit_name = "events/s read and parsed";
  Case start{"start on what is there", {}, "ms"};
  start.sync = "none";
  for (int r = 0; r < options.repetitions; ++r) {
    DeleteStores(options);
    ASSIGN_OR_RETURN(const double folding, OnThreads(options.threads, [&](int t) {
                       return HostOf(options, journal, clock, t)->Fold();
                     }));
    replay.figures.push_back(events / folding);
    ASSIGN_OR_RETURN(const double reading, OnThreads(options.threads, [&](int t) {
                       return ReadAndParse(options, journal, t);
                     }));
    replay.limits.push_back(events / reading);
    ASSIGN_OR_RETURN(const double opening,
                     OnThreads(1, [&](int) { return HostOf(options, journal, clock, 0)->Open(); }));
    start.figures.push_back(1e3 * opening);
  }
  replay.more.emplace_back("events", events);
  start.more.emplace_back("events", events / options.threads);
  figures.Add(std::move(replay));
  figures.Add(std::move(start));
  return {};
}

// Slices that are little behind are folded as in live, those far behind in memory and in bulk: the
// runtime changes its way at 20,000 entries (libs/runtime/open.cc).
base::Status MeasureBoth(const Options& options) {
  Figures figures("replay", options.json, options.seed, options.commit);
  Options little = options, far = options;
  little.folder += "/little";
  little.events = std::min<int64_t>(options.events, 18'000 * options.threads * options.partitions);
  far.folder += "/far";
  RETURN_IF_ERROR(Measure(little, "little behind, as in live", figures));
  return Measure(far, "far behind, in bulk", figures);
}

// A seeded city's journals, all services, into new stores, as `wanmi-city --rebuild` does it.
base::Status MeasureCity(const Options& options) {
  std::filesystem::create_directories(options.folder);
  ASSIGN_OR_RETURN(const auto config, city::ReadConfig(options.store + "/config.json"));
  ASSIGN_OR_RETURN(const runtime::City city, city::LoadOrCreateCity(config));
  ASSIGN_OR_RETURN(const auto log, journal::OpenRocksLog(config.folder() + "/journal"));
  journal::RocksJournal journal(log, city.name);
  const base::CityClock clock;
  const auto host = [&](const std::string& stores) {
    runtime::HostOptions host_options;
    host_options.open_store = [stores](const rules::Definition& definition) {
      const std::string folder =
          fmt::format("{}/{}-v{}", stores, definition.name, definition.state_version);
      std::filesystem::create_directories(folder);
      return store::OpenRocksStore(folder);
    };
    return std::make_unique<runtime::Host>(city, city::AllDefinitions(), journal, clock,
                                           std::move(host_options));
  };
  Case replay{"a city's journals", {}, "entries/s"};
  Case start{"stores of a city, opened again", {}, "ms"};
  replay.sync = start.sync = "none";
  int64_t entries = 0;
  for (const auto& definition : city::AllDefinitions()) {
    for (int p = 0; p < (definition.reference ? 1 : city.partitions); ++p) {
      ASSIGN_OR_RETURN(const int64_t last, journal.LastSeq({definition.name, p}));
      entries += last;
    }
  }
  for (int r = 0; r < options.repetitions; ++r) {
    const std::string stores = fmt::format("{}/stores", options.folder);
    std::filesystem::remove_all(stores);
    ASSIGN_OR_RETURN(const double folding, OnThreads(1, [&](int) { return host(stores)->Fold(); }));
    replay.figures.push_back(static_cast<double>(entries) / folding);
    ASSIGN_OR_RETURN(const double opening, OnThreads(1, [&](int) { return host(stores)->Fold(); }));
    start.figures.push_back(1e3 * opening);
  }
  replay.more.emplace_back("entries", static_cast<double>(entries));
  start.more.emplace_back("entries", static_cast<double>(entries));
  Figures figures("replay", options.json, options.seed, options.commit);
  figures.Add(std::move(replay));
  figures.Add(std::move(start));
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  options.folder = fmt::format("build/bench/replay-{}", ::getpid());
  CLI::App app("events a second from a journal to rows");
  app.add_option("--folder", options.folder, "on the disk to be measured; emptied at the end");
  app.add_option("--store", options.store, "a folder of wanmi-seed, whose journals are read");
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 64));
  app.add_option("--partitions", options.partitions, "of each thread")->check(CLI::Range(1, 64));
  app.add_option("--meters", options.meters, "streams of each thread");
  app.add_option("--events", options.events)->check(CLI::Range(1'000, 100'000'000));
  app.add_option("--payload", options.payload, "bytes of an event's note");
  app.add_option("--repetitions", options.repetitions)->check(CLI::Range(1, 9));
  app.add_option("--seed", options.seed);
  app.add_option("--json", options.json);
  app.add_option("--commit", options.commit);
  CLI11_PARSE(app, argc, argv);
  const auto status =
      options.store.empty() ? wanmi::demo::MeasureBoth(options) : wanmi::demo::MeasureCity(options);
  std::error_code ignored;
  std::filesystem::remove_all(options.folder, ignored);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
