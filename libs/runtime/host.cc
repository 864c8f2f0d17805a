#include "runtime/host.h"

#include <algorithm>

#include "base/log.h"
#include "base/mutants.h"
#include "base/partition.h"

namespace wanmi::runtime {
namespace {

constexpr std::chrono::milliseconds kIdle{5};
constexpr int kAttemptsMax = 8;
constexpr std::chrono::milliseconds kSendAgain{250};  // doubled with each attempt
constexpr int kNoticesMax = 64;
constexpr std::string_view kRulebook = "rulebook";

double Seconds(std::chrono::steady_clock::duration span) {
  return std::chrono::duration<double>(span).count();
}

}  // namespace

Host::Host(City city, std::vector<rules::Definition> definitions, journal::Journal& journal,
           const base::Clock& clock, HostOptions options)
    : city_(std::move(city)),
      journal_(journal),
      clock_(clock),
      options_(std::move(options)),
      feed_(journal) {
  for (auto& definition : definitions) {
    auto& served = served_.emplace_back(std::make_unique<Served>());
    served->definition = std::move(definition);
  }
}

Host::~Host() {
  pump_.request_stop();
  wake_.notify_all();
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
  documents_ = std::make_unique<rules::Documents>(rulebook);
  for (auto& served : served_) {
    for (size_t p = 0; p < served->each.size(); ++p) {
      Surroundings around{city_,
                          journal_,
                          *served->store,
                          feed_,
                          clock_,
                          rows_of(options_.directory, "directory"),
                          *documents_,
                          rulebook,
                          options_.instance,
                          options_.address,
                          "",
                          options_.unclean,
                          options_.metrics};
      if (!options_.mark_folder.empty()) {
        around.mark_file =
            fmt::format("{}/mark-{}-{}", options_.mark_folder, served->definition.name, p);
      }
      served->partitions.push_back(
          std::make_unique<Partition>(served->definition, static_cast<int>(p), std::move(around)));
    }
  }
  return {};
}

base::Status Host::Fold() {
  RETURN_IF_ERROR(MakePartitions());
  for (auto& served : served_) {
    for (auto& partition : served->partitions) RETURN_IF_ERROR(partition->FoldOnly());
  }
  return {};
}

base::Status Host::Open() {
  RETURN_IF_ERROR(MakePartitions());
  for (auto& served : served_) {
    const auto started = clock_.Steady();
    for (auto& partition : served->partitions) {
      RETURN_IF_ERROR(partition->Open());
      if (options_.metrics) {
        options_.metrics->Epoch(served->definition.name, partition->slice().partition,
                                partition->epoch());
      }
    }
    if (served->definition.memory_view) {
      served->memory = served->definition.memory_view();
      served->memory->Rebuild(*served->all);
    }
    if (options_.metrics)
      options_.metrics->Replayed(served->definition.name, Seconds(clock_.Steady() - started));
  }
  return {};
}

void Host::Observe() {
  if (!options_.metrics) return;
  std::map<std::string, int64_t> parked;
  for (const auto& entry : Parked(10'000)) ++parked[entry.service];
  for (const auto& served : served_) {
    const std::string& name = served->definition.name;
    size_t waiting = 0;
    std::map<std::string, int64_t> lag;
    for (const auto& partition : served->partitions) {
      waiting += partition->inbox_size();
      for (const auto& [upstream, entries] : partition->Lag()) lag[upstream] += entries;
    }
    options_.metrics->Inbox(name, waiting);
    if (served->definition.notify) {
      int64_t pending = 0;
      kOutbox.Scan(*served->all, "", [&](std::string_view, rows::PendingNotice&&) {
        return ++pending < kNoticesMax;
      });
      options_.metrics->OutboxPending(name, pending);
    }
    options_.metrics->Parked(name, parked[name]);
    for (const auto& [upstream, entries] : lag) options_.metrics->Lag(name, upstream, entries);
  }
  options_.metrics->Ready(Ready().ok());
}

void Host::Reopen(Served& served, size_t p) {
  Partition& partition = *served.partitions[p];
  Backoff& backoff = backoffs_[&partition];
  if (clock_.Steady() < backoff.until) return;
  const base::Status status = partition.Open();
  if (status.ok()) {
    backoff = {};
    if (served.definition.name == kRulebook) documents_->Refresh();
    if (served.memory) served.memory->Rebuild(*served.all);
    base::Log(
        base::Level::kInfo, "partition.opened",
        {{"service", served.definition.name}, {"partition", p}, {"epoch", partition.epoch()}});
    if (options_.metrics)
      options_.metrics->Epoch(served.definition.name, static_cast<int>(p), partition.epoch());
    return;
  }
  const auto wait = std::chrono::milliseconds(50) * (1 << std::min(backoff.tries++, 5));
  backoff.until =
      clock_.Steady() + std::min<std::chrono::milliseconds>(wait, std::chrono::seconds(2));
  base::Log(base::Level::kError, "partition.not_opened",
            {{"service", served.definition.name}, {"partition", p}, {"reason", status.ToString()}});
}

bool Host::Pump() {
  feed_.Refresh();
  if (options_.rulebook) documents_->Refresh();  // changed by others
  std::vector<std::pair<Served*, size_t>> steps;
  bool moved = false;  // silent entries too: a backlog of them is work, and not a reason to rest
  for (auto& served : served_) {
    for (size_t p = 0; p < served->partitions.size(); ++p) {
      Partition& partition = *served->partitions[p];
      if (!partition.open()) {
        Reopen(*served, p);
        continue;
      }
      if (!partition.HasWork()) continue;
      const auto started = clock_.Steady();
      if (partition.Prepare()) steps.emplace_back(served.get(), p);
      moved |= partition.inputs_taken() > 0;
      if (options_.metrics)
        options_.metrics->Decided(served->definition.name, Seconds(clock_.Steady() - started));
    }
  }
  const bool appended = AppendAndFinish(steps);
  const bool sent = options_.outlet && SendNotices();
  return moved || appended || sent;
}

std::vector<journal::Appended> Host::Append(const std::vector<journal::Batch>& batches) {
  if (batches.empty()) return {};
  if (options_.before_append) {
    if (const auto durable = options_.before_append(); !durable.ok())
      return std::vector<journal::Appended>(batches.size(),
                                            {journal::Outcome::kUnknown, 0, durable.ToString()});
  }
  const auto started = clock_.Steady();
  auto answers = journal_.Append(batches);
  if (MUTANT(kOneStatusForBatch)) answers.assign(batches.size(), answers.front());
  if (options_.metrics) {
    size_t entries = 0;
    for (const auto& batch : batches) entries += batch.entries.size();
    options_.metrics->Appended(Seconds(clock_.Steady() - started), static_cast<int>(entries));
  }
  return answers;
}

bool Host::AppendAndFinish(const std::vector<std::pair<Served*, size_t>>& steps) {
  if (steps.empty()) return false;
  std::vector<journal::Batch> batches;
  for (const auto& [served, p] : steps) {
    const auto& batch = served->partitions[p]->batch();
    if (!batch.entries.empty()) batches.push_back(batch);
  }
  const auto answers = Append(batches);
  size_t next = 0;
  // Steps are in order of their services: one commit each.
  for (size_t begin = 0; begin < steps.size();) {
    Served& served = *steps[begin].first;
    std::vector<journal::Appended> appended;
    std::vector<const store::Changes*> changes;
    size_t end = begin;
    for (; end < steps.size() && steps[end].first == &served; ++end) {
      Partition& partition = *served.partitions[steps[end].second];
      appended.push_back(partition.batch().entries.empty()
                             ? journal::Appended{journal::Outcome::kOk, 0, ""}
                             : answers[next++]);
      if (appended.back().outcome != journal::Outcome::kOk) continue;
      if (const auto* some = partition.ToCommit()) changes.push_back(some);
    }
    const base::Status committed = changes.empty() ? base::Status() : served.store->Commit(changes);
    for (size_t i = begin; i < end; ++i) {
      FinishOne(served, steps[i].second, appended[i - begin], committed);
    }
    begin = end;
  }
  committed_.notify_all();
  return true;
}

void Host::FinishOne(Served& served, size_t p, const journal::Appended& appended,
                     const base::Status& committed) {
  Partition& partition = *served.partitions[p];
  partition.Finish(appended, committed);
  if (served.definition.name == kRulebook) documents_->Refresh();
  if (served.memory) {
    for (const auto& stream : partition.touched()) served.memory->Fold(stream, *served.each[p]);
  }
  if (!partition.open()) {
    base::Log(base::Level::kWarning, "partition.closed",
              {{"service", served.definition.name}, {"partition", p}});
  }
}

bool Host::SendNotices() {
  bool any = false;
  for (auto& served : served_) {
    if (!served->definition.notify) continue;
    for (size_t p = 0; p < served->partitions.size(); ++p) {
      auto& partition = served->partitions[p];
      if (!partition->open() || clock_.Steady() < sending_held_[partition.get()]) continue;
      std::vector<wanmi::journal::v1::Delivery> deliveries;
      for (const auto& pending : partition->PendingNotices(kNoticesMax)) {
        auto& delivery = deliveries.emplace_back();
        delivery.set_seq(pending.seq);
        delivery.set_index(pending.index);
        const std::string id =
            fmt::format("{}/{}/{}/{}/{}", city_.name, served->definition.name,
                        partition->slice().partition, pending.seq, pending.index);
        const base::Status sent = options_.outlet->Send(id, pending.notice);
        delivery.set_note(sent.message());
        delivery.set_outcome(sent.ok() ? wanmi::journal::v1::Delivery::OUTCOME_SENT
                             : pending.notice.attempts() + 1 < kAttemptsMax
                                 ? wanmi::journal::v1::Delivery::OUTCOME_FAILED
                                 : wanmi::journal::v1::Delivery::OUTCOME_GIVEN_UP);
        if (!sent.ok()) {
          sending_held_[partition.get()] =
              clock_.Steady() + kSendAgain * (1 << std::min(pending.notice.attempts(), 8));
        }
      }
      if (deliveries.empty()) continue;
      partition->Delivered(std::move(deliveries));  // written in the next round, before others
      any = true;
    }
  }
  return any;
}

void Host::Start() {
  pump_ = std::jthread([this](std::stop_token stop) { Run(std::move(stop)); });
}

void Host::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (Pump()) continue;
    std::unique_lock lock(wake_mutex_);
    wake_.wait_for(lock, stop, kIdle, [this] { return woken_; });
    woken_ = false;
  }
}

void Host::Stop() {
  if (pump_.joinable()) {
    pump_.request_stop();
    wake_.notify_all();
    pump_.join();
  }
  std::vector<std::pair<Served*, size_t>> marks;
  for (auto& served : served_) {
    for (size_t p = 0; p < served->partitions.size(); ++p) {
      if (served->partitions[p]->PrepareMark()) marks.emplace_back(served.get(), p);
    }
  }
  AppendAndFinish(marks);
}

const Host::Served* Host::FindServed(std::string_view service) const {
  for (const auto& served : served_) {
    if (served->definition.name == service) return served.get();
  }
  return nullptr;
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

base::Status Host::Offer(std::string_view service, Request request) {
  const Served* served = FindServed(service);
  if (!served) return base::Unimplemented("this process does not serve {}", service);
  const int p = request.retry_of != 0 ? request.partition
                : served->definition.reference
                    ? 0
                    : base::PartitionOf(request.stream, city_.partitions);
  if (p < 0 || p >= PartitionsOf(*served)) {
    return base::InvalidArgument("expected a partition of 0 to {}, found {}",
                                 PartitionsOf(*served) - 1, p);
  }
  RETURN_IF_ERROR(served->partitions[static_cast<size_t>(p)]->Offer(std::move(request)));
  {
    const std::lock_guard lock(wake_mutex_);
    woken_ = true;
  }
  wake_.notify_one();
  return {};
}

}  // namespace wanmi::runtime
