// cluster_upgrade.cc: a city of many processes goes over to the next level while it is at work.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/load/cluster.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/journal/v1/entry.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kOwnersMost{20};
constexpr std::chrono::seconds kLevelMost{90};  // the lead is 60 s

}  // namespace

// By the command line, as an operator does it.
base::Status ClusterTown::Raise(int expected_code, const std::string& expected_words) {
  const std::string log = folder_ + "/raise.log";
  ASSIGN_OR_RETURN(const int code,
                   Run({options_.binaries + "/wanmi", "--address", address(), "--person", "p-0003",
                        "--post", "base-clerk", "level", "raise", "2", "--approver-person",
                        "p-0001", "--approver-post", "gov-clerk", "--number", "DEMO-2026-2"},
                       log));
  std::ifstream in(log);
  const std::string said{std::istreambuf_iterator<char>(in), {}};
  if (code == expected_code && said.find(expected_words) != std::string::npos) return {};
  return base::FailedPrecondition("expected `wanmi level raise` to end with {} and say '{}':\n{}",
                                  expected_code, expected_words, said);
}

base::Status ClusterTown::StartAgain(Replica& replica, int reads) {
  RETURN_IF_ERROR(replica.process.Stop().With(replica.name));
  replica.reads = reads;
  return StartOne(replica);
}

// Until it says so of itself.
base::Status ClusterTown::AwaitView(
    const Replica& replica, const std::string& what,
    const std::function<bool(const operations::v1::CityView&)>& holds) const {
  const auto limit = steady_clock::now() + kLevelMost;
  while (true) {
    const auto view = Look(replica);
    if (view.ok() && holds(*view)) return {};
    if (steady_clock::now() > limit) {
      return base::DeadlineExceeded(
          "expected {} to {} in {} s, found {}", replica.name, what, kLevelMost.count(),
          view.ok() ? view->ShortDebugString() : view.status().ToString());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

// What was put in too early is taken out again: as long as nothing was raised that is free. The old
// version decides as before, over what the new one wrote and folded; the audit sees if anything was
// lost.
base::Status ClusterTown::RollBackAndAgain(Replica& replica) {
  RETURN_IF_ERROR(StartAgain(replica, 1));
  RETURN_IF_ERROR(AwaitOwners(kOwnersMost));
  std::map<int, int64_t> first;  // by partition that it decides: where it was
  RETURN_IF_ERROR(AwaitView(replica, "decide again, at level 1", [&](const auto& view) {
    bool decided = false;
    for (const auto& slice : view.slices()) {
      const bool ours = slice.service() == replica.service && Decides(replica.address, slice);
      if (ours)
        decided |= slice.seq() > first.try_emplace(slice.partition(), slice.seq()).first->second;
    }
    return view.reads() == 1 && view.level() == 1 && view.ready().empty() && decided;
  }));
  fmt::print("{} went back to level 1 and decided there\n", replica.name);
  RETURN_IF_ERROR(StartAgain(replica, 2));
  return AwaitOwners(kOwnersMost);
}

base::Status ClusterTown::Upgrade() {
  if (!options_.mixed) return {};
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Raise(1, "expected every replica to read level 2"));
  for (auto& replica : replicas_) {
    if (replica->reads < 2) RETURN_IF_ERROR(StartAgain(*replica, 2));
  }
  RETURN_IF_ERROR(AwaitOwners(kOwnersMost));
  const auto intake = std::find_if(replicas_.begin(), replicas_.end(),
                                   [](const auto& one) { return one->service == "intake"; });
  RETURN_IF_ERROR(RollBackAndAgain(**intake));
  RETURN_IF_ERROR(Raise(0, "level 2 holds from"));
  for (const auto& replica : replicas_) {
    RETURN_IF_ERROR(
        AwaitView(*replica, "be at level 2", [](const auto& view) { return view.level() == 2; }));
  }
  RETURN_IF_ERROR(AwaitOwners(kOwnersMost));
  // One that was forgotten.
  for (auto& replica : replicas_) {
    if (replica->service != "dispatch") continue;
    RETURN_IF_ERROR(StartAgain(*replica, 1));
    RETURN_IF_ERROR(AwaitView(*replica, "say that it reads too little", [](const auto& view) {
      return view.ready().find("reads level 1, the city is at level 2") != std::string::npos;
    }));
    RETURN_IF_ERROR(StartAgain(*replica, 2));
    break;
  }
  RETURN_IF_ERROR(AwaitOwners(kOwnersMost));
  fmt::print("the city went over to level 2 at work\n");
  return {};
}

// The next version's kind stands in dispatch's journal, and only where the level held.
base::Status ClusterTown::ExamineKinds() const {
  std::string address;
  for (const auto& replica : replicas_)
    if (replica->service == "dispatch") address = replica->address;
  int64_t probes = 0, before = 0;
  for (int p = 0; p < kPartitions; ++p) {
    operations::v1::ReadEntries read;
    read.set_service("dispatch");
    read.set_partition(p);
    read.set_most(500);
    operations::v1::EntryPage page;
    do {
      RETURN_IF_ERROR(Operate(address, "ReadEntries", read, &page));
      for (const auto& bytes : page.entries()) {
        journal::v1::Entry entry;
        if (!entry.ParseFromString(bytes)) return base::DataLoss("an entry cannot be read");
        read.set_after_seq(entry.seq());
        before += entry.level() == 1 ? 1 : 0;
        for (const auto& change : entry.changes()) {
          for (const auto& event_bytes : change.events()) {
            dispatch::v1::Event event;
            if (!event.ParseFromString(event_bytes) || !event.has_next_level_probed()) continue;
            ++probes;
            if (entry.level() != 2)
              return base::DataLoss("an event of level 2 stands in an entry of level {}",
                                    entry.level());
          }
        }
      }
    } while (!page.entries().empty());
  }
  fmt::print("dispatch: {} entries of level 1, then {} events of the kind that came with level 2\n",
             before, probes);
  if (probes > 0 && before > 0) return {};
  return base::FailedPrecondition("expected entries of both levels in dispatch's journal");
}

}  // namespace wanmi::demo
