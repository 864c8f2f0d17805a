#include "sim_host.h"

#include "services/alarms/service.h"
#include "services/assessment/service.h"
#include "services/directory/service.h"
#include "services/dispatch/service.h"
#include "services/grid/service.h"
#include "services/handling/service.h"
#include "services/intake/service.h"
#include "services/rulebook/service.h"
#include "services/verification/service.h"
#include "store/write_behind.h"

namespace wanmi::sim {
namespace {

// Forwards to a store that outlives the process. What a dead process would write goes nowhere.
class KeptStore final : public store::Store {
 public:
  KeptStore(std::shared_ptr<store::MemoryStore> kept, std::weak_ptr<int> process)
      : kept_(std::move(kept)), process_(std::move(process)) {}
  std::optional<std::string> Get(std::string_view key) const override { return kept_->Get(key); }
  std::unique_ptr<store::Cursor> NewCursor(std::string_view begin,
                                           std::string_view end) const override {
    return kept_->NewCursor(begin, end);
  }
  base::Status Commit(std::span<const store::Changes* const> all) override {
    if (process_.expired()) return base::Unavailable("the process is dead");
    return kept_->Commit(all);
  }

 private:
  const std::shared_ptr<store::MemoryStore> kept_;
  const std::weak_ptr<int> process_;
};

}  // namespace

std::vector<rules::Definition> SimDefinitions(bool all) {
  std::vector<rules::Definition> some;
  some.push_back(intake::Define());
  some.push_back(verification::Define());
  some.push_back(dispatch::Define());
  some.push_back(handling::Define());
  some.push_back(assessment::Define());
  some.push_back(alarms::Define());
  if (all) {
    some.push_back(directory::Define());
    some.push_back(rulebook::Define());
    some.push_back(grid::Define());
  }
  return some;
}

View::Seen& View::At(const journal::Slice& slice) const {
  const auto [at, is_new] = seen_.try_emplace(slice);
  if (is_new) SeeToEnd(slice, at->second);
  return at->second;
}

void View::SeeToEnd(const journal::Slice& slice, Seen& seen) const {
  const auto end = below_.LastSeq(slice);
  if (end.ok()) seen.seq = *end;
  const auto fence = below_.LastFence(slice);
  if (fence.ok()) seen.fence = *fence;
  seen.at = clock_.Steady();
}

void View::Look(bool to_the_end) {
  const bool slow = !to_the_end && random_.OneIn(4);
  for (auto& [slice, seen] : seen_) {
    if (!slow || random_.OneIn(2)) {
      SeeToEnd(slice, seen);
    } else if (const auto end = below_.LastSeq(slice); end.ok() && *end > seen.seq) {
      seen.seq += random_.Below(static_cast<int>(*end - seen.seq));
    }
  }
}

base::Result<journal::Opened> View::Open(const journal::Slice& slice,
                                         wanmi::journal::v1::Fence fence) {
  Seen& seen = At(slice);
  if (const auto last = below_.LastFence(slice); seen.opened != 0 && last.ok())
    doubts_ += last->epoch() != seen.opened ? 1 : 0;
  auto opened = below_.Open(slice, fence);
  if (!opened.ok()) return opened;
  seen.opened = opened->writer.epoch;
  seen.seq = opened->last_seq;
  seen.fence = fence;
  seen.fence.set_epoch(opened->writer.epoch);
  return opened;
}

std::vector<journal::Appended> View::Append(std::span<const journal::Batch> batches) {
  auto answers = below_.Append(batches);
  for (size_t i = 0; i < batches.size(); ++i) {
    Seen& seen = At(batches[i].writer.slice);
    if (answers[i].outcome == journal::Outcome::kOk) {
      seen.seq += static_cast<int64_t>(batches[i].entries.size());
    } else {
      ++doubts_;
    }
  }
  return answers;
}

base::Status View::Read(const journal::Slice& slice, int64_t after, const Visitor& visit) const {
  const int64_t most = At(slice).seq;
  return below_.Read(slice, after, [&](int64_t seq, std::string_view bytes) {
    return seq <= most && visit(seq, bytes);
  });
}

base::Result<int64_t> View::LastSeq(const journal::Slice& slice) const { return At(slice).seq; }

base::Result<wanmi::journal::v1::Fence> View::LastFence(const journal::Slice& slice) const {
  const Seen& seen = At(slice);
  if (seen.fence.epoch() == 0)
    return base::NotFound("nobody ever opened {}", journal::ToString(slice));
  return seen.fence;
}

base::Status View::CatchUp(const journal::Slice& slice, std::chrono::milliseconds) {
  SeeToEnd(slice, At(slice));
  return {};
}

std::chrono::steady_clock::time_point View::SeenToEnd(const journal::Slice& slice) const {
  return At(slice).at;
}

void SimHost::Start(runtime::City city, journal::Journal& journal, const base::Clock& clock,
                    runtime::HostOptions options) {
  options.open_store = [this](const rules::Definition& definition) {
    auto& kept = stores[definition.name];
    if (!kept) kept = std::make_shared<store::MemoryStore>();
    std::unique_ptr<store::Store> store = std::make_unique<KeptStore>(kept, process);
    if (young_most > 0) store = std::make_unique<store::WriteBehind>(std::move(store), young_most);
    return base::Result<std::unique_ptr<store::Store>>(std::move(store));
  };
  const std::string instance = options.instance;
  host = std::make_unique<runtime::Host>(std::move(city), SimDefinitions(view != nullptr), journal,
                                         clock, std::move(options));
  // A process that cannot even open is started again, as an operator's supervisor does.
  const base::Status opened = host->Open();
  CHECK(opened.ok(), "{} does not open: {}", instance, opened.ToString());
}

void SimHost::LoseStores(testkit::Random& random) {
  for (auto& [name, kept] : stores) {
    if (random.OneIn(10)) {
      kept = nullptr;  // the disk was lost; the journal was not
    } else {
      kept->LoseTail(random.Below(12));
    }
  }
}

}  // namespace wanmi::sim
