// wanmi-bench-kafka: entries a second that a KafkaJournal appends, beside Kafka's own producer.
//
// Brokers of its own on loopback, on the same cores. Each step appends a batch to every partition
// and waits until all are acknowledged, as a host does. The limit is org.apache.kafka.tools'
// ProducerPerformance in the same run against the same brokers: as many bytes a record, batches of
// as many bytes, acks=all, idempotent, zstd.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "journal/kafka_journal.h"
#include "kafka/client.h"
#include "testkit/kafka_broker.h"
#include "tests/load/figures.h"
#include "tests/load/process.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

struct Options {
  std::string folder, json = "build/bench/kafka.json", commit = "unknown";
  int brokers = 1, partitions = 8, entries = 256, threads = 1, repetitions = 3;
  int64_t records = 600'000;
  size_t payload = 320;  // of an event; an entry has some 80 bytes more
  double seconds = 6;
  uint64_t seed = 1;
};

// Letters by chance, as ProducerPerformance has them.
std::string Letters(size_t count, std::mt19937_64& random) {
  std::string letters(count, 'A');
  for (char& letter : letters) letter = static_cast<char>('A' + random() % 26);
  return letters;
}

journal::KafkaOptions JournalOptions(const Options& options, const std::string& bootstrap,
                                     int repetition) {
  journal::KafkaOptions of;
  of.cluster.bootstrap = bootstrap;
  of.city = fmt::format("bench{}", repetition);
  of.partitions = {{"meter", options.partitions}};
  of.replication = options.brokers;
  of.min_insync = std::max(1, options.brokers - 1);
  of.create = true;
  return of;
}

// One lane: steps over its partitions until the time is over.
struct Lane {
  std::vector<journal::Batch> batches;
  int64_t appended = 0;
  std::vector<double> took_ms;
  base::Status status;

  void Run(journal::Journal& journal, steady_clock::time_point until) {
    while (status.ok() && steady_clock::now() < until) {
      const auto begun = steady_clock::now();
      for (const auto& answer : journal.Append(batches)) {
        if (answer.outcome != journal::Outcome::kOk) status = base::Unavailable("{}", answer.why);
        appended += answer.landed;
      }
      took_ms.push_back(1e3 * SecondsSince(begun));
      for (auto& batch : batches) {
        batch.first_seq += static_cast<int64_t>(batch.entries.size());
        batch.prev = journal::ChainHash(batch.entries.back());
      }
    }
  }
};

base::Result<double> AppendSteps(const Options& options, const std::string& bootstrap,
                                 int repetition, Case* to) {
  ASSIGN_OR_RETURN(const auto journal,
                   journal::KafkaJournal::Connect(JournalOptions(options, bootstrap, repetition)));
  std::mt19937_64 random(options.seed);
  std::vector<Lane> lanes(static_cast<size_t>(options.threads));
  for (int p = 0; p < options.partitions; ++p) {
    wanmi::journal::v1::Fence fence;
    fence.set_instance("bench");
    ASSIGN_OR_RETURN(const auto opened, journal->Open({"meter", p}, fence));
    auto& batches = lanes[static_cast<size_t>(p % options.threads)].batches;
    batches.push_back({opened.writer, 1, journal::GenesisHash(), {}});
    for (int e = 0; e < options.entries; ++e) {
      wanmi::journal::v1::Entry entry;
      entry.set_seq(e + 1);
      entry.set_prev(Letters(16, random));
      entry.set_at_us(1'795'527'148'000'000 + e);
      entry.mutable_cause()->mutable_request()->set_id(fmt::format("c-{}-{}", p, e));
      auto& change = *entry.add_changes();
      change.set_stream(fmt::format("m{:08}", random() % 100'000));
      change.add_events(Letters(options.payload, random));
      batches.back().entries.push_back(entry.SerializeAsString());
      to->payload_bytes = static_cast<int64_t>(batches.back().entries.back().size());
    }
  }
  const auto start = steady_clock::now();
  const auto until = start + std::chrono::duration_cast<steady_clock::duration>(
                                 std::chrono::duration<double>(options.seconds));
  {
    std::vector<std::jthread> threads;
    for (auto& lane : lanes) threads.emplace_back([&] { lane.Run(*journal, until); });
  }
  const double seconds = SecondsSince(start);
  int64_t appended = 0;
  for (const auto& lane : lanes) {
    RETURN_IF_ERROR(lane.status);
    appended += lane.appended;
    to->latencies_ms.insert(to->latencies_ms.end(), lane.took_ms.begin(), lane.took_ms.end());
  }
  return static_cast<double>(appended) / seconds;
}

// Of its last line, "600000 records sent, 123456.7 records/sec (47.10 MB/sec), …".
base::Result<double> RateIn(const std::string& file) {
  std::ifstream in(file);
  double rate = 0;
  for (std::string line; std::getline(in, line);) {
    const size_t end = line.find(" records/sec");
    const size_t begin = end == line.npos ? end : line.rfind(' ', end - 1);
    if (begin != line.npos) rate = std::stod(line.substr(begin + 1, end - begin - 1));
  }
  if (rate > 0) return rate;
  return base::Unavailable("ProducerPerformance says no rate; see {}", file);
}

base::Result<double> OwnProducer(const Options& options, const std::string& bootstrap,
                                 int repetition, int64_t record_bytes) {
  const std::string topic = fmt::format("peer{}", repetition);
  ASSIGN_OR_RETURN(const auto handle, kafka::MakeHandle(RD_KAFKA_PRODUCER, {bootstrap, {}}, {}));
  RETURN_IF_ERROR(kafka::CreateTopics(
      handle.get(),
      {{topic,
        options.partitions,
        options.brokers,
        {{"min.insync.replicas", std::to_string(std::max(1, options.brokers - 1))}}}},
      std::chrono::seconds(15)));
  const std::string log = fmt::format("{}/peer-{}.log", options.folder, repetition);
  ASSIGN_OR_RETURN(const int code,
                   Run({"/usr/bin/java",
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        "build/kafka/libs/*",
                        "org.apache.kafka.tools.ProducerPerformance",
                        "--topic",
                        topic,
                        "--num-records",
                        std::to_string(options.records),
                        "--record-size",
                        std::to_string(record_bytes),
                        "--throughput",
                        "-1",
                        "--producer-props",
                        "bootstrap.servers=" + bootstrap,
                        "acks=all",
                        "enable.idempotence=true",
                        "linger.ms=0",
                        "compression.type=zstd",
                        fmt::format("batch.size={}", record_bytes * options.entries)},
                       log));
  if (code != 0) return base::Unavailable("ProducerPerformance ends with {}; see {}", code, log);
  return RateIn(log);
}

base::Status Measure(const Options& options) {
  std::filesystem::create_directories(options.folder);
  ASSIGN_OR_RETURN(const auto brokers,
                   testkit::KafkaBrokers::Start(options.brokers, options.folder + "/brokers"));
  Figures figures("kafka", options.json, options.seed, options.commit);
  Case appends{fmt::format("{} broker{}, {} partitions × {} a step, {} lane{}", options.brokers,
                           options.brokers == 1 ? "" : "s", options.partitions, options.entries,
                           options.threads, options.threads == 1 ? "" : "s"),
               {},
               "entries/s"};
  appends.sync = "none: acknowledged by the replicas";
  appends.limit_name = "records/s, ProducerPerformance";
  for (int r = 0; r < options.repetitions; ++r) {
    ASSIGN_OR_RETURN(const double rate, AppendSteps(options, brokers->bootstrap(), r, &appends));
    appends.figures.push_back(rate);
    ASSIGN_OR_RETURN(const double peer,
                     OwnProducer(options, brokers->bootstrap(), r, appends.payload_bytes));
    appends.limits.push_back(peer);
  }
  figures.Add(std::move(appends));
  return {};
}

}  // namespace
}  // namespace wanmi::demo

int main(int argc, char** argv) {
  wanmi::demo::Options options;
  options.folder = fmt::format("build/bench/kafka-{}", ::getpid());
  CLI::App app("entries a second on Kafka, beside its own producer");
  app.add_option("--folder", options.folder, "of the brokers; emptied at the end");
  app.add_option("--brokers", options.brokers)->check(CLI::IsMember({1, 3}));
  app.add_option("--partitions", options.partitions)->check(CLI::Range(1, 64));
  app.add_option("--entries", options.entries, "of one partition in one step")
      ->check(CLI::Range(1, 4'096));
  app.add_option("--lanes", options.threads, "threads that append")->check(CLI::Range(1, 64));
  app.add_option("--records", options.records, "of Kafka's own producer");
  app.add_option("--payload", options.payload, "bytes of an event");
  app.add_option("--seconds", options.seconds, "of one repetition");
  app.add_option("--repetitions", options.repetitions)->check(CLI::Range(1, 9));
  app.add_option("--seed", options.seed);
  app.add_option("--json", options.json);
  app.add_option("--commit", options.commit);
  CLI11_PARSE(app, argc, argv);
  const auto status = wanmi::demo::Measure(options);
  std::error_code ignored;
  if (status.ok()) std::filesystem::remove_all(options.folder, ignored);
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
