// World: a whole city in one thread, with everything that can go wrong drawn from a seed.
//
// A process hosts the services over a FaultyJournal, with a vault and an outlet. A crash throws it
// away: unsynced store tails are lost, whole stores too, and every key that was not synced; a new
// process opens what is left. Clients are told things; what they were told is kept, and the auditor
// compares it with the journal.
//
// A city may have several such hosts at a time, which share the journal and the vault (in a topic,
// where a key is durable as soon as it is made) and a group that says who is to own what. Who owns
// changes, some hear of it late, some stand still meanwhile, also in the middle of an append, and
// two may believe that they own the same. A client sends to any of them; it gives up waiting at its
// call's deadline and sends it again, perhaps to another, while the first still has it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/memory_journal.h"
#include "runtime/host.h"
#include "sim_host.h"
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
  int sent = 0;               // calls; only the last one's answer reaches the client
  bool waiting = false;       // sent, and no answer yet
  std::chrono::steady_clock::time_point gives_up{};  // waiting: the call's deadline
  std::optional<base::Status> status;                // definite
  common::v1::Receipt receipt;                       // if Ok
  std::optional<base::Status> later;  // a refusal, when it was sent again after it was told Ok
  bool settled() const { return status.has_value(); }
};

class World {
 public:
  World(uint64_t seed, int hosts);
  ~World();

  testkit::Random& random() { return random_; }
  // Any of the hosts: all of them answer.
  runtime::Host& host() { return *AnyHost().host; }
  const std::vector<std::unique_ptr<SimHost>>& hosts() const { return hosts_; }
  std::vector<rules::Definition> definitions() const { return SimDefinitions(hosts_.size() > 1); }
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
  int64_t doubts() const;

  // Pumps each host that does not stand still once; a crash drawn by the journal restarts one.
  void Pump();
  // Any host that is not in the middle of a round.
  void Crash();
  // Where there are several: the group divides the partitions anew, or a host stands still.
  void Unsettle();
  // A client looks, with its token, at any host for a report that it was told is there.
  void ReadBack();
  // What people do while something is on its way.
  void set_act(std::function<void()> act) { act_ = std::move(act); }
  // One partition, drawn, stands still until the next call; half of the calls stop none.
  void Stall();
  // Resends what has no definite answer yet (each with probability 1/one_in).
  void Resend(int one_in);
  // No more faults; pumps and resends until nothing moves. What is wrong with that, if anything.
  std::vector<std::string> Settle();

 private:
  SimHost& AnyHost();
  // Null if all are in the middle of a round.
  SimHost* AnyAtRest();
  // The others go on for a while, in the middle of a round of one.
  void Meanwhile();
  void Divide();
  // What the group tells this one now.
  void Tell(SimHost& host);
  bool Round(SimHost& host);
  void Crash(SimHost& host);
  // Who decides about it, as a desk finds it: the one that was asked, or the one it hands it to.
  SimHost* Decider(const Told& told);
  // Each partition is open at the one that the group names, and nowhere else.
  void CheckOwners(std::vector<std::string>& wrong) const;
  void SendBytes(const std::string& service, const std::string& id, const std::string& stream,
                 const std::string& post, const std::string& name, std::string bytes);
  void Offer(Told& told);
  // What the desk of a real process makes of a client's bytes.
  base::Result<runtime::Request> Prepare(const Told& told, const SimHost& at);
  base::Status SyncKeys();
  void StartProcess(SimHost& host);
  void SetFaulty(bool faulty);

  testkit::Random random_;
  const runtime::City city_{"sim", "journal-sim", 4, 1};
  base::ManualClock clock_{testkit::kSampleNow};
  base::MapRows directory_, rulebook_;
  journal::MemoryJournal memory_;
  testkit::FaultyJournal faulty_;
  SimOutlet outlet_;
  std::unique_ptr<vault::Vault> vault_;
  const vault::MapKeyStore* keys_ = nullptr;  // of vault_
  std::vector<std::unique_ptr<SimHost>> hosts_;
  std::vector<int> owners_;     // by partition, what the group says: who in hosts_
  SimHost* stepped_ = nullptr;  // whose round it is
  std::function<void()> act_;
  std::vector<std::string> wrong_;  // that showed on the way
  std::vector<std::unique_ptr<Told>> told_;
  const uint64_t seed_;
  bool is_faulty_ = false;
  int64_t commands_ = 0;
  int64_t doubts_ = 0;
  int processes_ = 0;
};

// The digests of a rebuild from nothing but the journal, by service.
std::map<std::string, std::string> RebuiltDigests(const World& world);

}  // namespace wanmi::sim
