#include "services/city/replica.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "journal/transfer.h"
#include "kafka/group.h"
#include "server/server.h"
#include "services/city/disk_watch.h"
#include "services/city/process.h"
#include "services/city/replica_hints.h"
#include "services/city/replica_kafka.h"
#include "services/city/serving.h"
#include "vault/vault.h"

namespace wanmi::city {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kTopicMost{20};
constexpr int kLanes = 2;
constexpr std::chrono::milliseconds kHandOverMost{2'000}, kHandOverLook{10};

// Stores and marks of these very topics, below the replica's folder. Of others, which an import or
// a restore left behind, nothing is of use: neither positions nor hints.
base::Result<std::string> FolderFor(const config::v1::ServiceConfig& config,
                                    const std::optional<std::string>& birth) {
  const std::string kOf = "of-", folder = config.folder() + "/" + kOf + birth.value_or("nothing");
  fs::create_directories(config.folder());
  std::vector<fs::path> others;
  for (const auto& other : fs::directory_iterator(config.folder())) {
    const bool ours = birth && other.path() == fs::path(folder);
    if (other.path().filename().string().starts_with(kOf) && !ours) others.push_back(other.path());
  }
  for (const auto& other : others) {
    base::Log(base::Level::kInfo, "store.of_other_topics", {{"dropped", other.string()}});
    std::error_code ignored;
    fs::remove_all(other, ignored);
  }
  fs::create_directories(folder + "/marks");
  return folder;
}

// What the group says, for the host.
class GroupOwnership final : public runtime::Ownership {
 public:
  explicit GroupOwnership(std::unique_ptr<kafka::Group> group) : group_(std::move(group)) {}
  Assigned Now() const override {
    auto now = group_->Now();
    return {now.look, std::move(now.partitions)};
  }
  void SetWilling(bool willing) override { group_->SetWilling(willing); }

 private:
  const std::unique_ptr<kafka::Group> group_;
};

// The group's topic is empty: it only has as many partitions as there are to own.
base::Result<std::unique_ptr<GroupOwnership>> JoinGroup(const config::v1::ServiceConfig& config,
                                                        const rules::Definition& definition) {
  const kafka::Cluster cluster = ClusterOf(config);
  const std::string group = GroupOf(config, definition.name);
  const std::string topic = group + ".owners";
  if (config.kafka().create_topics()) {
    ASSIGN_OR_RETURN(const auto handle, kafka::MakeHandle(RD_KAFKA_PRODUCER, cluster, {}));
    const int partitions = definition.reference ? 1 : config.partitions();
    RETURN_IF_ERROR(kafka::CreateTopics(
        handle.get(), {{topic, partitions, config.kafka().replication(), {}}}, kTopicMost));
  }
  ASSIGN_OR_RETURN(auto joined, kafka::Group::Make(cluster, group, topic));
  return std::make_unique<GroupOwnership>(std::move(joined));
}

server::Peers PeersOf(const config::v1::ServiceConfig& config, const server::TlsFiles& tls) {
  std::map<std::string, std::string> addresses;
  for (const auto& peer : config.peers()) addresses[peer.service()] = peer.address();
  return {std::move(addresses), server::ClientCredentials(tls)};
}

// Others serve what this process served; what folds nothing more would keep its partitions.
void EndFailed(const base::Status& failure) { EndInDoubt("store.failed", failure.ToString()); }

// The service, and the reference services that every decision reads.
std::vector<rules::Definition> DefinitionsFor(const std::string& service, int reads,
                                              std::set<std::string>* only_followed) {
  std::vector<rules::Definition> definitions;
  for (auto& definition : AllDefinitions(reads)) {
    if (definition.name != service && !definition.reference) continue;
    if (definition.name != service) only_followed->insert(definition.name);
    definitions.push_back(std::move(definition));
  }
  return definitions;
}

const rules::Definition& Named(const std::vector<rules::Definition>& definitions,
                               const std::string& service) {
  const auto found = std::find_if(definitions.begin(), definitions.end(),
                                  [&](const auto& one) { return one.name == service; });
  CHECK(found != definitions.end(), "{} is a service", service);
  return *found;
}

// What is said of a process before any of its parts is there. `folder`: of FolderFor().
runtime::HostOptions OptionsFor(const config::v1::ServiceConfig& config, const std::string& folder,
                                const std::string& instance, int reads) {
  runtime::HostOptions options;
  options.instance = instance;
  options.address = config.advertise();
  options.mark_folder = folder + "/marks";
  options.lanes = kLanes;
  options.reads = reads;
  options.lead = std::chrono::duration_cast<base::Span>(runtime::kLead * config.clock().rate());
  return options;
}

// Of what is folded here: no import into it stopped half-way.
base::Status CheckWhole(const runtime::Host& host) {
  std::vector<journal::Slice> folded;
  for (const auto& slice : SlicesOf(host.city())) {
    if (host.Find(slice.service)) folded.push_back(slice);
  }
  return journal::CheckNoHalfImport(host.journal(), folded);
}

// Leaves the group, and goes on deciding until others have fenced what was ours: so nobody waits
// for this process to end. Where there is no other it ends after a while.
void HandOver(const runtime::Host& host, runtime::Ownership& ownership) {
  ownership.SetWilling(false);
  const auto until = std::chrono::steady_clock::now() + kHandOverMost;
  while (host.DecidesAny() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(kHandOverLook);
}

}  // namespace

base::Status ServeReplica(const std::string& service, const std::string& instance,
                          const config::v1::ServiceConfig& config, int reads) {
  const Signals signals;  // before any thread: they inherit what is blocked
  ASSIGN_OR_RETURN(const auto journal, OpenKafkaJournal(config));
  ASSIGN_OR_RETURN(const auto birth, BirthOf(config));
  ASSIGN_OR_RETURN(const std::string folder, FolderFor(config, birth));
  const bool clean = fs::remove(folder + "/clean") || !fs::exists(folder + "/store");
  const runtime::City city = CityOf(config);
  ASSIGN_OR_RETURN(const auto clock, MakeClock(config.clock()));
  base::Metrics metrics;
  runtime::RuntimeMetrics runtime_metrics(metrics, city.name);
  runtime::FileOutlet outlet(config.folder() + "/outbox.jsonl");
  DiskWatch disk(folder, config.keep_free_bytes(), *clock);
  const server::TlsFiles tls{config.tls().ca_file(), config.tls().cert_file(),
                             config.tls().key_file()};
  server::Peers peers = PeersOf(config, tls);

  ASSIGN_OR_RETURN(auto keys, OpenKeys(config));
  ASSIGN_OR_RETURN(const auto vault, vault::OpenVault(std::move(keys), config.master_key_file()));
  runtime::HostOptions options = OptionsFor(config, folder, instance, reads);
  auto definitions = DefinitionsFor(service, reads, &options.only_followed);
  ASSIGN_OR_RETURN(const auto ownership,
                   Patiently([&] { return JoinGroup(config, Named(definitions, service)); }));
  options.unclean = !clean;
  if (birth) options.hints = HintsFromPeers(peers, service, *birth);
  options.open_store = [&](const rules::Definition& definition) {
    return OpenStore(folder + "/store", definition, EndFailed);
  };
  options.before_append = [&] { return vault->Sync(); };
  options.room = [&] { return disk.Room(); };
  options.outlet = &outlet;
  options.metrics = &runtime_metrics;
  options.ownership = ownership.get();
  options.ask_elsewhere =
      [&](std::string_view asked, std::string_view method, const runtime::Behalf& behalf,
          const google::protobuf::Message& request, google::protobuf::Message* response) {
        return peers.Ask(service, asked, method, behalf, request, response);
      };
  runtime::Host host(city, std::move(definitions), *journal, *clock, std::move(options));
  RETURN_IF_ERROR(host.Open());
  RETURN_IF_ERROR(CheckWhole(host));

  int metrics_port = 0;
  const auto exposer = Expose(config.metrics_listen(), metrics, &metrics_port);
  server::ServerOptions serving{.address = config.listen(),
                                .tls = tls,
                                .probe_address = config.probe_listen(),
                                .peers = &peers,
                                .reflection = config.reflection()};
  serving.works.hints = [&] {
    return HintsOf(host, birth ? birth : BirthOf(config).value_or(birth));
  };
  serving.works.rebuild = [&] { return RebuildOnce(host, folder + "/rebuild"); };
  ASSIGN_OR_RETURN(const auto server,
                   server::Server::Start(host, *vault, &runtime_metrics, serving));
  host.Start();
  fmt::print("ready grpc=127.0.0.1:{} metrics=127.0.0.1:{}\n", server->port(), metrics_port);
  std::fflush(stdout);
  while (!signals.Wait(std::chrono::seconds(1))) {
    server->SetServing(host.Ready().ok());
    host.Observe();
    runtime_metrics.Disk(disk.free_bytes(), disk.running_short());
  }
  server->SetServing(false);
  HandOver(host, *ownership);
  server->Shutdown();
  host.Stop();
  std::ofstream(folder + "/clean") << "closed in order\n";
  return {};
}

}  // namespace wanmi::city
