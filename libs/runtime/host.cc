#include "runtime/host.h"

#include <algorithm>

#include "base/log.h"
#include "base/mutants.h"
#include "base/partition.h"

namespace wanmi::runtime {
namespace {

constexpr std::chrono::milliseconds kIdle{5};

}  // namespace

Host::Host(City city, std::vector<rules::Definition> definitions, journal::Journal& journal,
           const base::Clock& clock, HostOptions options)
    : city_(std::move(city)),
      journal_(journal),
      clock_(clock),
      options_(std::move(options)),
      feed_(journal, options_.reads) {
  for (auto& definition : definitions) {
    auto& served = served_.emplace_back(std::make_unique<Served>());
    served->definition = std::move(definition);
  }
}

Host::~Host() {
  if (!OwnsAll()) journal_.OnGrowth({});
  for (auto& lane : lanes_) {
    lane->thread.request_stop();
    Wake(*lane);
  }
}

base::Status Host::MakePartitions() {
  for (auto& served : served_) {
    ASSIGN_OR_RETURN(served->store, options_.open_store(served->definition));
    const int partitions = served->definition.reference ? 1 : city_.partitions;
    served->all = std::make_unique<store::MergedRows>(*served->store, partitions);
    for (int p = 0; p < partitions; ++p) {
      served->each.push_back(std::make_unique<store::PartitionRows>(*served->store, p));
    }
  }
  const auto rows_of = [&](const base::Rows* given, std::string_view service) -> const base::Rows& {
    if (given) return *given;
    const Served* served = FindServed(service);
    return served ? *served->each[0] : static_cast<const base::Rows&>(no_rows_);
  };
  const base::Rows& rulebook = rows_of(options_.rulebook, kRulebook);
  MakeLanes(rulebook);
  for (auto& served : served_) {
    for (size_t p = 0; p < served->each.size(); ++p) {
      Surroundings around{city_,
                          journal_,
                          *served->store,
                          feed_,
                          clock_,
                          rows_of(options_.directory, "directory"),
                          *LaneOf(p).documents,
                          rulebook,
                          options_.instance,
                          options_.address,
                          "",
                          options_.unclean,
                          options_.inbox_max,
                          options_.backlog_max,
                          options_.metrics,
                          options_.reads,
                          options_.lead,
                          options_.hints};
      if (!options_.mark_folder.empty()) {
        around.mark_file =
            fmt::format("{}/mark-{}-{}", options_.mark_folder, served->definition.name, p);
      }
      served->partitions.push_back(
          std::make_unique<Partition>(served->definition, static_cast<int>(p), std::move(around)));
      LaneOf(p).partitions.emplace_back(served.get(), p);
    }
  }
  return {};
}

void Host::MakeLanes(const base::Rows& rulebook) {
  const int lanes = std::clamp(options_.lanes, 1, city_.partitions);
  for (int i = 0; i < lanes; ++i) {
    auto& lane = lanes_.emplace_back(std::make_unique<Lane>());
    lane->documents = std::make_unique<rules::Documents>(rulebook);
  }
}

// Each lane on a thread of its own, if there are several.
base::Status Host::InLanes(const std::function<base::Status(Served&, size_t)>& work) {
  std::vector<base::Status> ends(lanes_.size());
  const auto run = [&](size_t lane) {
    for (const auto& [served, p] : lanes_[lane]->partitions) {
      if (!ends[lane].ok()) return;
      try {
        ends[lane] = work(*served, p);
      } catch (const std::exception& failure) {
        ends[lane] = base::Internal(
            "{} broke: {}", journal::ToString(served->partitions[p]->slice()), failure.what());
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t lane = 1; lane < lanes_.size(); ++lane) threads.emplace_back(run, lane);
    run(0);
  }
  for (const auto& end : ends) RETURN_IF_ERROR(end);
  return {};
}

base::Status Host::Fold(const std::map<journal::Slice, int64_t>& until) {
  RETURN_IF_ERROR(MakePartitions());
  return InLanes([&](Served& served, size_t p) -> base::Status {
    Partition& partition = *served.partitions[p];
    const auto end = until.find(partition.slice());
    return partition.FoldOnly(end == until.end() ? std::nullopt : std::optional(end->second));
  });
}

// Before anything is fenced: a process that does not read the city's level leaves it as it is.
base::Status Host::LearnLevel() {
  const Served* rulebook = FindServed(kRulebook);
  const base::Status folded =
      rulebook ? rulebook->partitions[0]->FoldOnly(std::nullopt) : base::Status();
  LookAtLevel(*lanes_[0]);
  RETURN_IF_ERROR(ReadsEnough());
  return folded;
}

base::Status Host::Open() {
  RETURN_IF_ERROR(MakePartitions());
  if (!OwnsAll()) return FollowAll();
  const auto started = clock_.Steady();
  RETURN_IF_ERROR(LearnLevel());
  RETURN_IF_ERROR(InLanes([&](Served& served, size_t p) -> base::Status {
    Partition& partition = *served.partitions[p];
    RETURN_IF_ERROR(partition.Open());
    if (options_.metrics) {
      options_.metrics->Epoch(served.definition.name, partition.slice().partition,
                              partition.epoch());
    }
    return {};
  }));
  for (auto& served : served_) {
    if (options_.metrics)
      options_.metrics->Replayed(served->definition.name, Seconds(clock_.Steady() - started));
    if (!served->definition.memory_view) continue;
    served->memory = served->definition.memory_view();
    served->memory->Rebuild(*served->all);
  }
  return {};
}

void Host::Start() {
  for (auto& lane : lanes_) {
    lane->thread =
        std::jthread([this, at = lane.get()](std::stop_token stop) { Run(*at, std::move(stop)); });
  }
}

void Host::Run(Lane& lane, std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (Round(lane)) continue;
    std::unique_lock lock(lane.wake_mutex);
    lane.wake.wait_for(lock, stop, kIdle, [&lane] { return lane.woken; });
    lane.woken = false;
  }
}

void Host::Wake(Lane& lane) {
  {
    const std::lock_guard lock(lane.wake_mutex);
    lane.woken = true;
  }
  lane.wake.notify_one();
}

void Host::Stop() {
  for (auto& lane : lanes_) {
    if (!lane->thread.joinable()) continue;
    lane->thread.request_stop();
    Wake(*lane);
    lane->thread.join();
  }
  for (auto& lane : lanes_) {
    if (!MayWrite(*lane)) return;
    std::vector<PartitionAt> marks;
    for (const auto& [served, p] : lane->partitions) {
      if (served->partitions[p]->PrepareMark()) marks.emplace_back(served, p);
    }
    AppendAndFinish(marks);
  }
}

const Host::Served* Host::FindServed(std::string_view service) const {
  for (const auto& served : served_) {
    if (served->definition.name == service) return served.get();
  }
  return nullptr;
}

base::Result<const Host::Served*> Host::ServedHere(std::string_view service) const {
  if (const Served* served = FindServed(service)) return served;
  return base::Unimplemented("this process does not serve {}", service);
}

const rules::Definition* Host::Find(std::string_view service) const {
  const Served* served = FindServed(service);
  return served ? &served->definition : nullptr;
}

std::vector<std::string> Host::services() const {
  std::vector<std::string> names;
  for (const auto& served : served_) names.push_back(served->definition.name);
  return names;
}

int Host::PartitionFor(const Served& served, std::string_view stream) const {
  return served.definition.reference ? 0 : base::PartitionOf(stream, city_.partitions);
}

base::Status Host::HasPartition(const Served& served, int partition) const {
  if (partition >= 0 && partition < PartitionsOf(served)) return {};
  return base::InvalidArgument("expected a partition of 0 to {}, found {}",
                               PartitionsOf(served) - 1, partition);
}

base::Status Host::HasRoom(std::string_view service, std::string_view stream) const {
  ASSIGN_OR_RETURN(const Served* served, ServedHere(service));
  RETURN_IF_ERROR(Room());
  const auto p = static_cast<size_t>(PartitionFor(*served, stream));
  RETURN_IF_ERROR(DecidedHere(*served->partitions[p]));
  return served->partitions[p]->HasRoom();
}

base::Status Host::Offer(std::string_view service, Request request) {
  RETURN_IF_ERROR(Room());
  ASSIGN_OR_RETURN(const Served* served, ServedHere(service));
  const int p = request.retry_of != 0 ? request.partition : PartitionFor(*served, request.stream);
  RETURN_IF_ERROR(HasPartition(*served, p));
  const auto at = static_cast<size_t>(p);
  RETURN_IF_ERROR(DecidedHere(*served->partitions[at]));
  RETURN_IF_ERROR(served->partitions[at]->Offer(std::move(request)));
  Wake(LaneOf(at));
  return {};
}

}  // namespace wanmi::runtime
