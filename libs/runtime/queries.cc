// queries.cc: reads of a host, for clients and for operators.
#include <algorithm>

#include "base/partition.h"
#include "base/sha256.h"
#include "runtime/host.h"

namespace wanmi::runtime {
namespace {

constexpr int kPendingMax = 64;
// Rows are counted some times a minute: a large city has 100,000 that are open.
constexpr std::chrono::seconds kCountRows{10};

}  // namespace

class Host::ServedViews final : public rules::Views {
 public:
  ServedViews(const Host& host, const Served& served) : host_(host), served_(served) {}
  const base::Rows& All() const override { return *served_.all; }
  const base::Rows& Of(std::string_view id) const override {
    if (served_.each.size() == 1 || base::RootOf(id).empty()) return *served_.each[0];
    return *served_.each[static_cast<size_t>(base::PartitionOf(id, host_.city_.partitions))];
  }
  const rules::MemoryView* memory() const override { return served_.memory.get(); }
  base::Time now() const override { return host_.clock_.Now(); }

 private:
  const Host& host_;
  const Served& served_;
};

void Host::Observe() {
  LookWhetherWilling();
  if (!options_.metrics) return;
  std::map<std::string, int64_t> parked;
  for (const auto& entry : Parked(10'000)) ++parked[entry.service];
  const auto now = clock_.Steady();
  const bool count_rows = now >= count_rows_at_;
  if (count_rows) count_rows_at_ = now + kCountRows;
  for (const auto& served : served_) {
    const std::string& name = served->definition.name;
    ObserveCursors(*served, now);
    if (served->definition.notify) {
      int64_t pending = 0;
      kOutbox.Scan(*served->all, "", [&](std::string_view, rows::PendingNotice&&) {
        return ++pending < kPendingMax;
      });
      options_.metrics->OutboxPending(name, pending);
    }
    options_.metrics->Parked(name, parked[name]);
    if (count_rows && served->definition.gauges)
      options_.metrics->Rows(name, served->definition.gauges(ServedViews(*this, *served)));
  }
  options_.metrics->Ready(Ready().ok());
  options_.metrics->Level(level(), reads());
}

void Host::ObserveCursors(const Served& served, std::chrono::steady_clock::time_point now) {
  struct Lag {
    int64_t entries = 0;
    double seconds_max = 0;
  };
  const std::string& name = served.definition.name;
  size_t waiting = 0;
  int open = 0;
  std::map<std::string, Lag> lags;
  for (const auto& partition : served.partitions) {
    waiting += partition->inbox_size();
    const bool is_open = partition->open();
    open += is_open ? 1 : 0;
    for (const auto& cursor : partition->Cursors()) {
      Lag& lag = lags[cursor.upstream.service];
      LagClock& clock = lag_clocks_[{partition->slice(), cursor.upstream}];
      if (!is_open) {  // what is not owned here is not late here
        clock = {};
        continue;
      }
      lag.entries += cursor.end - cursor.taken;
      lag.seconds_max =
          std::max(lag.seconds_max, Seconds(clock.Look(cursor.taken, cursor.end, now)));
    }
  }
  options_.metrics->Inbox(name, waiting);
  options_.metrics->Partitions(name, open, PartitionsOf(served));
  for (const auto& [upstream, lag] : lags)
    options_.metrics->Lag(name, upstream, lag.entries, lag.seconds_max);
}

base::Result<std::unique_ptr<google::protobuf::Message>> Host::Ask(
    std::string_view service, std::string_view method,
    const google::protobuf::Message& request) const {
  const Served* served = FindServed(service);
  if (!served) return base::Unavailable("{} is not served here", service);
  for (const auto& query : served->definition.queries) {
    if (query.method == method) return query.read(request, ServedViews(*this, *served));
  }
  return base::Unimplemented("{} has no query {}", service, method);
}

base::Status Host::AskAnywhere(std::string_view service, std::string_view method,
                               const Behalf& behalf, const google::protobuf::Message& request,
                               google::protobuf::Message* response) const {
  if (!FindServed(service) && options_.ask_elsewhere)
    return options_.ask_elsewhere(service, method, behalf, request, response);
  ASSIGN_OR_RETURN(const auto answer, Ask(service, method, request));
  response->CopyFrom(*answer);
  return {};
}

base::Status Host::Await(std::string_view service, const std::string& token_bytes,
                         std::chrono::milliseconds most) {
  if (token_bytes.empty()) return {};
  wanmi::journal::v1::Token token;
  if (token_bytes.size() > 4096 || !token.ParseFromString(token_bytes)) {
    return base::InvalidArgument("expected a token that a write or read gave, found {} other bytes",
                                 token_bytes.size());
  }
  if (token.city() != city_.name || token.journal_id() != city_.journal_id ||
      token.incarnation() != city_.incarnation) {
    return base::FailedPrecondition(
        "the token is of city {} before a restore, or of another city; drop it and read anew",
        token.city());
  }
  const auto until = std::chrono::steady_clock::now() + most;
  std::unique_lock lock(commit_mutex_);
  const bool reached = committed_.wait_until(lock, until, [&] {
    return std::all_of(token.positions().begin(), token.positions().end(), [&](const auto& seen) {
      return seen.service() != service || SeqOf(service, seen.partition()) >= seen.seq();
    });
  });
  if (reached) return {};
  return base::Unavailable("{} has not yet seen what the token saw; try again in 1 s", service);
}

int64_t Host::SeqOf(std::string_view service, int partition) const {
  const Served* served = FindServed(service);
  if (!served || partition < 0 || partition >= PartitionsOf(*served)) return 0;
  return served->partitions[static_cast<size_t>(partition)]->seq();
}

bool Host::IsOpen(std::string_view service, int partition) const {
  const Served* served = FindServed(service);
  return served && partition >= 0 && partition < PartitionsOf(*served) &&
         served->partitions[static_cast<size_t>(partition)]->open();
}

std::string Host::TokenNow(std::string_view service) const {
  wanmi::journal::v1::Token token;
  token.set_city(city_.name);
  token.set_journal_id(city_.journal_id);
  token.set_incarnation(city_.incarnation);
  const Served* served = FindServed(service);
  for (int p = 0; served && p < PartitionsOf(*served); ++p) {
    auto& position = *token.add_positions();
    position.set_service(std::string(service));
    position.set_partition(p);
    position.set_seq(SeqOf(service, p));
  }
  return token.SerializeAsString();
}

base::Status Host::Ready() const {
  RETURN_IF_ERROR(Room());
  RETURN_IF_ERROR(ReadsEnough());
  RETURN_IF_ERROR(ReferencesAreFresh());
  if (!OwnsAll()) RETURN_IF_ERROR(FollowsAllClosely());
  for (const auto& served : served_) {
    for (const auto& partition : served->partitions) {
      if (OwnsAll() && !partition->open())
        return base::Unavailable("{} is not open", journal::ToString(partition->slice()));
      if (clock_.Now() + std::chrono::seconds(10) < partition->last_at()) {
        return base::Unavailable("the clock is more than 10 s behind the last entry of {}",
                                 journal::ToString(partition->slice()));
      }
    }
  }
  return {};
}

base::Result<std::vector<Host::HistoryEntry>> Host::History(std::string_view id) const {
  std::vector<HistoryEntry> history;
  const std::string root(base::RootOf(id));
  for (const auto& served : served_) {
    if (served->definition.reference || root.empty()) continue;
    const int p = base::PartitionOf(root, city_.partitions);
    std::set<int64_t> seqs;
    for (const std::string& prefix : {root, root + "/"}) {
      kStreams.Scan(*served->each[static_cast<size_t>(p)], prefix,
                    [&](std::string_view key, rows::StreamRecord&& record) {
                      if (key == root || key.starts_with(root + "/"))
                        seqs.insert(record.seqs().begin(), record.seqs().end());
                      return seqs.size() < 2'000;
                    });
    }
    for (const int64_t seq : seqs) {
      RETURN_IF_ERROR(journal_.Read(
          {served->definition.name, p}, seq - 1, [&](int64_t, std::string_view bytes) {
            history.push_back({served->definition.name, p,
                               ParseEntry(bytes, *served->definition.event, options_.reads)});
            return false;
          }));
    }
  }
  std::stable_sort(history.begin(), history.end(),
                   [](const HistoryEntry& a, const HistoryEntry& b) {
                     return a.parsed->entry.at_us() < b.parsed->entry.at_us();
                   });
  return history;
}

std::vector<Host::ParkedEntry> Host::Parked(int most) const {
  std::vector<ParkedEntry> parked;
  for (const auto& served : served_) {
    for (size_t p = 0; p < served->each.size(); ++p) {
      kParked.Scan(*served->each[p], "", [&](std::string_view key, rows::ParkedInput&& input) {
        parked.push_back({served->definition.name, static_cast<int>(p),
                          base::KeyReader(key).Number(), std::move(input)});
        return static_cast<int>(parked.size()) < most;
      });
    }
  }
  return parked;
}

std::string Host::Digest(std::string_view service) const { return DigestNow(service).digest; }

Host::DigestAt Host::DigestNow(std::string_view service) const {
  const Served* served = FindServed(service);
  CHECK(served, "{} is served here", service);
  DigestAt at;
  const auto cursor = served->store->NewCursor("", "");  // sees the store as of now
  for (size_t p = 0; p < served->partitions.size(); ++p) {
    const std::string key = store::PhysicalKey(kPosition.number, static_cast<int>(p), "");
    rows::Position position;
    cursor->Seek(key);
    if (cursor->Valid() && cursor->key() == key) {
      CHECK(position.ParseFromString(std::string(cursor->value())), "a position can be parsed");
    }
    at.seqs[served->partitions[p]->slice()] = position.seq();
  }
  base::Sha256Sum sum;
  const auto add = [&](std::string_view bytes) {
    const uint64_t size = bytes.size();
    sum.Add({reinterpret_cast<const char*>(&size), sizeof size});
    sum.Add(bytes);
  };
  const std::string hints = store::PhysicalKey(kHints.number, 0, "").substr(0, 2);
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    if (cursor->key().starts_with(hints)) continue;
    add(cursor->key());
    add(cursor->value());
  }
  at.digest = base::Hex(sum.Finish());
  return at;
}

const base::Rows& Host::RowsOf(std::string_view service) const {
  const Served* served = FindServed(service);
  CHECK(served, "{} is served here", service);
  return *served->all;
}

base::Result<common::v1::Actor> Host::ResolveActor(std::string_view person,
                                                   std::string_view post) const {
  const Served* directory = FindServed("directory");
  const base::Rows& rows = options_.directory ? *options_.directory
                           : directory        ? *directory->each[0]
                                              : static_cast<const base::Rows&>(no_rows_);
  const rules::Reference reference(rows, no_rows_, clock_.Now());
  return reference.ResolveActor(person, post);
}

}  // namespace wanmi::runtime
