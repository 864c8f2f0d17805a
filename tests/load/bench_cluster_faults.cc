// The pauses of a city of many processes: an owner is killed, is stopped in order, or a broker is
// killed, while commands go on. At the end all that were told Ok are sent again under their ids.
#include <fmt/format.h>
#include <signal.h>

#include <random>
#include <thread>

#include "tests/load/bench_cluster.h"
#include "tests/load/traffic.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;
using Slot = Traffic::Slot;

constexpr std::chrono::seconds kServedMost{60}, kOwnersMost{60};
constexpr std::chrono::seconds kRest{1};  // between two faults

double Milliseconds(Moment::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

// A city with its traffic.
struct Scene {
  std::unique_ptr<BenchTown> city;
  std::unique_ptr<Traffic> traffic;
  std::mt19937_64 random;

  static base::Result<Scene> Make(const ClusterBench& options, int replicas, int brokers) {
    Scene scene{nullptr, nullptr, std::mt19937_64(options.seed)};
    ASSIGN_OR_RETURN(scene.city, BenchTown::Start(options, replicas, brokers, options.seed));
    RETURN_IF_ERROR(scene.city->town().AwaitOwners(kOwnersMost));
    ASSIGN_OR_RETURN(
        scene.traffic,
        Traffic::Start(scene.city->town().address(), scene.city->client(), scene.city->roster(),
                       ClusterTown::kPartitions, options.seed, options.rate));
    for (const Slot& slot : scene.traffic->slots()) {
      RETURN_IF_ERROR(scene.traffic->AwaitServed(slot, steady_clock::now(), kServedMost).status());
    }
    std::this_thread::sleep_for(kRest);
    return scene;
  }

  // One that owns something, and what.
  base::Result<std::pair<ClusterTown::Replica*, std::vector<Slot>>> Victim() {
    std::vector<ClusterTown::Replica*> all;
    for (const auto& replica : city->town().replicas()) {
      const auto& watched = Traffic::Services();
      if (std::find(watched.begin(), watched.end(), replica->service) != watched.end())
        all.push_back(replica.get());
    }
    std::shuffle(all.begin(), all.end(), random);
    for (ClusterTown::Replica* replica : all) {
      ASSIGN_OR_RETURN(const auto owned, city->town().OwnedBy(*replica));
      std::vector<Slot> slots;
      for (const int p : owned) slots.emplace_back(replica->service, p);
      if (!slots.empty()) return std::pair(replica, std::move(slots));
    }
    return base::FailedPrecondition("expected a process that owns partitions, found none");
  }

  // Each of the slots answers a command that was sent from now on. When the last one did.
  base::Result<Moment> AwaitAll(const std::vector<Slot>& slots, Moment since) const {
    Moment last = since;
    for (const Slot& slot : slots) {
      ASSIGN_OR_RETURN(const Moment at, traffic->AwaitServed(slot, since, kServedMost));
      last = std::max(last, at);
    }
    return last;
  }

  // What was told Ok and is told something else now, among the figures.
  base::Status AddLost(Case* to) {
    RETURN_IF_ERROR(traffic->Stop());
    ASSIGN_OR_RETURN(const auto told, traffic->SendAllAgain());
    if (told.differ > 0) fmt::print("lost: {}\n", told.first);
    const auto waits = traffic->WaitsMs();
    to->more.emplace_back("longest_ever", *std::max_element(waits.begin(), waits.end()));
    to->more.emplace_back("told_ok", static_cast<double>(told.commands));
    to->more.emplace_back("lost", static_cast<double>(told.differ));
    return {};
  }
};

double Largest(const std::vector<double>& figures) {
  return *std::max_element(figures.begin(), figures.end());
}

Case CaseOf(std::string name) {
  Case made{std::move(name), {}, "ms"};
  made.sync = "none: acknowledged by the replicas";
  return made;
}

}  // namespace

// From the kill until each of its partitions has answered a command that was sent after it.
base::Status BenchFailover(const ClusterBench& options, Figures& figures) {
  ASSIGN_OR_RETURN(Scene scene, Scene::Make(options, 2, 1));
  Case pauses = CaseOf(fmt::format("failover, {} × kill -9", options.kills));
  for (int i = 0; i < options.kills; ++i) {
    ASSIGN_OR_RETURN(const auto victim, scene.Victim());
    const auto& [replica, slots] = victim;
    const auto killed = steady_clock::now();
    replica->process.Kill();
    replica->process.WaitForEnd();
    for (const Slot& slot : slots) {
      ASSIGN_OR_RETURN(const Moment at, scene.traffic->AwaitServed(slot, killed, kServedMost));
      pauses.figures.push_back(Milliseconds(at - killed));
    }
    RETURN_IF_ERROR(scene.city->town().StartOne(*replica));
    RETURN_IF_ERROR(scene.city->town().AwaitOwners(kOwnersMost));
    std::this_thread::sleep_for(kRest);
  }
  pauses.latencies_ms = scene.traffic->WaitsMs();
  pauses.more = {{"longest", Largest(pauses.figures)}, {"wanted", 10'000}};
  RETURN_IF_ERROR(scene.AddLost(&pauses));
  figures.Add(std::move(pauses));
  return {};
}

// The longest that a client of its partitions waited while it went; and while it came again, when
// the partitions are divided anew.
base::Status BenchGraceful(const ClusterBench& options, Figures& figures) {
  ASSIGN_OR_RETURN(Scene scene, Scene::Make(options, 2, 1));
  Case goes = CaseOf(fmt::format("graceful, {} × SIGTERM", options.stops));
  Case comes = CaseOf("graceful, it comes again");
  std::vector<double> ended;
  for (int i = 0; i < options.stops; ++i) {
    ASSIGN_OR_RETURN(const auto victim, scene.Victim());
    const auto& [replica, slots] = victim;
    const auto asked = steady_clock::now();
    RETURN_IF_ERROR(replica->process.Stop().With(replica->name));
    const auto gone = steady_clock::now();
    ended.push_back(Milliseconds(gone - asked));
    ASSIGN_OR_RETURN(const Moment served, scene.AwaitAll(slots, gone));
    goes.figures.push_back(scene.traffic->LongestWaitMs(slots, asked, served));
    std::this_thread::sleep_for(kRest);
    std::vector<Slot> all;
    for (int p = 0; p < ClusterTown::kPartitions; ++p) all.emplace_back(replica->service, p);
    const auto starting = steady_clock::now();
    RETURN_IF_ERROR(scene.city->town().StartOne(*replica));
    RETURN_IF_ERROR(scene.city->town().AwaitOwners(kOwnersMost));
    ASSIGN_OR_RETURN(const Moment settled, scene.AwaitAll(all, steady_clock::now()));
    comes.figures.push_back(scene.traffic->LongestWaitMs(all, starting, settled));
    std::this_thread::sleep_for(kRest);
  }
  goes.latencies_ms = scene.traffic->WaitsMs();
  goes.more = {{"longest", Largest(goes.figures)},
               {"wanted_median", 1'000},
               {"wanted_longest", 3'000},
               {"until_it_ended", Median(ended)}};
  RETURN_IF_ERROR(scene.AddLost(&goes));
  comes.more = {{"longest", Largest(comes.figures)}};
  figures.Add(std::move(goes));
  figures.Add(std::move(comes));
  return {};
}

// Three brokers, of which one goes at a time, and comes again.
base::Status BenchBroker(const ClusterBench& options, Figures& figures) {
  ASSIGN_OR_RETURN(Scene scene, Scene::Make(options, 1, 3));
  testkit::KafkaBrokers& brokers = scene.city->town().brokers();
  Case goes = CaseOf(fmt::format("broker, {} × kill -9 of 3", options.broker_kills));
  Case comes = CaseOf("broker, it comes again");
  const auto all = scene.traffic->slots();
  for (int i = 0; i < options.broker_kills; ++i) {
    const auto killed = steady_clock::now();
    brokers.Kill(i % brokers.count());
    // Without it for a while: the brokers themselves need 3 s to see that it is gone.
    std::this_thread::sleep_for(std::chrono::seconds(6));
    ASSIGN_OR_RETURN(const Moment served, scene.AwaitAll(all, steady_clock::now()));
    goes.figures.push_back(scene.traffic->LongestWaitMs(all, killed, served));
    const auto starting = steady_clock::now();
    RETURN_IF_ERROR(brokers.Restart(i % brokers.count()));
    RETURN_IF_ERROR(brokers.Await());
    RETURN_IF_ERROR(scene.city->town().AwaitOwners(kOwnersMost));
    std::this_thread::sleep_for(std::chrono::seconds(3));  // its replicas have to follow again
    ASSIGN_OR_RETURN(const Moment settled, scene.AwaitAll(all, steady_clock::now()));
    comes.figures.push_back(scene.traffic->LongestWaitMs(all, starting, settled));
  }
  goes.latencies_ms = scene.traffic->WaitsMs();
  goes.more = {{"longest", Largest(goes.figures)}};
  RETURN_IF_ERROR(scene.AddLost(&goes));
  comes.more = {{"longest", Largest(comes.figures)}};
  figures.Add(std::move(goes));
  figures.Add(std::move(comes));
  return {};
}

}  // namespace wanmi::demo
