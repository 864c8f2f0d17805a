// cluster_chaos.cc: faults from a seed, and how soon each partition is decided again after each.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>

#include "tests/load/cluster.h"

namespace wanmi::demo {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using std::chrono::steady_clock;

// From the fault itself: the group's session is 6 s, a broker's 3 s.
constexpr seconds kOwnersMost{10};
// Who is away for longer loses its partitions, and comes back as a zombie.
constexpr seconds kGroupSession{6};
// Who could not read a journal to its end for 5 s is not ready. So whoever is ready then has read
// all of them since the fault, from the brokers that are left; to look before would prove nothing.
constexpr milliseconds kLookAfterBroker{5'500};
// For that 10 s are too little. A broker that hangs counts as gone after 3 to 4 s; if it was the
// active controller, another is elected (2 to 3 s), and gives its partitions other leaders when its
// session of 3 s has run out; and who asked too early asks again after 3 s more.
constexpr seconds kReadersMost{15};
constexpr size_t kKinds = 5;       // of faults
constexpr seconds kReadyMost{20};  // from the last restart until all have caught up

void Rest(const std::stop_token& stop, milliseconds span) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
}

}  // namespace

const char* ClusterTown::NameOf(Fault fault) {
  switch (fault) {
    case Fault::kKilled:
      return "killed";
    case Fault::kPaused:
      return "paused";
    case Fault::kStopped:
      return "stopped in order";
    case Fault::kBrokerKilled:
      return "broker killed";
    case Fault::kBrokerPaused:
      return "broker paused";
  }
  return "";
}

void ClusterTown::Trouble() {
  if (!options_.chaos) return;
  fmt::print("faults from seed {}\n", options_.seed);
  std::fflush(stdout);
  chaos_ = std::jthread([this](const std::stop_token& stop) { Chaos(stop); });
}

// Until it is told to stop, and every kind of fault has occurred.
void ClusterTown::Chaos(const std::stop_token& stop) {
  while (broken_.ok() && !(stop.stop_requested() && HadAll())) {
    Rest(stop, milliseconds(500 + random_() % 2'500));
    const std::lock_guard lock(mutex_);
    // Another may be down that somebody else has struck, or be back and not yet have its
    // partitions: one fault at a time.
    const bool struck = std::any_of(replicas_.begin(), replicas_.end(),
                                    [](const auto& replica) { return replica->struck; });
    if (struck) continue;
    broken_ = AwaitOwners(kReadyMost).With("before a fault");
    if (broken_.ok()) broken_ = Harm(Draw());
  }
}

bool ClusterTown::HadAll() const { return faults_.size() == kKinds; }

// One of each kind in any order; then by their weights, each round in another order.
ClusterTown::Fault ClusterTown::Draw() {
  using enum Fault;
  if (deck_.empty()) {
    deck_ = {kKilled, kPaused, kStopped, kBrokerKilled, kBrokerPaused};
    if (HadAll())
      deck_.insert(deck_.end(), {kKilled, kKilled, kKilled, kPaused, kPaused, kStopped});
    std::shuffle(deck_.begin(), deck_.end(), random_);
  }
  const Fault fault = deck_.back();
  deck_.pop_back();
  ++faults_[fault];
  return fault;
}

base::Status ClusterTown::Harm(Fault fault) {
  const uint64_t which = random_();
  if (fault == Fault::kBrokerKilled || fault == Fault::kBrokerPaused)
    return HarmBroker(fault, static_cast<int>(which % static_cast<uint64_t>(options_.brokers)));
  return HarmReplica(fault, *replicas_[which % replicas_.size()]);
}

// It stays away until others decide what it decided, if there are others.
base::Status ClusterTown::HarmReplica(Fault fault, Replica& replica) {
  const std::string what = fmt::format("{} {}", replica.name, NameOf(fault));
  const bool others = options_.replicas > 1;
  const auto begun = steady_clock::now();
  if (fault == Fault::kPaused) {
    const milliseconds span(2'000 + random_() % 7'000);
    // The first one of a run always comes back as a zombie.
    const bool zombie = faults_[fault] == 1 || span > kGroupSession;
    const pid_t pid = replica.process.pid();
    ::kill(pid, SIGSTOP);
    if (!zombie || !others) std::this_thread::sleep_for(span);
    const auto status = zombie && others ? AwaitOwnersSince(begun, what, &replica) : base::Status();
    std::this_thread::sleep_until(begun + span);
    ::kill(pid, SIGCONT);
    return status.ok() && !(zombie && others) ? AwaitOwnersSince(begun, what, nullptr) : status;
  }
  if (fault == Fault::kKilled) {
    replica.process.Kill();
    replica.process.WaitForEnd();
  } else {
    RETURN_IF_ERROR(replica.process.Stop().With(replica.name));
  }
  if (others) RETURN_IF_ERROR(AwaitOwnersSince(begun, what, &replica));
  RETURN_IF_ERROR(StartOne(replica));
  return others ? base::Status() : AwaitOwnersSince(steady_clock::now(), what, nullptr);
}

base::Status ClusterTown::HarmBroker(Fault fault, int broker) {
  const std::string what = fmt::format("{} {}", NameOf(fault), broker + 1);
  const auto begun = steady_clock::now();
  const bool kills = fault == Fault::kBrokerKilled;
  kills ? brokers_->Kill(broker) : brokers_->Pause(broker);
  std::this_thread::sleep_until(begun + kLookAfterBroker);
  const bool others = options_.brokers > 1;
  auto status = others ? AwaitOwnersSince(begun, what, nullptr) : base::Status();
  if (status.ok() && others) status = AwaitReadersSince(begun, what);
  if (kills) {
    RETURN_IF_ERROR(brokers_->Restart(broker));
  } else {
    brokers_->Resume(broker);
  }
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(brokers_->Await());
  return others ? base::Status() : AwaitOwnersSince(steady_clock::now(), what, nullptr);
}

// By the fences, as those who live see them.
base::Status ClusterTown::AwaitOwnersSince(Moment begun, const std::string& fault,
                                           const Replica* away) {
  const double most = seconds(kOwnersMost).count();
  while (true) {
    std::string not_ready;  // is no fault here, but may tell why
    const std::string wrong = NotOwnedNow(away, &not_ready);
    const double took = SecondsSince(begun);
    if (took > most) {
      return base::DeadlineExceeded(
          "{}: expected one owner that lives for each partition {} s after, found {} ({})", fault,
          most, wrong.empty() ? fmt::format("them after {:.1f} s", took) : wrong, not_ready);
    }
    if (wrong.empty()) {
      waits_.push_back(took);
      fmt::print("  {}: each partition had an owner within {:.1f} s\n", fault, took);
      std::fflush(stdout);
      return {};
    }
    std::this_thread::sleep_for(milliseconds(50));
  }
}

base::Status ClusterTown::AwaitReadersSince(Moment begun, const std::string& fault) const {
  while (true) {
    std::string wrong;
    (void)NotOwnedNow(nullptr, &wrong);
    const double took = SecondsSince(begun);
    if (wrong.empty()) {
      fmt::print("  {}: everybody had read all journals after {:.1f} s\n", fault, took);
      std::fflush(stdout);
      return {};
    }
    if (took > seconds(kReadersMost).count()) {
      return base::DeadlineExceeded(
          "{}: expected everybody to read all journals {} s after, found {}", fault,
          kReadersMost.count(), wrong);
    }
    std::this_thread::sleep_for(milliseconds(50));
  }
}

base::Status ClusterTown::Calm() {
  if (!options_.chaos) return {};
  chaos_.request_stop();
  chaos_.join();
  std::string counts;
  for (const auto& [fault, times] : faults_)
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", times, NameOf(fault));
  fmt::print("faults: {}; seed {}\n", counts, options_.seed);
  RETURN_IF_ERROR(broken_.With(fmt::format("seed {}", options_.seed)));
  if (!HadAll()) return base::Internal("expected every kind of fault, found {}", counts);
  RETURN_IF_ERROR(AwaitOwners(kReadyMost));
  fmt::print("each partition had an owner within {:.1f} s of the last fault, {:.1f} s of any\n",
             waits_.back(), *std::max_element(waits_.begin(), waits_.end()));
  return {};
}

}  // namespace wanmi::demo
