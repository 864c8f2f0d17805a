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

World::World(uint64_t seed) : random_(seed), faulty_(memory_, random_, {}) {
  testkit::WriteSampleDirectory(directory_);
  testkit::WriteSampleRulebook(rulebook_);
  StartProcess();
  faulty_.set_faults(kFaults);
}

World::~World() = default;

void World::StartProcess() {
  host_.reset();
  process_ = std::make_shared<int>(++processes_);
  runtime::HostOptions options;
  options.instance = "process-" + std::to_string(processes_);
  options.directory = &directory_;
  options.rulebook = &rulebook_;
  options.open_store = [this](const rules::Definition& definition) {
    auto& kept = stores_[definition.name];
    if (!kept) kept = std::make_shared<store::MemoryStore>();
    return base::Result<std::unique_ptr<store::Store>>(std::make_unique<KeptStore>(kept));
  };
  host_ =
      std::make_unique<runtime::Host>(city_, SimDefinitions(), faulty_, clock_, std::move(options));
  // A process that cannot even open is started again, as an operator's supervisor does.
  faulty_.set_faults({});
  const base::Status opened = host_->Open();
  CHECK(opened.ok(), "process {} does not open: {}", processes_, opened.ToString());
  faulty_.set_faults(kFaults);
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

void World::Offer(Told& told) {
  const rules::Reference reference(directory_, rulebook_, clock_.Now());
  const auto actor = reference.ResolveActor(testkit::SamplePersonOf(told.post), told.post);
  CHECK(actor.ok(), "{}", actor.status().ToString());
  runtime::Request request;
  request.actor = *actor;
  request.stream = told.stream;
  request.id = told.id;
  request.digest = std::to_string(std::hash<std::string>()(told.command_bytes + told.post));
  request.command.reset(host_->Find(told.service)->command->New());
  CHECK(request.command->ParseFromString(told.command_bytes), "a command of ours can be parsed");
  const bool answer_lost = random_.OneIn(12);
  request.answer = [&told, answer_lost, alive = std::weak_ptr<int>(process_)](
                       base::Result<common::v1::Receipt> answer) {
    if (alive.expired()) return;
    told.waiting = false;
    if (answer_lost || told.settled()) return;
    const auto code = answer.status().code();
    if (code == base::Code::kUnavailable || code == base::Code::kResourceExhausted) return;
    told.status = answer.status();
    if (answer.ok()) told.receipt = *answer;
  };
  ++told.sent;
  told.waiting = host_->Offer(told.service, std::move(request)).ok();
}

void World::Pump() {
  try {
    host_->Pump();
  } catch (const testkit::CrashNow&) {
    Crash();
  }
}

void World::Crash() {
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

void World::Resend(int one_in) {
  for (auto& told : told_) {
    // Also what was answered is sent again now and then: the network may deliver twice.
    const bool again =
        told->settled() ? told->status->ok() && random_.OneIn(400) : random_.OneIn(one_in);
    if (again && !told->waiting) Offer(*told);
  }
}

bool World::Settle() {
  faulty_.set_faults({});
  int quiet = 0;
  for (int round = 0; round < kSettleRounds && quiet < 5; ++round) {
    clock_.Advance(std::chrono::milliseconds(100));  // held upstreams and back-offs run out
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
