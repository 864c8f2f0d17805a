#include "world.h"

#include <algorithm>

#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::sim {
namespace {

// Seals under the city's vault; the grid knows one place.
class SimPreparation final : public rules::Preparation {
 public:
  SimPreparation(vault::Vault& vault, base::Time now) : vault_(vault), now_(now) {}
  base::Result<common::v1::Sealed> Seal(std::string_view subject, std::string_view clear) override {
    subject_ = subject;
    return vault_.Seal(subject, clear);
  }
  base::Status Ask(std::string_view service, std::string_view method,
                   const google::protobuf::Message&, google::protobuf::Message* response) override {
    CHECK(service == "grid" && method == "Locate", "{}.{} is not simulated", service, method);
    response->CopyFrom(testkit::SamplePlace());
    return {};
  }
  base::Time now() const override { return now_; }
  const std::optional<std::string>& subject() const { return subject_; }

 private:
  vault::Vault& vault_;
  const base::Time now_;
  std::optional<std::string> subject_;
};

constexpr testkit::Faults kFaults{60, 60, 60, 40};
constexpr int kSettleRounds = 3'000;
constexpr int kOwnersRounds = 5;  // within which all is owned once nothing goes wrong

}  // namespace

World::World(uint64_t seed, int hosts)
    : random_(seed),
      faulty_(memory_, random_, {}),
      outlet_(random_,
              [this] {
                return SimOutlet::Moment{stepped_->address, doubts()};
              }),
      owners_(static_cast<size_t>(city_.partitions)),
      seed_(seed) {
  testkit::WriteSampleDirectory(directory_);
  testkit::WriteSampleRulebook(rulebook_);
  for (int i = 0; i < hosts; ++i) hosts_.push_back(std::make_unique<SimHost>());
  for (auto& host : hosts_) StartProcess(*host);
  if (hosts == 1) return;
  Divide();
  faulty_.set_meanwhile([this] { Meanwhile(); });
}

World::~World() = default;

void World::SetFaulty(bool faulty) {
  is_faulty_ = faulty;
  faulty_.set_faults(faulty ? kFaults : testkit::Faults{});
  outlet_.set_faulty(faulty);
}

base::Status World::SyncKeys() {
  if (is_faulty_ && random_.OneIn(300)) {
    ++doubts_;
    return base::Unavailable("the vault's disk does not answer");
  }
  return vault_->Sync();
}

int64_t World::doubts() const {
  int64_t doubts = faulty_.injected() + doubts_;
  for (const auto& host : hosts_) doubts += host->view ? host->view->doubts() : 0;
  return doubts;
}

void World::StartProcess(SimHost& host) {
  host.process.reset();  // dead: what it still has in memory goes nowhere
  host.host.reset();
  host.process = std::make_shared<int>(++processes_);
  host.young_most = random_.OneIn(3) ? 0 : size_t{256} << random_.Below(10);
  if (hosts_.size() == 1 || !vault_) {
    auto keys = keys_ ? keys_->AfterPowerLoss() : std::make_unique<vault::MapKeyStore>();
    keys_ = keys.get();
    vault_ =
        vault::MemoryVault(std::move(keys), seed_ * 10'000 + static_cast<uint64_t>(processes_));
  }
  runtime::HostOptions options;
  options.instance = "process-" + std::to_string(processes_);
  host.address = options.instance + ":7400";
  options.address = host.address;
  options.directory = &directory_;
  options.rulebook = &rulebook_;
  options.outlet = &outlet_;
  options.before_append = [this] { return SyncKeys(); };
  SetFaulty(false);
  if (hosts_.size() > 1) {
    host.seat = Seat();
    if (host.view) doubts_ += host.view->doubts();
    options.ownership = &host.seat;
    host.view = std::make_unique<View>(faulty_, random_, clock_);
  }
  journal::Journal& journal = host.view ? static_cast<journal::Journal&>(*host.view) : faulty_;
  host.Start(city_, journal, clock_, std::move(options));
  SetFaulty(true);
}

void World::SendBytes(const std::string& service, const std::string& id, const std::string& stream,
                      const std::string& post, const std::string& name, std::string bytes) {
  auto& told = *told_.emplace_back(std::make_unique<Told>());
  told.service = service;
  told.id = id;
  told.stream = stream;
  told.post = post;
  told.name = name;
  told.command_bytes = std::move(bytes);
  Offer(told);
}

base::Result<runtime::Request> World::Prepare(const Told& told, const SimHost& at) {
  const rules::Definition& definition = *at.host->Find(told.service);
  runtime::Request request;
  request.command.reset(definition.command->New());
  CHECK(request.command->ParseFromString(told.command_bytes), "a command of ours can be parsed");
  request.id = told.id;
  const rules::Reference reference(directory_, rulebook_, clock_.Now());
  const std::string person = testkit::SamplePersonOf(told.post);
  ASSIGN_OR_RETURN(request.actor, reference.ResolveActor(person, told.post));
  SimPreparation preparation(*vault_, clock_.Now());
  if (definition.prepare) RETURN_IF_ERROR(definition.prepare(request.command.get(), preparation));
  ASSIGN_OR_RETURN(const auto digest,
                   vault_->Digest(preparation.subject(), told.post + '\0' + told.command_bytes));
  request.digest = digest.bytes;
  request.key_id = digest.key_id;
  request.stream = told.stream;
  return request;
}

SimHost* World::Decider(const Told& told) {
  SimHost& asked = AnyHost();
  const auto owner = asked.host->OwnerElsewhere(told.service, told.stream);
  if (!owner.ok()) return nullptr;
  if (owner->empty()) return &asked;
  const auto named = std::find_if(hosts_.begin(), hosts_.end(),
                                  [&](const auto& host) { return host->address == *owner; });
  if (named == hosts_.end()) return nullptr;  // it died
  const auto again = (*named)->host->OwnerElsewhere(told.service, told.stream);
  return again.ok() && again->empty() ? named->get() : nullptr;  // once handed on is enough
}

void World::Offer(Told& told) {
  const int call = ++told.sent;
  told.waiting = false;
  SimHost* const at = Decider(told);
  if (!at) return;
  auto request = Prepare(told, *at);
  CHECK(request.ok(), "people here fill in forms as they should: {} {}", told.name,
        request.status().ToString());
  told.gives_up = clock_.Steady() + std::chrono::seconds(1 + random_.Below(120));
  request->deadline = told.gives_up;
  const bool answer_lost = random_.OneIn(12);
  request->answer = [&told, call, answer_lost, alive = std::weak_ptr<int>(at->process)](
                        base::Result<common::v1::Receipt> answer) {
    if (alive.expired() || call != told.sent) return;
    told.waiting = false;
    const auto code = answer.status().code();
    if (code == base::Code::kUnavailable || code == base::Code::kResourceExhausted ||
        code == base::Code::kDeadlineExceeded)
      return;
    if (told.settled() && !answer.ok()) told.later = answer.status();
    if (answer_lost || told.settled()) return;
    told.status = answer.status();
    if (answer.ok()) told.receipt = *answer;
  };
  told.waiting = at->host->Offer(told.service, std::move(*request)).ok();
}

SimHost& World::AnyHost() { return hosts_.size() == 1 ? *hosts_[0] : *random_.Of(hosts_); }

SimHost* World::AnyAtRest() {
  SimHost& host = AnyHost();
  return host.stepping ? nullptr : &host;
}

bool World::Round(SimHost& host) {
  bool moved = false;
  SimHost* const before = std::exchange(stepped_, &host);
  host.stepping = true;
  try {
    moved = host.host->Pump();
  } catch (const testkit::CrashNow&) {
    CHECK(is_faulty_, "no crash is drawn while settling");
    Crash(host);
  }
  host.stepping = false;
  stepped_ = before;
  return moved;
}

void World::Pump() {
  for (auto& host : hosts_) {
    if (host->paused > 0) {
      --host->paused;
      continue;
    }
    if (host->view) {
      if (random_.OneIn(3)) Tell(*host);
      host->view->Look(false);
      if (random_.OneIn(8)) host->host->Observe();
    }
    Round(*host);
  }
}

void World::Tell(SimHost& host) {
  std::set<int> partitions;
  for (int p = 0; host.seat.willing() && p < city_.partitions; ++p) {
    const bool his = hosts_[static_cast<size_t>(owners_[static_cast<size_t>(p)])].get() == &host;
    // Now and then it believes that it has one which is another's.
    if (his || (is_faulty_ && random_.OneIn(25))) partitions.insert(p);
  }
  if (partitions != host.seat.Now().partitions) ++doubts_;
  host.seat.Look(std::move(partitions));
}

void World::Divide() {
  const int kind = random_.Below(3);
  const int one = random_.Below(static_cast<int>(hosts_.size()));
  if (kind == 0) return random_.Of(owners_) = one, void();
  for (int& owner : owners_)
    owner = kind == 1 ? one : random_.Below(static_cast<int>(hosts_.size()));
}

void World::Unsettle() {
  if (hosts_.size() == 1) return;
  if (random_.OneIn(25)) Divide();
  if (random_.OneIn(60)) AnyHost().paused = 5 + random_.Below(60);
}

// In the middle of an opening or an append of one, which may be deposed when it goes on.
void World::Meanwhile() {
  if (!is_faulty_ || !random_.OneIn(30)) return;
  if (random_.OneIn(2)) Divide();
  for (int rounds = 1 + random_.Below(8); rounds > 0; --rounds) {
    SimHost* const host = AnyAtRest();
    if (!host || host->paused > 0) continue;
    clock_.Advance(std::chrono::milliseconds(random_.Below(2'000)));
    Tell(*host);
    host->view->Look(false);
    Round(*host);
    if (act_ && random_.OneIn(2)) act_();
    Resend(10);
  }
}

void World::Crash() {
  if (SimHost* const host = AnyAtRest()) Crash(*host);
}

void World::Crash(SimHost& host) {
  ++doubts_;
  host.LoseStores(random_);
  if (hosts_.size() == 1) {
    for (auto& told : told_) told->waiting = false;
  }
  StartProcess(host);
}

void World::Stall() {
  faulty_.set_stalled({});
  if (random_.OneIn(2)) return;
  auto services = hosts_[0]->host->services();
  faulty_.set_stalled(journal::Slice{random_.Of(services), random_.Below(city_.partitions)});
}

void World::Resend(int one_in) {
  for (auto& told : told_) {
    // Also what was answered is sent again now and then: the network may deliver twice.
    const bool again =
        told->settled() ? told->status->ok() && random_.OneIn(400) : random_.OneIn(one_in);
    // Who has given up asks again, perhaps another, while the first may still go on with it. To ask
    // two at a time would be wrong: a refusal is not remembered, and what one of them refused the
    // other may take when more has happened.
    if (again && (!told->waiting || clock_.Steady() > told->gives_up)) Offer(*told);
  }
}

void World::ReadBack() {
  if (hosts_.size() == 1 || told_.empty()) return;
  const Told& told = *random_.Of(told_);
  if (told.name != "Report" || !told.settled() || !told.status->ok()) return;
  runtime::Host& at = host();
  const auto there = at.Await(told.service, told.receipt.token(), std::chrono::milliseconds(0));
  if (!there.ok()) return;  // it has not seen that much yet, and says so
  intake::v1::GetReport get;
  get.set_report(told.stream);
  if (const auto found = at.Ask(told.service, "GetReport", get); !found.ok())
    wrong_.push_back(fmt::format("{} was told Ok and is not found with its token: {}", told.stream,
                                 found.status().ToString()));
}

std::vector<std::string> World::Settle() {
  SetFaulty(false);
  faulty_.set_stalled({});
  std::vector<std::string> wrong = std::move(wrong_);
  int quiet = 0;
  for (int round = 0; round < kSettleRounds && quiet < 5; ++round) {
    clock_.Advance(std::chrono::seconds(10));  // the longest wait to send again is 32 s
    if (hosts_.size() == 1 || round % 3 == 0) Resend(1);
    bool moved = false;
    for (auto& host : hosts_) {
      if (host->view) {
        host->view->Look(true);
        host->host->Observe();
        Tell(*host);
      }
      moved |= Round(*host);
    }
    if (round == kOwnersRounds) CheckOwners(wrong);
    for (const auto& told : told_) moved |= !told->settled();
    quiet = moved || round < kOwnersRounds ? 0 : quiet + 1;
  }
  if (quiet < 5) wrong.push_back("the city never came to rest");
  CheckOwners(wrong);
  return wrong;
}

void World::CheckOwners(std::vector<std::string>& wrong) const {
  for (const auto& service : hosts_[0]->host->services()) {
    const int partitions = hosts_[0]->host->Find(service)->reference ? 1 : city_.partitions;
    for (int p = 0; p < partitions; ++p) {
      const auto named = hosts_[static_cast<size_t>(owners_[static_cast<size_t>(p)])].get();
      for (const auto& host : hosts_) {
        if (host->host->IsOpen(service, p) == (host.get() == named)) continue;
        wrong.push_back(fmt::format("{}/{} is {} at {}, and {} is to own it", service, p,
                                    host.get() == named ? "not open" : "open", host->address,
                                    named->address));
      }
    }
  }
}

std::map<std::string, std::string> RebuiltDigests(const World& world) {
  runtime::HostOptions options;
  options.open_store = [](const rules::Definition&) {
    return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
  };
  auto& journal = const_cast<journal::MemoryJournal&>(world.journal());  // Fold only reads
  base::ManualClock clock{testkit::kSampleNow};
  runtime::Host host(world.city(), world.definitions(), journal, clock, std::move(options));
  const base::Status folded = host.Fold();
  CHECK(folded.ok(), "the journal cannot be folded: {}", folded.ToString());
  std::map<std::string, std::string> digests;
  for (const auto& service : host.services()) digests[service] = host.Digest(service);
  return digests;
}

}  // namespace wanmi::sim
