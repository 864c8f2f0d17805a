#include "tests/load/cluster.h"

#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/sha256.h"
#include "base/time.h"
#include "server/rpc.h"
#include "testkit/free_port.h"
#include "tests/load/certificates.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr const char* kServices[] = {"directory", "rulebook",     "grid",
                                     "intake",    "verification", "dispatch",
                                     "handling",  "assessment",   "alarms"};
constexpr std::chrono::seconds kCallMost{10}, kLookMost{2};
constexpr char kGetCity[] = "/wanmi.operations.v1.Operations/GetCity";

std::string Now() {
  const auto now = std::chrono::time_point_cast<base::Span>(std::chrono::system_clock::now());
  return base::FormatUtc(now).substr(0, 19) + "Z";
}

}  // namespace

bool ClusterTown::Decides(const std::string& address, const operations::v1::SliceView& slice) {
  return slice.open() && slice.owner() == address;
}

base::Status ClusterTown::Operate(const std::string& address, const char* method,
                                  const google::protobuf::Message& request,
                                  google::protobuf::Message* response) const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallMost);
  context.set_wait_for_ready(true);  // what was started again may not be connected yet
  context.AddMetadata("wanmi-person", "p-0004");
  context.AddMetadata("wanmi-post", "operator");
  return server::Call(*peers_->At(address),
                      fmt::format("/wanmi.operations.v1.Operations/{}", method), context, request,
                      response);
}

base::Result<operations::v1::CityView> ClusterTown::Look(const Replica& replica) const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLookMost);
  // A call that fails at once leaves nobody in this process who would wait for a handshake.
  context.set_wait_for_ready(true);
  operations::v1::CityView view;
  RETURN_IF_ERROR(server::Call(*peers_->At(replica.address), kGetCity, context,
                               operations::v1::GetCity(), &view));
  return view;
}

ClusterTown::ClusterTown(const ClusterOptions& options, std::string folder)
    : options_(options), folder_(std::move(folder)), random_(options.seed) {
  journal_id_ = options_.journal_id.empty() ? base::Hex(base::Sha256(folder_)).substr(0, 32)
                                            : options_.journal_id;
  master_key_file_ =
      options_.master_key_file.empty() ? folder_ + "/master.key" : options_.master_key_file;
  for (const char* service : kServices) {
    for (int i = 0; i < options_.replicas; ++i) {
      auto& replica = replicas_.emplace_back(std::make_unique<Replica>());
      replica->service = service;
      replica->name = fmt::format("{}-{}", service, i);
      replica->reads = options_.mixed && i % 2 == 1 ? 2 : 1;
      replica->address = fmt::format("127.0.0.1:{}", testkit::FreePort());
    }
  }
}

base::Result<std::unique_ptr<ClusterTown>> ClusterTown::Make(const ClusterOptions& options,
                                                             const std::string& folder) {
  std::unique_ptr<ClusterTown> town(new ClusterTown(options, folder));
  if (options.tls) {
    ASSIGN_OR_RETURN(town->tls_, MakeCertificates(folder + "/tls"));
    TellCommands(town->tls_);
  }
  town->peers_ = std::make_unique<server::Peers>(std::map<std::string, std::string>(),
                                                 server::ClientCredentials(town->tls_));
  ASSIGN_OR_RETURN(town->brokers_,
                   testkit::KafkaBrokers::Start(options.brokers, folder + "/brokers"));
  if (!options.master_key_file.empty()) return town;
  std::ofstream key(folder + "/master.key", std::ios::binary);
  key << base::Hex(base::Sha256(folder + "key"));
  key.close();
  ::chmod((folder + "/master.key").c_str(), 0600);
  return town;
}

ClusterTown::~ClusterTown() {
  if (chaos_.joinable()) {
    chaos_.request_stop();
    chaos_.join();
  }
  for (auto& replica : replicas_) {
    if (replica->process.pid() != 0) ::kill(replica->process.pid(), SIGCONT);
    replica->process.Kill();
    replica->process.WaitForEnd();
  }
}

void ClusterTown::WriteConfig(const Replica& replica) const {
  nlohmann::json peers = nlohmann::json::array();
  for (const char* service : kServices) {
    std::string addresses;
    for (const auto& other : replicas_) {
      if (other->service == service) addresses += (addresses.empty() ? "" : ",") + other->address;
    }
    peers.push_back({{"service", service}, {"address", addresses}});
  }
  nlohmann::json config = {
      {"name", "weifang"},
      {"partitions", kPartitions},
      {"journalId", journal_id_},
      {"incarnation", incarnation_},
      {"folder", folder_ + "/" + replica.name},
      {"listen", replica.address},
      {"masterKeyFile", master_key_file_},
      {"clock", {{"startAt", start_at_}, {"startedAt", started_at_}, {"rate", rate_}}},
      {"kafka",
       {{"bootstrapServers", brokers_->bootstrap()},
        {"replication", options_.brokers},
        {"minInsync", options_.brokers > 1 ? 2 : 1},
        {"createTopics", true}}},
      {"peers", peers}};
  if (!tls_.empty()) {
    config["tls"] = {{"caFile", tls_.ca}, {"certFile", tls_.certificate}, {"keyFile", tls_.key}};
  }
  std::ofstream(folder_ + "/" + replica.name + ".json") << config.dump(2) << "\n";
}

base::Status ClusterTown::StartOne(Replica& replica) {
  WriteConfig(replica);
  return replica.process
      .Start(
          {options_.binaries + "/wanmi-" + replica.service, "--config",
           folder_ + "/" + replica.name + ".json", "--level", std::to_string(replica.reads),
           "--instance", replica.name + "-" + Now() + "-" + std::to_string(random_() % 1'000'000)},
          folder_ + "/" + replica.name + ".log", false)
      .With(replica.name);
}

std::string ClusterTown::Configure(const std::string& start_at, double rate) {
  start_at_ = start_at;
  started_at_ = Now();
  rate_ = rate;
  for (const auto& replica : replicas_) WriteConfig(*replica);
  return folder_ + "/" + replicas_.front()->name + ".json";
}

base::Status ClusterTown::Start(const std::string& start_at, double rate, bool) {
  const std::lock_guard lock(mutex_);
  Configure(start_at, rate);
  for (auto& replica : replicas_) RETURN_IF_ERROR(StartOne(*replica));
  return AwaitOwners(std::chrono::seconds(60));
}

base::Status ClusterTown::Stop() {
  const std::lock_guard lock(mutex_);
  // All at once: each looks for a while for somebody who goes on with what it decided.
  for (auto& replica : replicas_) {
    if (replica->process.pid() != 0) ::kill(replica->process.pid(), SIGTERM);
  }
  for (auto& replica : replicas_) RETURN_IF_ERROR(replica->process.Stop().With(replica->name));
  return {};
}

std::string ClusterTown::address() const {
  std::string all, service;
  for (const auto& replica : replicas_) {
    const bool next = replica->service != service;
    all += next ? (all.empty() ? "" : ";") + replica->service + "=" : ",";
    all += replica->address;
    service = replica->service;
  }
  return all;
}

std::string ClusterTown::name() const {
  return fmt::format("a cluster of {} processes{} over {} broker{}", replicas_.size(),
                     options_.tls ? " with certificates" : "", options_.brokers,
                     options_.brokers > 1 ? "s" : "");
}

void ClusterTown::Strike() {
  const std::lock_guard lock(mutex_);
  Replica& replica = *replicas_[random_() % replicas_.size()];
  replica.process.Kill();
  replica.struck = true;
}

base::Status ClusterTown::Recover(const std::string&, double) {
  const std::lock_guard lock(mutex_);
  for (auto& replica : replicas_) {
    if (!replica->struck) continue;
    replica->struck = false;
    replica->process.WaitForEnd();
    RETURN_IF_ERROR(StartOne(*replica));
  }
  return {};
}

std::string ClusterTown::NotOwnedNow(const Replica* away, std::string* not_ready) const {
  std::map<std::string, int> owners;  // how many decide each
  for (const auto& replica : replicas_) {
    const bool reference = replica->service == "directory" || replica->service == "rulebook";
    for (int p = 0; p < (reference ? 1 : kPartitions); ++p)
      owners.try_emplace(fmt::format("{}/{}", replica->service, p), 0);
    if (replica.get() == away) continue;
    const auto view = Look(*replica);
    if (!view.ok() || !view->ready().empty()) {
      *not_ready +=
          replica->name + ": " + (view.ok() ? view->ready() : view.status().ToString()) + "; ";
      if (!view.ok()) continue;
    }
    for (const auto& slice : view->slices()) {
      if (slice.service() != replica->service) continue;
      owners[fmt::format("{}/{}", slice.service(), slice.partition())] +=
          Decides(replica->address, slice) ? 1 : 0;
    }
  }
  std::string wrong;
  for (const auto& [slice, count] : owners) {
    if (count != 1) wrong += fmt::format("{} has {} owners; ", slice, count);
  }
  return wrong;
}

base::Result<std::set<int>> ClusterTown::OwnedBy(const Replica& replica) const {
  ASSIGN_OR_RETURN(const auto view, Look(replica));
  std::set<int> owned;
  for (const auto& slice : view.slices()) {
    if (slice.service() == replica.service && Decides(replica.address, slice))
      owned.insert(slice.partition());
  }
  return owned;
}

base::Status ClusterTown::AwaitOwners(std::chrono::seconds most) const {
  const auto limit = steady_clock::now() + most;
  std::string wrong;
  while (true) {
    wrong.clear();
    const std::string not_owned = NotOwnedNow(nullptr, &wrong);
    wrong += not_owned;
    if (wrong.empty()) return {};
    if (steady_clock::now() > limit)
      return base::DeadlineExceeded("expected one owner for each partition after {} s: {}",
                                    most.count(), wrong);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace wanmi::demo
