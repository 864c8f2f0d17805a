#include "world.h"

#include "services/alarms/service.h"
#include "services/assessment/service.h"
#include "services/dispatch/service.h"
#include "services/handling/service.h"
#include "services/intake/service.h"
#include "services/verification/service.h"

namespace wanmi::sim {
namespace {

// Forwards to a store that outlives the process.
class KeptStore final : public store::Store {
 public:
  explicit KeptStore(std::shared_ptr<store::MemoryStore> kept) : kept_(std::move(kept)) {}
  std::optional<std::string> Get(std::string_view key) const override { return kept_->Get(key); }
  std::unique_ptr<store::Cursor> NewCursor(std::string_view end) const override {
    return kept_->NewCursor(end);
  }
  base::Status Commit(std::span<const store::Changes* const> all) override {
    return kept_->Commit(all);
  }

 private:
  const std::shared_ptr<store::MemoryStore> kept_;
};

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

}  // namespace

std::vector<rules::Definition> SimDefinitions() {
  std::vector<rules::Definition> all;
  all.push_back(intake::Define());
  all.push_back(verification::Define());
  all.push_back(dispatch::Define());
  all.push_back(handling::Define());
  all.push_back(assessment::Define());
  all.push_back(alarms::Define());
  return all;
}

World::World(uint64_t seed)
    : random_(seed),
      faulty_(memory_, random_, {}),
      outlet_(random_, [this] { return doubts(); }),
      seed_(seed) {
  testkit::WriteSampleDirectory(directory_);
  testkit::WriteSampleRulebook(rulebook_);
  StartProcess();
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

void World::StartProcess() {
  host_.reset();
  process_ = std::make_shared<int>(++processes_);
  auto keys = keys_ ? keys_->AfterPowerLoss() : std::make_unique<vault::MapKeyStore>();
  keys_ = keys.get();
  vault_ = vault::MemoryVault(std::move(keys), seed_ * 10'000 + static_cast<uint64_t>(processes_));
  runtime::HostOptions options;
  options.instance = "process-" + std::to_string(processes_);
  options.directory = &directory_;
  options.rulebook = &rulebook_;
  options.outlet = &outlet_;
  options.before_append = [this] { return SyncKeys(); };
  options.open_store = [this](const rules::Definition& definition) {
    auto& kept = stores_[definition.name];
    if (!kept) kept = std::make_shared<store::MemoryStore>();
    return base::Result<std::unique_ptr<store::Store>>(std::make_unique<KeptStore>(kept));
  };
  host_ =
      std::make_unique<runtime::Host>(city_, SimDefinitions(), faulty_, clock_, std::move(options));
  // A process that cannot even open is started again, as an operator's supervisor does.
  SetFaulty(false);
  const base::Status opened = host_->Open();
  CHECK(opened.ok(), "process {} does not open: {}", processes_, opened.ToString());
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

base::Result<runtime::Request> World::Prepare(const Told& told) {
  const rules::Definition& definition = *host_->Find(told.service);
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

void World::Offer(Told& told) {
  auto request = Prepare(told);
  CHECK(request.ok(), "people here fill in forms as they should: {} {}", told.name,
        request.status().ToString());
  const bool answer_lost = random_.OneIn(12);
  request->answer = [&told, answer_lost, alive = std::weak_ptr<int>(process_)](
                        base::Result<common::v1::Receipt> answer) {
    if (alive.expired()) return;
    told.waiting = false;
    const auto code = answer.status().code();
    if (code == base::Code::kUnavailable || code == base::Code::kResourceExhausted) return;
    if (told.settled() && !answer.ok()) told.later = answer.status();
    if (answer_lost || told.settled()) return;
    told.status = answer.status();
    if (answer.ok()) told.receipt = *answer;
  };
  ++told.sent;
  told.waiting = host_->Offer(told.service, std::move(*request)).ok();
}

void World::Pump() {
  try {
    host_->Pump();
  } catch (const testkit::CrashNow&) {
    Crash();
  }
}

void World::Crash() {
  ++doubts_;
  for (auto& [name, kept] : stores_) {
    if (random_.OneIn(10)) {
      kept = nullptr;  // the disk was lost; the journal was not
    } else {
      kept->LoseTail(random_.Below(12));
    }
  }
  for (auto& told : told_) told->waiting = false;
  StartProcess();
}

void World::Stall() {
  faulty_.set_stalled({});
  if (random_.OneIn(2)) return;
  auto services = host_->services();
  faulty_.set_stalled(journal::Slice{random_.Of(services), random_.Below(city_.partitions)});
}

void World::Resend(int one_in) {
  for (auto& told : told_) {
    // Also what was answered is sent again now and then: the network may deliver twice.
    const bool again =
        told->settled() ? told->status->ok() && random_.OneIn(400) : random_.OneIn(one_in);
    if (again && !told->waiting) Offer(*told);
  }
}

bool World::Settle() {
  SetFaulty(false);
  faulty_.set_stalled({});
  int quiet = 0;
  for (int round = 0; round < kSettleRounds && quiet < 5; ++round) {
    clock_.Advance(std::chrono::seconds(10));  // the longest wait to send again is 32 s
    Resend(1);
    bool moved = false;
    try {
      moved = host_->Pump();
    } catch (const testkit::CrashNow&) {
      CHECK(false, "no crash is drawn while settling");
    }
    for (const auto& told : told_) moved |= !told->settled();
    quiet = moved ? 0 : quiet + 1;
  }
  return quiet >= 5;
}

std::map<std::string, std::string> RebuiltDigests(const World& world) {
  runtime::HostOptions options;
  options.open_store = [](const rules::Definition&) {
    return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
  };
  auto& journal = const_cast<journal::MemoryJournal&>(world.journal());  // Fold only reads
  base::ManualClock clock{testkit::kSampleNow};
  runtime::Host host(world.city(), SimDefinitions(), journal, clock, std::move(options));
  const base::Status folded = host.Fold();
  CHECK(folded.ok(), "the journal cannot be folded: {}", folded.ToString());
  std::map<std::string, std::string> digests;
  for (const auto& service : host.services()) digests[service] = host.Digest(service);
  return digests;
}

}  // namespace wanmi::sim
