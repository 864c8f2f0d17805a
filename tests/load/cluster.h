// ClusterTown: a city of many processes over real brokers, all on loopback: so many replicas of
// each service. It can have faults of its own, drawn from a seed: processes that are killed, paused
// or stopped in order, and brokers that are killed or paused. After each of them every partition
// has to be decided by a process that lives, within 10 s of the fault itself.
#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/peers.h"
#include "testkit/kafka_broker.h"
#include "tests/load/moment.h"
#include "tests/load/process.h"
#include "tests/load/town.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::demo {

struct ClusterOptions {
  std::string binaries;
  int replicas = 2;
  int brokers = 1;
  bool chaos = false;
  uint64_t seed = 1;
  bool mixed = false;  // half of the replicas read the next level; see Upgrade()
  bool tls = false;    // processes and clients show certificates
  // Of a city that is there already; "" = they are made up.
  std::string journal_id = {}, master_key_file = {};
};

class ClusterTown final : public Town {
 public:
  // Starts the brokers.
  static base::Result<std::unique_ptr<ClusterTown>> Make(const ClusterOptions& options,
                                                         const std::string& folder);
  ~ClusterTown() override;

  // What its processes are started with by the next Start(); gives the file of one of them.
  std::string Configure(const std::string& start_at, double rate);
  void Reincarnate(int incarnation) { incarnation_ = incarnation; }
  base::Status Start(const std::string& start_at, double rate, bool as_shipped) override;
  base::Status Stop() override;
  std::string address() const override;
  server::TlsFiles tls() const override { return tls_; }
  std::string name() const override;
  void Strike() override;
  base::Status Recover(const std::string& start_at, double rate) override;
  void Trouble() override;
  base::Status Calm() override;
  bool upgrades() const override { return options_.mixed; }
  base::Status Upgrade() override;
  base::Status ExamineTokens(const Roster& roster) override;
  base::Status Examine() override;

  // For who makes faults of its own.
  static constexpr int kPartitions = 8;
  struct Replica {
    std::string service, name, address;
    bool struck = false;
    int reads = 1;
    Process process;
  };
  const std::vector<std::unique_ptr<Replica>>& replicas() const { return replicas_; }
  testkit::KafkaBrokers& brokers() { return *brokers_; }
  base::Status StartOne(Replica& replica);
  // Every partition is decided by exactly one process, and all processes are ready.
  base::Status AwaitOwners(std::chrono::seconds most) const;
  // The partitions of its service that it decides.
  base::Result<std::set<int>> OwnedBy(const Replica& replica) const;

 private:
  ClusterTown(const ClusterOptions& options, std::string folder);
  void WriteConfig(const Replica& replica) const;
  // A call of an operator's to one process, which is waited for.
  base::Status Operate(const std::string& address, const char* method,
                       const google::protobuf::Message& request,
                       google::protobuf::Message* response) const;
  // Its own belief and the fence that holds: a zombie has only the one.
  static bool Decides(const std::string& address, const operations::v1::SliceView& slice);
  // What it says of the city, if it says so now.
  base::Result<operations::v1::CityView> Look(const Replica& replica) const;
  // Which partitions are not decided by one process alone, `away` not being asked; "" = none.
  std::string NotOwnedNow(const Replica* away, std::string* not_ready) const;
  // cluster_chaos.cc
  enum class Fault { kKilled, kPaused, kStopped, kBrokerKilled, kBrokerPaused };
  static const char* NameOf(Fault fault);
  void Chaos(const std::stop_token& stop);
  bool HadAll() const;
  Fault Draw();
  base::Status Harm(Fault fault);
  base::Status HarmReplica(Fault fault, Replica& replica);
  base::Status HarmBroker(Fault fault, int broker);
  base::Status AwaitOwnersSince(Moment begun, const std::string& fault, const Replica* away);
  base::Status AwaitReadersSince(Moment begun, const std::string& fault) const;
  // cluster_upgrade.cc
  base::Status Raise(int expected_code, const std::string& expected_words);
  base::Status StartAgain(Replica& replica, int reads);
  base::Status AwaitView(const Replica& replica, const std::string& what,
                         const std::function<bool(const operations::v1::CityView&)>& holds) const;
  base::Status RollBackAndAgain(Replica& replica);
  base::Status ExamineKinds() const;
  // cluster_examine.cc
  base::Status CompareViews() const;
  base::Status ExamineLogs() const;
  base::Status ExamineRebuilds(int* compared) const;

  const ClusterOptions options_;
  const std::string folder_;
  std::string start_at_, started_at_, journal_id_, master_key_file_;
  double rate_ = 1;
  int incarnation_ = 1;
  std::vector<std::unique_ptr<Replica>> replicas_;  // constant after Make()
  server::TlsFiles tls_;
  std::unique_ptr<server::Peers> peers_;
  std::unique_ptr<testkit::KafkaBrokers> brokers_;  // of who started it, or of the chaos
  std::mutex mutex_;                                // one at a time starts and ends processes
  std::mt19937_64 random_;
  // Of the chaos; read when it has ended.
  std::vector<Fault> deck_;  // the faults that come next, the last one first
  std::map<Fault, int> faults_;
  std::vector<double> waits_;  // seconds from each fault until each partition had an owner
  base::Status broken_;        // what went wrong
  std::jthread chaos_;
};

}  // namespace wanmi::demo
