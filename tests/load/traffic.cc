#include "tests/load/traffic.h"

#include <algorithm>

#include "base/partition.h"

namespace wanmi::demo {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{5};
constexpr std::chrono::milliseconds kPause{10};
constexpr int kCallsMost = 512;
constexpr size_t kAgainAtOnce = 32;
constexpr std::chrono::seconds kAgainMost{120};  // for all that were told Ok

double Milliseconds(Moment::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

// Which call of a loop is for this service, whether its case is there or not.
int CallOf(const std::string& service) {
  return service == "intake" ? 0 : service == "handling" ? 1 : service == "dispatch" ? 3 : 4;
}

std::string RootOf(const LoopCall& call) { return call.id.substr(0, call.id.rfind('-')); }

}  // namespace

const std::vector<std::string>& Traffic::Services() {
  static const std::vector<std::string> kServices = {"intake", "handling", "dispatch",
                                                     "verification"};
  return kServices;
}

base::Result<std::unique_ptr<Traffic>> Traffic::Start(const std::string& address,
                                                      const Client& client, const Roster& roster,
                                                      int partitions, uint64_t seed, double rate) {
  ASSIGN_OR_RETURN(LoopScript load, LoopScript::Make(roster, seed, "load", "superior"));
  ASSIGN_OR_RETURN(LoopScript probes, LoopScript::Make(roster, seed, "probe", "self"));
  std::unique_ptr<Traffic> made(
      new Traffic(address, client, std::move(load), std::move(probes), partitions, rate));
  made->thread_ =
      std::jthread([traffic = made.get()](const std::stop_token& stop) { traffic->Run(stop); });
  return made;
}

Traffic::Traffic(const std::string& address, const Client& client, LoopScript load,
                 LoopScript probes, int partitions, double rate)
    : client_(client),
      load_(std::move(load)),
      script_(std::move(probes)),
      partitions_(partitions),
      rate_(rate),
      caller_(address, kDeadline, kCallsMost),
      player_(
          load_, LoopScript::kCalls, [this] { return client_.NowUs(); },
          [this](int64_t number, const LoopCall& call) {
            under_way_[number] = call;
            caller_.Send(number, call.path, *call.who, call.bytes);
          }) {
  for (const auto& service : Services()) {
    for (int p = 0; p < partitions_; ++p) {
      // Calls of one number have one root: each service has numbers of its own.
      Probe& probe = probes_.emplace_back();
      probe.slot = {service, p};
      probe.number = CallOf(service) * 100'000'000;
    }
  }
}

Traffic::~Traffic() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::vector<Traffic::Slot> Traffic::slots() const {
  std::vector<Slot> slots;
  for (const Probe& probe : probes_) slots.push_back(probe.slot);
  return slots;
}

void Traffic::MakeProbe(Probe& probe) {
  const int at = CallOf(probe.slot.first);
  do {
    probe.call = script_.Call(++probe.number, at, client_.NowUs());
  } while (base::PartitionOf(RootOf(probe.call), partitions_) != probe.slot.second);
}

Moment Traffic::SendProbes(Moment now) {
  Moment next = Moment::max();
  for (size_t i = 0; i < probes_.size(); ++i) {
    Probe& probe = probes_[i];
    if (probe.under_way) continue;
    if (probe.next > now) {
      next = std::min(next, probe.next);
      continue;
    }
    if (!probe.again) {
      MakeProbe(probe);
      probe.first = now;
    }
    probe.last = now;
    probe.under_way = true;
    caller_.Send(-1 - static_cast<int64_t>(i), probe.call.path, *probe.call.who, probe.call.bytes);
  }
  return next;
}

void Traffic::Keep(const LoopCall& call, const Caller::Answered& answered) {
  auto receipt = ReceiptOf(answered.bytes);
  if (!receipt.unchanged()) kept_.push_back({call, std::move(receipt)});
}

void Traffic::AnsweredProbe(Probe& probe, const Caller::Answered& answered) {
  probe.under_way = false;
  probe.next = answered.at + kPause;
  probe.again = IsRetryable(answered.status.code());
  if (probe.again) return;
  if (probe.slot.first == "intake") {
    if (!answered.status.ok() && broken_.ok()) broken_ = answered.status.With(probe.call.id);
    if (answered.status.ok()) Keep(probe.call, answered);
  }
  const std::lock_guard lock(mutex_);
  answers_.push_back(
      {static_cast<size_t>(&probe - probes_.data()), probe.first, probe.last, answered.at});
}

void Traffic::Answered(const Caller::Answered& answered) {
  if (answered.number < 0)
    return AnsweredProbe(probes_[static_cast<size_t>(-1 - answered.number)], answered);
  const auto found = under_way_.find(answered.number);
  if (answered.status.ok()) Keep(found->second, answered);
  under_way_.erase(found);
  player_.Answered(answered.number, answered.status, answered.at);
  if (broken_.ok()) broken_ = player_.broken();
}

void Traffic::Run(const std::stop_token& stop) {
  const auto begun = steady_clock::now();
  int64_t loops = 0;
  while (!stop.stop_requested()) {
    const auto now = steady_clock::now();
    const auto intended = [&] {
      return begun + std::chrono::duration_cast<steady_clock::duration>(
                         std::chrono::duration<double>(static_cast<double>(loops) / rate_));
    };
    for (; intended() <= now; ++loops) {
      // While it pauses no heap of loops is made, which would make the pause longer.
      if (player_.in_flight() < kCallsMost / 4) player_.Begin(loops, intended());
    }
    auto next = std::min({intended(), SendProbes(now), player_.SendDue(now)});
    Caller::Answered answered;
    while (caller_.Next(next, &answered)) {
      Answered(answered);
      next = Moment::min();
    }
  }
}

Moment Traffic::ServedSince(const Slot& slot, Moment since) const {
  const std::lock_guard lock(mutex_);
  Moment first = Moment::max();
  for (auto at = answers_.rbegin(); at != answers_.rend() && at->at >= since; ++at) {
    if (probes_[at->probe].slot == slot && at->sent >= since) first = at->at;
  }
  return first;
}

base::Result<Moment> Traffic::AwaitServed(const Slot& slot, Moment since,
                                          std::chrono::seconds most) const {
  while (steady_clock::now() < since + most) {
    const Moment at = ServedSince(slot, since);
    if (at != Moment::max()) return at;
    std::this_thread::sleep_for(kPause);
  }
  return base::DeadlineExceeded("nobody decided {}/{} for {} s", slot.first, slot.second,
                                most.count());
}

double Traffic::LongestWaitMs(const std::vector<Slot>& slots, Moment from, Moment to) const {
  const std::lock_guard lock(mutex_);
  double longest = 0;
  for (auto at = answers_.rbegin(); at != answers_.rend() && at->at >= from; ++at) {
    if (at->first > to) continue;
    if (std::find(slots.begin(), slots.end(), probes_[at->probe].slot) == slots.end()) continue;
    longest = std::max(longest, Milliseconds(at->at - at->first));
  }
  return longest;
}

std::vector<double> Traffic::WaitsMs() const {
  const std::lock_guard lock(mutex_);
  std::vector<double> waits;
  for (const Answer& answer : answers_) waits.push_back(Milliseconds(answer.at - answer.first));
  return waits;
}

base::Status Traffic::Stop() {
  thread_.request_stop();
  thread_.join();
  Caller::Answered answered;
  while (caller_.under_way() > 0) caller_.Next(steady_clock::now() + kDeadline, &answered);
  return broken_;
}

base::Result<Traffic::Told> Traffic::SendAllAgain() {
  Told told;
  std::deque<size_t> waiting;  // places in kept_
  for (size_t i = 0; i < kept_.size(); ++i) waiting.push_back(i);
  const auto until = steady_clock::now() + kAgainMost;
  while (!waiting.empty() || caller_.under_way() > 0) {
    while (!waiting.empty() && caller_.under_way() < kAgainAtOnce) {
      const LoopCall& call = kept_[waiting.front()].call;
      caller_.Send(static_cast<int64_t>(waiting.front()), call.path, *call.who, call.bytes);
      waiting.pop_front();
    }
    Caller::Answered answered;
    if (!caller_.Next(steady_clock::now() + kDeadline, &answered)) continue;
    const Kept& kept = kept_[static_cast<size_t>(answered.number)];
    if (IsRetryable(answered.status.code())) {
      if (steady_clock::now() > until) {
        return base::DeadlineExceeded("{} of {} commands are not taken again after {} s: {}",
                                      waiting.size() + caller_.under_way() + 1, kept_.size(),
                                      kAgainMost.count(), answered.status.ToString());
      }
      waiting.push_back(static_cast<size_t>(answered.number));
      continue;
    }
    ++told.commands;
    const auto again = ReceiptOf(answered.bytes);
    if (answered.status.ok() && again.seq() == kept.receipt.seq() &&
        again.partition() == kept.receipt.partition() && again.stream() == kept.receipt.stream())
      continue;
    if (told.differ++ == 0) {
      told.first =
          fmt::format("{} {} was told seq {} of {}, and when sent again: {} seq {} of {}",
                      kept.call.path, kept.call.id, kept.receipt.seq(), kept.receipt.partition(),
                      answered.status.ToString(), again.seq(), again.partition());
    }
  }
  return told;
}

}  // namespace wanmi::demo
