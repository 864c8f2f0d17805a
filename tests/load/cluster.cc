#include "tests/load/cluster.h"

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/sha256.h"
#include "base/time.h"
#include "server/rpc.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr const char* kServices[] = {"directory", "rulebook",     "grid",
                                     "intake",    "verification", "dispatch",
                                     "handling",  "assessment",   "alarms"};
constexpr std::chrono::seconds kOwnersMost{10};  // after the last fault
constexpr std::chrono::seconds kCallMost{10};

// Free now; whoever listens on it next may be somebody else, which then says so.
int FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string Now() {
  const auto now = std::chrono::time_point_cast<base::Span>(std::chrono::system_clock::now());
  return base::FormatUtc(now).substr(0, 19) + "Z";
}

void Rest(const std::stop_token& stop, std::chrono::milliseconds span) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
}

// Its own belief and the fence that holds: a zombie has only the one.
bool Decides(const std::string& address, const operations::v1::SliceView& slice) {
  return slice.open() && slice.owner() == address;
}

}  // namespace

base::Status Operate(const std::string& address, const char* method,
                     const google::protobuf::Message& request,
                     google::protobuf::Message* response) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallMost);
  context.AddMetadata("wanmi-person", "p-0004");
  context.AddMetadata("wanmi-post", "operator");
  return server::Call(*channel, fmt::format("/wanmi.operations.v1.Operations/{}", method), context,
                      request, response);
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
      replica->address = fmt::format("127.0.0.1:{}", FreePort());
    }
  }
}

base::Result<std::unique_ptr<ClusterTown>> ClusterTown::Make(const ClusterOptions& options,
                                                             const std::string& folder) {
  std::unique_ptr<ClusterTown> town(new ClusterTown(options, folder));
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
  const nlohmann::json config = {
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
  return fmt::format("a cluster of {} processes over {} broker{}", replicas_.size(),
                     options_.brokers, options_.brokers > 1 ? "s" : "");
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

void ClusterTown::Trouble() {
  if (options_.chaos) chaos_ = std::jthread([this](const std::stop_token& stop) { Chaos(stop); });
}

void ClusterTown::Chaos(const std::stop_token& stop) {
  while (!stop.stop_requested() && broken_.ok()) {
    Rest(stop, std::chrono::milliseconds(1'000 + random_() % 3'000));
    if (stop.stop_requested()) return;
    const uint64_t how = random_() % 10;
    if (how == 9) {
      HarmBroker(random_());
    } else {
      const std::lock_guard lock(mutex_);
      Harm(*replicas_[random_() % replicas_.size()], how);
    }
  }
}

void ClusterTown::Harm(Replica& replica, uint64_t how) {
  const pid_t pid = replica.process.pid();
  if (how < 4) {
    ++faults_["killed"];
    replica.process.Kill();
    replica.process.WaitForEnd();
    broken_ = StartOne(replica);
  } else if (how < 7) {
    // Longer than the group's session: others take over, and it comes back as a zombie.
    ++faults_["paused"];
    ::kill(pid, SIGSTOP);
    std::this_thread::sleep_for(std::chrono::milliseconds(2'000 + random_() % 7'000));
    ::kill(pid, SIGCONT);
  } else {
    ++faults_["stopped in order"];
    broken_ = replica.process.Stop().With(replica.name);
    if (broken_.ok()) broken_ = StartOne(replica);
  }
}

void ClusterTown::HarmBroker(uint64_t which) {
  const int broker = static_cast<int>(which % static_cast<uint64_t>(options_.brokers));
  ++faults_["brokers killed"];
  brokers_->Kill(broker);
  broken_ = brokers_->Restart(broker);
  if (broken_.ok()) broken_ = brokers_->Await();
}

base::Status ClusterTown::Calm() {
  if (!options_.chaos) return {};
  chaos_.request_stop();
  chaos_.join();
  fmt::print("faults:");
  for (const auto& [what, times] : faults_) fmt::print(" {} {},", times, what);
  fmt::print(" seed {}\n", options_.seed);
  RETURN_IF_ERROR(broken_);
  const auto begun = steady_clock::now();
  RETURN_IF_ERROR(AwaitOwners(kOwnersMost));
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  fmt::print("{:.1f} s after the last fault each partition had one owner\n", took.count());
  return {};
}

// How many processes decide each partition.
std::map<std::string, int> ClusterTown::OwnersNow(std::string* not_ready) const {
  std::map<std::string, int> owners;
  for (const auto& replica : replicas_) {
    operations::v1::CityView view;
    const auto status = Operate(replica->address, "GetCity", operations::v1::GetCity(), &view);
    if (!status.ok() || !view.ready().empty()) {
      *not_ready += replica->name + ": " + (status.ok() ? view.ready() : status.ToString()) + "; ";
      if (!status.ok()) continue;
    }
    for (const auto& slice : view.slices()) {
      if (slice.service() != replica->service) continue;
      owners[fmt::format("{}/{}", slice.service(), slice.partition())] +=
          Decides(replica->address, slice) ? 1 : 0;
    }
  }
  return owners;
}

base::Result<std::set<int>> ClusterTown::OwnedBy(const Replica& replica) const {
  operations::v1::CityView view;
  RETURN_IF_ERROR(Operate(replica.address, "GetCity", operations::v1::GetCity(), &view));
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
    const auto owners = OwnersNow(&wrong);
    for (const auto& [slice, count] : owners) {
      if (count != 1) wrong += fmt::format("{} has {} owners; ", slice, count);
    }
    if (wrong.empty() && !owners.empty()) return {};
    if (steady_clock::now() > limit)
      return base::DeadlineExceeded("expected one owner for each partition after {} s: {}",
                                    most.count(), wrong);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// Who was killed notes each input before it takes it; a warning says that it could not.
base::Status ClusterTown::ExamineLogs() const {
  for (const auto& replica : replicas_) {
    std::ifstream in(folder_ + "/" + replica->name + ".log");
    for (std::string line; std::getline(in, line);) {
      if (line.find("\"mark.failed\"") != std::string::npos)
        return base::Internal("{} could not note what it took: {}", replica->name, line);
    }
  }
  return {};
}

// Nothing is decided any more: all replicas of a service have the same views, and so has a rebuild.
base::Status ClusterTown::Examine() {
  RETURN_IF_ERROR(brokers_->AllRun());
  RETURN_IF_ERROR(ExamineLogs());
  std::string last;
  for (int i = 0; i < 50; ++i) {
    const auto status = CompareViews();
    if (status.ok()) break;
    last = status.ToString();
    if (i == 49) return base::DataLoss("the replicas' views differ: {}", last);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  int compared = 0;
  for (size_t i = 0; i < replicas_.size(); i += static_cast<size_t>(options_.replicas)) {
    operations::v1::Rebuild order;
    operations::v1::RebuildView view;
    order.set_start(true);
    RETURN_IF_ERROR(Operate(replicas_[i]->address, "Rebuild", order, &view));
    order.set_start(false);
    while (view.state() == operations::v1::RebuildView::STATE_RUNNING) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      RETURN_IF_ERROR(Operate(replicas_[i]->address, "Rebuild", order, &view));
    }
    if (view.state() != operations::v1::RebuildView::STATE_DONE)
      return base::Internal("{} was not rebuilt: {}", replicas_[i]->name, view.problem());
    for (const auto& service : view.services()) {
      ++compared;
      if (service.sha256_hex() != service.in_use_sha256_hex())
        return base::DataLoss("{}: a rebuild of {} differs", replicas_[i]->name, service.service());
    }
  }
  if (options_.mixed) RETURN_IF_ERROR(ExamineKinds());
  fmt::print("the views of all {} processes are equal, and equal to {} rebuilds\n",
             replicas_.size(), compared);
  return {};
}

base::Status ClusterTown::CompareViews() const {
  std::map<std::string, std::map<std::string, std::string>> seen;  // service → digest → who
  for (const auto& replica : replicas_) {
    operations::v1::DigestsView view;
    RETURN_IF_ERROR(Operate(replica->address, "GetDigests", operations::v1::GetDigests(), &view));
    for (const auto& digest : view.digests())
      seen[digest.service()][digest.sha256_hex()] = replica->name;
  }
  for (const auto& [service, digests] : seen) {
    if (digests.size() == 1) continue;
    return base::DataLoss("{}: {} differs from {}", service, digests.begin()->second,
                          digests.rbegin()->second);
  }
  return {};
}

}  // namespace wanmi::demo
