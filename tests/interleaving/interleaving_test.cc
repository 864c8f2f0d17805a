// No order holds between topics: a partition ends alike whatever the order in which its upstreams
// reach it (docs/ARCHITECTURE.md §3; docs/crossings.md names who wins where two facts cross).
#include <google/protobuf/stubs/strutil.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.h"
#include "golden/history.h"
#include "journal/memory_journal.h"
#include "runtime/toy/toy.h"
#include "services/intake/state.pb.h"
#include "stalled.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "workload.h"

namespace wanmi::interleaving {
namespace {

constexpr int kOrders = 6;

std::vector<std::string> Names(const std::vector<rules::Definition>& definitions) {
  std::vector<std::string> names;
  for (const auto& definition : definitions) names.push_back(definition.name);
  return names;
}

void Sort(google::protobuf::RepeatedPtrField<std::string>* list) {
  std::sort(list->begin(), list->end());
}

// What may differ, since it tells how things came about and decides nothing. docs/crossings.md says
// so beside the pair.
//
// * The row of an ended assignment keeps the round that it ended in.
// * A case lists the reports that asked to join it in the order in which it decided.
bool IsHistory(const rules::Definition& definition, const Difference& difference) {
  const auto become = [&](auto& one, auto& other) {
    return one.ParseFromString(difference.one) && other.ParseFromString(difference.other);
  };
  if (definition.name == "dispatch" && difference.name.starts_with("row 16 ")) {
    dispatch::v1::AssignmentView one, other;
    if (!become(one, other) || one.state() != "ended") return false;
    for (auto* view : {&one, &other}) {
      view->clear_round();
      view->clear_dispatched_at_us();
      view->clear_due_at_us();
      view->clear_overdue();
      view->clear_budget_s();
      view->clear_lines();
      view->clear_estimated();
    }
    return one.SerializeAsString() == other.SerializeAsString();
  }
  if (definition.name == "intake" && difference.name.starts_with("stream ")) {
    intake::state::State one, other;
    if (!become(one, other)) return false;
    for (auto* state : {&one, &other}) {
      Sort(state->mutable_filed_case()->mutable_joined());
      Sort(state->mutable_filed_case()->mutable_refused_joins());
    }
    return one.SerializeAsString() == other.SerializeAsString();
  }
  if (definition.name == "intake" && difference.name.starts_with("row 17 ")) {
    intake::v1::CaseView one, other;
    if (!become(one, other)) return false;
    for (auto* view : {&one, &other}) Sort(view->mutable_reports());
    return one.SerializeAsString() == other.SerializeAsString();
  }
  return false;
}

std::string Show(const rules::Definition& definition, const std::string& name,
                 const std::string& bytes) {
  std::unique_ptr<rules::Message> state(definition.state->New());
  if (name.starts_with("stream ") && state->ParseFromString(bytes))
    return state->ShortDebugString();
  return bytes.empty() ? "nothing" : google::protobuf::CEscape(bytes);
}

struct Tally {
  int moments = 0;
  int crossings = 0;
};

// Stalls every partition of every service, at every entry or at one in `one_in`.
void TryHistory(const std::string& name, const journal::Journal& journal,
                const std::vector<rules::Definition>& definitions, int partitions, int one_in,
                Tally& tally) {
  base::MapRows directory, rulebook;
  testkit::WriteSampleDirectory(directory);
  testkit::WriteSampleRulebook(rulebook);
  rules::Documents documents(rulebook);
  const Reference reference{directory, rulebook, documents};
  const History history = ReadHistory(journal, Names(definitions), partitions);
  testkit::Random random(1);
  for (const auto& definition : definitions) {
    if (definition.listens.empty()) continue;
    for (int p = 0; p < partitions; ++p) {
      const auto last = static_cast<int64_t>(history.entries.at({definition.name, p}).size());
      for (int64_t seq = 1; seq <= last; ++seq) {
        if (!random.OneIn(one_in)) continue;
        const Stalled stalled(history, definition, p, seq, reference);
        if (stalled.waiting() < 2) continue;
        const Verdict verdict = TryOrders(stalled, kOrders, random);
        ++tally.moments;
        tally.crossings += verdict.crossings;
        for (const auto& difference : verdict.differences) {
          if (IsHistory(definition, difference)) continue;
          ADD_FAILURE() << name << ": " << definition.name << "/" << p << " stalled at seq " << seq
                        << ": " << difference.name << " ends as\n  "
                        << Show(definition, difference.name, difference.one)
                        << "\nor, in another order, as\n  "
                        << Show(definition, difference.name, difference.other);
        }
      }
    }
  }
}

// Two accounts and a mirror that hears both. The toy keeps the amounts in the order in which they
// came, so it depends on the order; without that list it does not.
rules::Definition Hearer(bool in_order) {
  rules::Definition hearer = runtime::toy::Mirror();
  const rules::Listener listener = hearer.listens.at("account");
  hearer.listens = {{"left", listener}, {"right", listener}};
  if (!in_order) {
    hearer.apply = [apply = hearer.apply](std::string_view stream, const rules::Message& event,
                                          rules::Message* state) {
      apply(stream, event, state);
      static_cast<runtime::toy::State*>(state)->clear_mirrored();
    };
  }
  return hearer;
}

// Entries of a service that add these amounts to the stream "sum", after a genesis.
void Add(journal::MemoryJournal& journal, const std::string& service, std::vector<int> amounts) {
  const auto writer = journal.Open({service, 0}, {})->writer;
  Entry entry;
  entry.set_seq(1);
  entry.set_prev(journal::GenesisHash());
  auto& genesis = *entry.mutable_genesis();
  genesis.set_city("toy");
  genesis.set_journal_id("journal-toy");
  genesis.set_service(service);
  genesis.set_partitions(1);
  genesis.set_incarnation(1);
  for (const int amount : amounts) {
    journal.Land(writer, entry.seq(), entry.SerializeAsString());
    entry.set_prev(journal::ChainHash(entry.SerializeAsString()));
    entry.clear_genesis();
    entry.set_seq(entry.seq() + 1);
    runtime::toy::Event event;
    event.mutable_added()->set_amount(amount);
    entry.clear_changes();
    auto& change = *entry.add_changes();
    change.set_stream("sum");
    change.add_events(event.SerializeAsString());
  }
  journal.Land(writer, entry.seq(), entry.SerializeAsString());
}

Verdict TryToy(bool in_order) {
  journal::MemoryJournal journal;
  Add(journal, "left", {2, 4});
  Add(journal, "right", {6});
  Add(journal, "mirror", {});
  const History history = ReadHistory(journal, {"left", "right", "mirror"}, 1);
  const base::MapRows nothing;
  rules::Documents documents(nothing);
  const Reference reference{nothing, nothing, documents};
  const rules::Definition hearer = Hearer(in_order);
  const Stalled stalled(history, hearer, 0, 1, reference);
  EXPECT_EQ(stalled.waiting(), 2u);
  testkit::Random random(1);
  return TryOrders(stalled, kOrders, random);
}

TEST(Interleaving, AToyThatDependsOnTheOrderIsCaught) {
  const Verdict verdict = TryToy(true);
  EXPECT_EQ(verdict.crossings, 1);
  ASSERT_EQ(verdict.differences.size(), 1u);
  EXPECT_EQ(verdict.differences[0].name, "stream sum");
}

TEST(Interleaving, AToyThatDoesNotDependOnItHolds) {
  const Verdict verdict = TryToy(false);
  EXPECT_EQ(verdict.crossings, 1);
  EXPECT_TRUE(verdict.differences.empty());
}

TEST(Interleaving, RecordedHistoriesEndAlike) {
  base::SetLogLevel(base::Level::kError);
  const auto definitions = sim::SimDefinitions(false);
  Tally tally;
  for (const auto& folder : golden::Histories()) {
    journal::MemoryJournal journal;
    for (const auto& definition : definitions) golden::Load(folder, definition.name, journal);
    TryHistory(folder, journal, definitions, golden::kPartitions, 1, tally);
  }
  fmt::print("{} moments, {} crossings\n", tally.moments, tally.crossings);
  EXPECT_GT(tally.crossings, 0) << "nothing crosses in these histories: the test shows nothing";
}

TEST(Interleaving, SimulatedCitiesEndAlike) {
  base::SetLogLevel(static_cast<base::Level>(9));
  Tally tally;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    sim::World world(seed, 1);
    sim::RunCity(world);
    ASSERT_TRUE(world.Settle().empty());
    TryHistory(fmt::format("seed {}", seed), world.journal(), world.definitions(),
               world.city().partitions, 4, tally);
  }
  fmt::print("{} moments, {} crossings\n", tally.moments, tally.crossings);
  EXPECT_GT(tally.crossings, 100);
}

}  // namespace
}  // namespace wanmi::interleaving
