#include "stalled.h"

#include <set>

#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/partition.h"

namespace wanmi::interleaving {
namespace {

using journal::Slice;

// What a partition hears of others: their topics up to a limit each.
class Gate final : public journal::Journal {
 public:
  explicit Gate(const Journal& below) : below_(below) {}
  std::map<Slice, int64_t> limits;

  base::Result<journal::Opened> Open(const Slice&, wanmi::journal::v1::Fence) override {
    return base::Unimplemented("nobody writes through the gate");
  }
  std::vector<journal::Appended> Append(std::span<const journal::Batch>) override { return {}; }
  base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override {
    const auto limit = limits.find(slice);
    return below_.Read(slice, after, [&](int64_t seq, std::string_view bytes) {
      return limit != limits.end() && seq <= limit->second && visit(seq, bytes);
    });
  }
  base::Result<int64_t> LastSeq(const Slice& slice) const override {
    const auto limit = limits.find(slice);
    return limit == limits.end() ? 0 : limit->second;
  }
  base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const override {
    return below_.LastFence(slice);
  }

 private:
  const Journal& below_;
};

void Land(journal::MemoryJournal& journal, const Slice& slice,
          const std::vector<std::string>& entries) {
  const auto writer = journal.Open(slice, {})->writer;
  int64_t seq = 0;
  for (const auto& bytes : entries) journal.Land(writer, ++seq, bytes);
}

std::set<std::string> RootsOf(const Entry& entry) {
  std::set<std::string> roots;
  for (const auto& change : entry.changes()) roots.emplace(base::RootOf(change.stream()));
  return roots;
}

// Streams that the partition was yet to make: nobody can have spoken to it of them.
std::set<std::string> UnbornAt(const std::vector<Recorded>& own, int64_t seq) {
  std::set<std::string> born, unborn;
  for (size_t i = 0; i < own.size(); ++i) {
    for (const auto& change : own[i].entry.changes()) {
      if (static_cast<int64_t>(i) < seq) {
        born.insert(change.stream());
      } else if (born.count(change.stream()) == 0) {
        unborn.insert(change.stream());
      }
    }
  }
  return unborn;
}

// Which entries of each slice are within reach, by seq - 1.
using Reach = std::map<Slice, std::vector<bool>>;

// Reach is lost along causes and along a root in one topic, until nothing more is lost.
Reach FindReach(const History& history, const Slice& stalled, int64_t seq) {
  Reach reach;
  const auto unborn = UnbornAt(history.entries.at(stalled), seq);
  for (const auto& [slice, entries] : history.entries) {
    auto& within = reach[slice];
    for (size_t i = 0; i < entries.size(); ++i) {
      const std::string& bytes = entries[i].bytes;
      within.push_back(slice != stalled || static_cast<int64_t>(i) < seq);
      if (slice.service != stalled.service) continue;
      for (const auto& stream : unborn)
        within[i] = within[i] && bytes.find(stream) == std::string::npos;
    }
  }
  for (bool found = true; found;) {
    found = false;
    for (const auto& [slice, entries] : history.entries) {
      std::set<std::string> lost;
      for (size_t i = 0; i < entries.size(); ++i) {
        const auto roots = RootsOf(entries[i].entry);
        const auto& from = entries[i].entry.cause().upstream();
        bool within = reach[slice][i];
        if (entries[i].entry.cause().has_upstream())
          within = within && reach.at({from.service(),
                                       from.partition()})[static_cast<size_t>(from.seq() - 1)];
        for (const auto& root : roots) within = within && lost.count(root) == 0;
        if (within) continue;
        lost.insert(roots.begin(), roots.end());
        if (reach[slice][i]) found = true;
        reach[slice][i] = false;
      }
    }
  }
  return reach;
}

// What it wrote after `seq`.
void ReadEntries(const journal::Journal& journal, const Slice& slice, int64_t seq, Ends& ends) {
  const auto read = journal.Read(slice, seq, [&](int64_t, std::string_view bytes) {
    Entry entry;
    CHECK(entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    CHECK(!entry.has_parked(), "{} broke on {}: {}", journal::ToString(slice),
          entry.cause().ShortDebugString(), entry.parked().reason());
    for (const auto& root : RootsOf(entry))
      ends.order[root] += entry.cause().ShortDebugString() + "; ";
    return true;
  });
  CHECK(read.ok(), "{}", read.ToString());
}

void ReadRows(const base::Rows& rows, Ends& ends) {
  runtime::kStreams.Scan(rows, "", [&](std::string_view key, runtime::rows::StreamRecord&& record) {
    ends.state[fmt::format("stream {}", key)] = std::move(*record.mutable_state());
    return true;
  });
  constexpr uint16_t kFamilies = 64;
  for (uint16_t family = 16; family < kFamilies; ++family) {
    rows.Scan(family, "", "", [&](std::string_view key, std::string_view value) {
      ends.state[fmt::format("row {} {}", family, key)] = value;
      return true;
    });
  }
}

}  // namespace

History ReadHistory(const journal::Journal& journal, const std::vector<std::string>& services,
                    int partitions) {
  History history;
  history.partitions = partitions;
  for (const auto& service : services) {
    for (int p = 0; p < partitions; ++p) {
      auto& entries = history.entries[{service, p}];
      const auto read = journal.Read({service, p}, 0, [&](int64_t, std::string_view bytes) {
        auto& recorded = entries.emplace_back();
        recorded.bytes = bytes;
        CHECK(recorded.entry.ParseFromString(recorded.bytes));
        return true;
      });
      CHECK(read.ok(), "{}", read.ToString());
    }
  }
  return history;
}

// What is around the partition while it takes what waits.
struct Stalled::World {
  explicit World(base::Time now) : gate(journal), clock(now) {}
  journal::MemoryJournal journal;
  Gate gate;
  store::MemoryStore store;
  const base::ManualClock clock;
  std::unique_ptr<runtime::Feed> feed;
  std::unique_ptr<runtime::Partition> partition;
};

Stalled::Stalled(const History& history, const rules::Definition& definition, int partition,
                 int64_t seq, const Reference& reference)
    : definition_(definition),
      slice_{definition.name, partition},
      seq_(seq),
      reference_(reference) {
  const auto& own = history.entries.at(slice_);
  const Entry& last = own[static_cast<size_t>(seq - 1)].entry;
  now_ = base::FromMicros(last.at_us());
  const auto& genesis = own.front().entry.genesis();
  city_ = {genesis.city(), genesis.journal_id(), history.partitions, 1};
  for (int64_t i = 0; i < seq; ++i) {
    for (const auto& cursor : own[static_cast<size_t>(i)].entry.cursors())
      taken_[{cursor.service(), cursor.partition()}] = cursor.seq();
  }
  const Reach reach = FindReach(history, slice_, seq);
  for (const auto& [slice, entries] : history.entries) {
    const bool heard = definition.listens.count(slice.service) != 0 &&
                       (slice.service == definition.name || slice.partition == partition);
    auto& topic = topics_[slice];
    for (size_t i = 0; i < entries.size(); ++i) {
      const int64_t at = static_cast<int64_t>(i) + 1;
      if (slice == slice_ && at > seq) break;
      Entry silent;
      silent.set_seq(at);
      const bool within = reach.at(slice)[i];
      topic.push_back(within ? entries[i].bytes : silent.SerializeAsString());
      if (heard && within && at > taken_[slice] && entries[i].entry.changes_size() > 0)
        waiting_[slice] = at;
    }
  }
}

// A partition that stays open hears its own entries at once, and they may come late like all
// others: so it is opened again after it wrote any.
bool Stalled::Step(World& world) const {
  if (!world.partition) {
    world.feed = std::make_unique<runtime::Feed>(world.gate, runtime::kReadsLevel);
    const runtime::Surroundings around{city_,
                                       world.journal,
                                       world.store,
                                       *world.feed,
                                       world.clock,
                                       reference_.directory,
                                       reference_.documents,
                                       reference_.rulebook,
                                       "stalled",
                                       "",
                                       "",
                                       false,
                                       512,
                                       1'024,
                                       nullptr};
    world.partition = std::make_unique<runtime::Partition>(definition_, slice_.partition, around);
    const auto opened = world.partition->Open();
    CHECK(opened.ok(), "{}", opened.ToString());
  }
  runtime::Partition& partition = *world.partition;
  world.feed->Refresh();
  if (!partition.Prepare()) return false;
  const journal::Batch batch = partition.batch();
  const auto appended = world.journal.Append({&batch, 1}).front();
  const auto* changes = partition.ToCommit();
  partition.Finish(appended, changes ? world.store.Commit(*changes) : base::Status());
  CHECK(partition.open(), "nothing goes wrong with a journal in memory");
  if (definition_.listens.count(definition_.name)) world.partition.reset();
  return true;
}

Ends Stalled::Take(testkit::Random& random, bool drains) const {
  World world(now_);
  for (const auto& [slice, topic] : topics_) Land(world.journal, slice, topic);
  auto& limits = world.gate.limits;
  for (const auto& [slice, seq] : taken_) limits[slice] = seq;
  const auto step_until_quiet = [&] {
    while (Step(world)) continue;
  };
  step_until_quiet();  // timers that are due already

  std::vector<Slice> upstreams;
  for (const auto& [slice, last] : waiting_) {
    if (slice != slice_) upstreams.push_back(slice);
  }
  // What it writes now it hears too.
  if (definition_.listens.count(definition_.name)) upstreams.push_back(slice_);
  for (int i = static_cast<int>(upstreams.size()); i > 1; --i)
    std::swap(upstreams[static_cast<size_t>(i - 1)],
              upstreams[static_cast<size_t>(random.Below(i))]);
  while (true) {
    std::vector<Slice> open;
    for (const auto& slice : upstreams) {
      const int64_t last =
          slice == slice_ ? world.journal.LastSeq(slice_).value() : waiting_.at(slice);
      if (limits[slice] < last) open.push_back(slice);
    }
    if (open.empty()) break;
    ++limits[drains ? open.front() : random.Of(open)];
    step_until_quiet();
  }
  Ends ends;
  ReadEntries(world.journal, slice_, seq_, ends);
  ReadRows(store::PartitionRows(world.store, slice_.partition), ends);
  return ends;
}

Verdict TryOrders(const Stalled& stalled, int orders, testkit::Random& random) {
  Verdict verdict;
  const Ends first = stalled.Take(random, true);
  std::set<std::string> crossed, differing;
  for (int i = 1; i < orders; ++i) {
    const Ends ends = stalled.Take(random, i % 2 == 1);
    for (const auto& [root, order] : ends.order) {
      const auto before = first.order.find(root);
      if (before == first.order.end() || before->second != order) crossed.insert(root);
    }
    auto names = first.state;
    names.insert(ends.state.begin(), ends.state.end());
    for (const auto& [name, either] : names) {
      const auto a = first.state.find(name), b = ends.state.find(name);
      const std::string one = a == first.state.end() ? "" : a->second;
      const std::string other = b == ends.state.end() ? "" : b->second;
      if (one != other && differing.insert(name).second)
        verdict.differences.push_back({name, one, other});
    }
  }
  verdict.crossings = static_cast<int>(crossed.size());
  return verdict;
}

}  // namespace wanmi::interleaving
