#include "tests/load/audit.h"

#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::demo {
namespace {

constexpr size_t kChainBytes = 16;
constexpr size_t kFaultsShown = 30;

// Commands that may find that there is nothing to do any more; all others take effect or are
// refused.
constexpr std::array<std::string_view, 10> kMayDoNothing = {
    "Ingest",   "AcceptWork",     "AssignCrew", "Close",   "GrantVoid",
    "Dispatch", "RegisterDevice", "Urge",       "AskJoin", "PassFeedback"};

}  // namespace

std::string Audit::ToString(const Place& place) const {
  return fmt::format("{}/{} seq {}", place.service, place.partition, place.seq);
}

void Audit::Lost(std::string what) {
  ++lost_;
  if (faults_.size() < kFaultsShown) faults_.push_back("lost: " + std::move(what));
}

void Audit::Twice(std::string what) {
  ++twice_;
  if (faults_.size() < kFaultsShown) faults_.push_back("twice: " + std::move(what));
}

base::Status Audit::ReadJournals(Client& client, const Who& operator_post) {
  for (const auto& service : client.services()) {
    operations::v1::CityView city;
    RETURN_IF_ERROR(client.AskAt(service, "/wanmi.operations.v1.Operations/GetCity", operator_post,
                                 operations::v1::GetCity(), &city));
    for (const auto& slice : city.slices()) {
      if (!service.empty() && slice.service() != service) continue;
      RETURN_IF_ERROR(ReadSlice(client, operator_post, slice.service(), slice.partition()));
    }
  }
  return {};
}

base::Status Audit::ReadSlice(Client& client, const Who& who, const std::string& service,
                              int partition) {
  std::string prev(kChainBytes, '\0');
  operations::v1::ReadEntries read;
  read.set_service(service);
  read.set_partition(partition);
  read.set_most(500);
  while (true) {
    operations::v1::EntryPage page;
    RETURN_IF_ERROR(
        client.AskAt(service, "/wanmi.operations.v1.Operations/ReadEntries", who, read, &page));
    for (const auto& bytes : page.entries()) {
      TakeEntry(service, partition, read.after_seq() + 1, prev, bytes);
      prev = base::Sha256(bytes).substr(0, kChainBytes);
      read.set_after_seq(read.after_seq() + 1);
    }
    if (page.entries().empty()) {
      if (read.after_seq() < page.last_seq()) {
        Lost(fmt::format("{}/{} ends at seq {}, its journal says {}", service, partition,
                         read.after_seq(), page.last_seq()));
      }
      return {};
    }
  }
}

void Audit::TakeEntry(const std::string& service, int partition, int64_t expected_seq,
                      const std::string& prev, const std::string& bytes) {
  journal::v1::Entry entry;
  const Place place{service, partition, expected_seq};
  ++entries_;
  if (!entry.ParseFromString(bytes)) return Lost(ToString(place) + " cannot be read");
  if (entry.seq() != expected_seq)
    Lost(fmt::format("{} says seq {}", ToString(place), entry.seq()));
  if (entry.prev() != prev) Lost(ToString(place) + " does not follow the entry before it");
  TakeCause(place, entry.cause());
  for (const auto& change : entry.changes()) {
    streams_[place].push_back(change.stream());
    for (const auto& event : change.events()) TakeEvent(service, change.stream(), event);
  }
}

void Audit::TakeCause(const Place& place, const journal::v1::Cause& cause) {
  if (cause.has_request()) requests_[cause.request().id()].push_back(place);
  if (!cause.has_upstream()) return;
  const auto& from = cause.upstream();
  const Place consumer{place.service, place.partition, 0};
  const Place upstream{from.service(), from.partition(), from.seq()};
  const auto [first, fresh] = upstreams_.emplace(std::pair(consumer, upstream), place);
  if (!fresh) {
    Twice(fmt::format("{} and {} both follow from {}", ToString(first->second), ToString(place),
                      ToString(upstream)));
  }
}

void Audit::Compare(const std::vector<Told>& ledger) {
  for (const auto& [id, places] : requests_) {
    for (size_t i = 1; i < places.size(); ++i) {
      Twice(fmt::format("command {} stands in {} and in {}", id, ToString(places[0]),
                        ToString(places[i])));
    }
  }
  for (const auto& told : ledger) CompareOne(told);
  CompareLifecycle();
}

void Audit::CompareOne(const Told& told) {
  static const std::vector<Place> kNowhere;
  const auto found = requests_.find(told.id);
  const auto& places = found == requests_.end() ? kNowhere : found->second;
  bool was_ok = false;
  for (const auto& answer : told.answers) {
    CompareAnswer(told, answer, was_ok, places);
    was_ok = was_ok || answer.status.ok();
  }
  const bool refused =
      !told.answers.back().status.ok() && !IsRetryable(told.answers.back().status.code());
  if (refused && !was_ok && !places.empty()) {
    Twice(fmt::format("{} {} was refused, and stands in {}", told.method, told.id,
                      ToString(places[0])));
  }
}

void Audit::CompareAnswer(const Told& told, const Answer& answer, bool was_ok,
                          const std::vector<Place>& places) {
  if (!answer.status.ok()) {
    if (IsRetryable(answer.status.code())) {
      ++unanswered_;
    } else if (was_ok && !places.empty()) {
      Twice(fmt::format("{} {} was told Ok, and when sent again: {}", told.method, told.id,
                        answer.status.ToString()));
    }
    return;
  }
  const Place said{told.service, answer.receipt.partition(), answer.receipt.seq()};
  if (places.empty()) {
    if (MayHaveNoEffect(told, answer.receipt)) {
      without_effect_ += was_ok ? 0 : 1;
    } else if (!was_ok) {
      Lost(fmt::format("{} {} was told Ok in {}, and stands nowhere", told.method, told.id,
                       ToString(said)));
    }
    return;
  }
  if (std::find(places.begin(), places.end(), said) != places.end()) return;
  Lost(fmt::format("{} {} was told Ok in {}, and stands in {}", told.method, told.id,
                   ToString(said), ToString(places[0])));
}

// Told Ok without an entry of its own: right only if the entry it was told of is about its stream.
bool Audit::MayHaveNoEffect(const Told& told, const common::v1::Receipt& receipt) const {
  if (std::find(kMayDoNothing.begin(), kMayDoNothing.end(), told.method) == kMayDoNothing.end())
    return false;
  const auto found = streams_.find({told.service, receipt.partition(), receipt.seq()});
  if (found == streams_.end()) return false;
  return std::find(found->second.begin(), found->second.end(), receipt.stream()) !=
         found->second.end();
}

}  // namespace wanmi::demo
