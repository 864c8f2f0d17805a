// How soon a process with an empty disk is of use: it folds its topics from their start, beside one
// that serves. The topics are those of a seeded city, moved to a broker as an operator does it.
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "tests/load/bench_cluster.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::demo {
namespace {

constexpr char kService[] = "intake";  // the largest
const Who kOperator{"p-0004", "operator", ""};

nlohmann::json ReadJson(const std::string& file) {
  std::ifstream in(file);
  return in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
}

base::Status RunWell(const std::vector<std::string>& command, const std::string& log) {
  ASSIGN_OR_RETURN(const int code, Run(command, log));
  if (code == 0) return {};
  return base::FailedPrecondition("expected {} to end well, found exit code {}; see {}", command[0],
                                  code, log);
}

// Topics filled from a seeded city.
class FilledTopics {
 public:
  static base::Result<std::unique_ptr<FilledTopics>> Make(const ClusterBench& options) {
    std::unique_ptr<FilledTopics> made(new FilledTopics(options));
    std::filesystem::remove_all(made->folder_);
    std::filesystem::create_directories(made->folder_);
    RETURN_IF_ERROR(made->Fill(options.cases));
    return made;
  }
  ~FilledTopics() {
    brokers_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // `peer`: the address of another; "" = there is none.
  base::Status StartOne(const std::string& name, const std::string& peer, Process* process) const {
    const std::string config = WriteConfig(name, peer);
    return process->Start(
        {binaries_ + "/wanmi-" + kService, "--config", config, "--instance", name},
        folder_ + "/" + name + ".log", true);
  }

 private:
  explicit FilledTopics(const ClusterBench& options)
      : binaries_(options.city.binaries), folder_(options.city.folder + "/empty") {}

  base::Status Fill(int64_t cases) {
    const std::string seeded = folder_ + "/seeded", file = folder_ + "/journal.wanmi";
    const std::string wanmi = binaries_ + "/wanmi", log = folder_ + "/fill.log";
    RETURN_IF_ERROR(RunWell(
        {binaries_ + "/wanmi-seed", "--cases", std::to_string(cases), "--folder", seeded}, log));
    RETURN_IF_ERROR(RunWell(
        {wanmi, "export-journal", "--config", seeded + "/config.json", "--out", file}, log));
    journal_id_ = ReadJson(seeded + "/city/city.json").value("journal_id", "");
    partitions_ = ReadJson(seeded + "/city/city.json").value("partitions", 0);
    start_at_ = ReadJson(seeded + "/config.json")["clock"].value("startAt", "");
    std::filesystem::remove_all(seeded);
    std::ofstream(folder_ + "/master.key") << base::Hex(base::Sha256(folder_));
    ::chmod((folder_ + "/master.key").c_str(), 0600);
    ASSIGN_OR_RETURN(brokers_, testkit::KafkaBrokers::Start(1, folder_ + "/brokers"));
    RETURN_IF_ERROR(RunWell(
        {wanmi, "import-journal", "--kafka", WriteConfig("import", ""), "--in", file}, log));
    std::filesystem::remove(file);
    return {};
  }

  std::string WriteConfig(const std::string& name, const std::string& peer) const {
    nlohmann::json config = {{"name", "weifang"},
                             {"partitions", partitions_},
                             {"journalId", journal_id_},
                             {"folder", folder_ + "/" + name},
                             {"listen", "127.0.0.1:0"},
                             {"masterKeyFile", folder_ + "/master.key"},
                             {"clock", {{"startAt", start_at_}}},
                             {"kafka",
                              {{"bootstrapServers", brokers_->bootstrap()},
                               {"replication", 1},
                               {"minInsync", 1},
                               {"createTopics", true}}}};
    if (!peer.empty())
      config["peers"] = nlohmann::json::array({{{"service", kService}, {"address", peer}}});
    const std::string file = folder_ + "/" + name + ".json";
    std::ofstream(file) << config.dump(2) << "\n";
    return file;
  }

  const std::string binaries_, folder_;
  std::string journal_id_, start_at_;
  int partitions_ = 0;
  std::unique_ptr<testkit::KafkaBrokers> brokers_;
};

// That a process has folded, of all services that it knows.
base::Result<int64_t> EntriesFolded(const Process& process) {
  Client client(0, 0);
  RETURN_IF_ERROR(client.Connect(process.grpc(), 1));
  operations::v1::CityView city;
  RETURN_IF_ERROR(client.Ask("/wanmi.operations.v1.Operations/GetCity", kOperator,
                             operations::v1::GetCity(), &city));
  int64_t entries = 0;
  for (const auto& slice : city.slices()) entries += slice.seq();
  return entries;
}

}  // namespace

base::Status BenchEmpty(const ClusterBench& options, Figures& figures) {
  ASSIGN_OR_RETURN(const auto topics, FilledTopics::Make(options));
  Process serving;
  RETURN_IF_ERROR(topics->StartOne("serving", "", &serving));
  Case folded{fmt::format("empty, {} of {} cases", kService, options.cases), {}, "entries/s"};
  folded.sync = "none: a cache";
  std::vector<double> ready_s, peak_mb;
  int64_t entries = 0;
  for (int r = 0; r < options.repetitions; ++r) {
    Process empty;
    const auto start = std::chrono::steady_clock::now();
    RETURN_IF_ERROR(topics->StartOne(fmt::format("empty-{}", r), serving.grpc(), &empty));
    ready_s.push_back(SecondsSince(start));
    ASSIGN_OR_RETURN(entries, EntriesFolded(empty));
    folded.figures.push_back(static_cast<double>(entries) / ready_s.back());
    peak_mb.push_back(PeakMegabytesOf(empty.pid()));
    RETURN_IF_ERROR(empty.Stop());
  }
  folded.more = {{"entries", static_cast<double>(entries)},
                 {"ready_s", Median(ready_s)},
                 {"peak_mb", Median(peak_mb)},
                 {"wanted", 60'000}};
  figures.Add(std::move(folded));
  return serving.Stop();
}

}  // namespace wanmi::demo
