// World: a whole city in one thread, with everything that can go wrong drawn from a seed.
//
// One process at a time hosts intake, verification, dispatch, handling, assessment and alarms over
// a FaultyJournal, with a vault and an outlet. A crash throws the process away: unsynced store
// tails are lost, whole stores too, and every key that was not synced; a new process opens what is
// left. Clients are told things; what they were told is kept, and the auditor compares it with the
// journal.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/memory_journal.h"
#include "runtime/host.h"
#include "sim_outlet.h"
#include "testkit/faulty_journal.h"
#include "testkit/random.h"
#include "testkit/sample_city.h"
#include "vault/vault.h"

namespace wanmi::sim {

// One command of one client, until it is told something definite.
struct Told {
  std::string service, id, stream, post, name;
  std::string command_bytes;  // of the service's Command
  int sent = 0;
  bool waiting = false;                // sent, and no answer yet
  std::optional<base::Status> status;  // definite
  common::v1::Receipt receipt;         // if Ok
  std::optional<base::Status> later;   // a refusal, when it was sent again after it was told Ok
  bool settled() const { return status.has_value(); }
};

std::vector<rules::Definition> SimDefinitions();

class World {
 public:
  explicit World(uint64_t seed);
  ~World();

  testkit::Random& random() { return random_; }
  runtime::Host& host() { return *host_; }
  base::ManualClock& clock() { return clock_; }
  const journal::MemoryJournal& journal() const { return memory_; }
  const runtime::City& city() const { return city_; }
  const base::Rows& reference(std::string_view service) const {
    return service == "directory" ? directory_ : rulebook_;
  }

  // A client sends a command in the name of a post; it is sent again, with the same id, until it is
  // told something definite.
  template <class Command, class Kind>
  void Send(const std::string& service, const std::string& stream, const std::string& post,
            Kind kind) {
    const std::string id = "cmd-" + std::to_string(++commands_);
    kind.set_id(id);
    SendBytes(service, id, stream, post, std::string(Kind::descriptor()->name()),
              rules::Wrap<Command>(std::move(kind)).SerializeAsString());
  }
  const std::vector<std::unique_ptr<Told>>& told() const { return told_; }

  vault::Vault& vault() { return *vault_; }
  SimOutlet& outlet() { return outlet_; }
  // How often it was left open whether something took effect: the journal's faults, keys that could
  // not be synced, crashes.
  int64_t doubts() const { return faulty_.injected() + doubts_; }

  // Pumps once; a crash drawn by the journal restarts the process.
  void Pump();
  void Crash();
  // One partition, drawn, stands still until the next call; half of the calls stop none.
  void Stall();
  // Resends what has no definite answer yet (each with probability 1/one_in).
  void Resend(int one_in);
  // No more faults; pumps and resends until nothing moves. False if it never came to rest.
  bool Settle();

 private:
  void SendBytes(const std::string& service, const std::string& id, const std::string& stream,
                 const std::string& post, const std::string& name, std::string bytes);
  void Offer(Told& told);
  // What the desk of a real process makes of a client's bytes.
  base::Result<runtime::Request> Prepare(const Told& told);
  base::Status SyncKeys();
  void StartProcess();
  void SetFaulty(bool faulty);

  testkit::Random random_;
  const runtime::City city_{"sim", "journal-sim", 4, 1};
  base::ManualClock clock_{testkit::kSampleNow};
  base::MapRows directory_, rulebook_;
  journal::MemoryJournal memory_;
  testkit::FaultyJournal faulty_;
  std::map<std::string, std::shared_ptr<store::MemoryStore>> stores_;
  SimOutlet outlet_;
  std::unique_ptr<vault::Vault> vault_;
  const vault::MapKeyStore* keys_ = nullptr;  // of vault_
  std::unique_ptr<runtime::Host> host_;
  std::vector<std::unique_ptr<Told>> told_;
  std::shared_ptr<int> process_;  // answers of a dead process reach nobody
  const uint64_t seed_;
  bool is_faulty_ = false;
  int64_t commands_ = 0;
  int64_t doubts_ = 0;
  int processes_ = 0;
};

// The digests of a rebuild from nothing but the journal, by service.
std::map<std::string, std::string> RebuiltDigests(const World& world);

}  // namespace wanmi::sim
