// ClusterTown: a city of many processes over real brokers, all on loopback: so many replicas of
// each service. It can have faults of its own: processes that are killed, paused or stopped in
// order, and brokers that are killed, at moments drawn from a seed.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "testkit/kafka_broker.h"
#include "tests/load/process.h"
#include "tests/load/town.h"

namespace wanmi::demo {

struct ClusterOptions {
  std::string binaries;
  int replicas = 2;
  int brokers = 1;
  bool chaos = false;
  uint64_t seed = 1;
  bool mixed = false;  // half of the replicas read the next level; see Upgrade()
  // Of a city that is there already; "" = they are made up.
  std::string journal_id = {}, master_key_file = {};
};

// A call of an operator's to one process.
base::Status Operate(const std::string& address, const char* method,
                     const google::protobuf::Message& request, google::protobuf::Message* response);

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
  std::string name() const override;
  void Strike() override;
  base::Status Recover(const std::string& start_at, double rate) override;
  void Trouble() override;
  base::Status Calm() override;
  base::Result<bool> Upgrade() override;
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
  void Chaos(const std::stop_token& stop);
  void Harm(Replica& replica, uint64_t how);
  void HarmBroker(uint64_t which);
  base::Status CompareViews() const;
  base::Status ExamineLogs() const;
  // cluster_upgrade.cc
  base::Status Raise(int expected_code, const std::string& expected_words);
  base::Status StartAgain(Replica& replica, int reads);
  base::Status ExamineKinds() const;
  std::map<std::string, int> OwnersNow(std::string* not_ready) const;

  const ClusterOptions options_;
  const std::string folder_;
  std::string start_at_, started_at_, journal_id_, master_key_file_;
  double rate_ = 1;
  int incarnation_ = 1;
  std::vector<std::unique_ptr<Replica>> replicas_;  // constant after Make()
  std::unique_ptr<testkit::KafkaBrokers> brokers_;  // of who started it, or of the chaos
  std::mutex mutex_;                                // one at a time starts and ends processes
  std::mt19937_64 random_;
  std::map<std::string, int> faults_;
  base::Status broken_;  // what went wrong in the chaos
  std::jthread chaos_;
};

}  // namespace wanmi::demo
