// operate.cc: what the people who run a city ask: status, tail, parked, verify, digests, forget.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <thread>

#include "journal/journal.h"
#include "services/cli/commands.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::cli {
namespace {

namespace ops = ::wanmi::operations::v1;

// each(seq, bytes, entry) for every entry after a seq; returns the last seq that was there.
template <class Each>
base::Result<int64_t> ReadSlice(const Connection& city, const std::string& service, int partition,
                                int64_t after, Each each) {
  for (;;) {
    ops::ReadEntries read;
    read.set_service(service);
    read.set_partition(partition);
    read.set_after_seq(after);
    read.set_most(500);
    ASSIGN_OR_RETURN(const auto page, city.Ask<ops::EntryPage>("ReadEntries", read));
    for (const auto& bytes : page.entries()) {
      journal::v1::Entry entry;
      if (!entry.ParseFromString(bytes))
        return base::DataLoss("{}/{} seq {} cannot be read", service, partition, after + 1);
      each(++after, bytes, entry);
    }
    if (page.entries().empty()) return after;
  }
}

std::string Cause(const journal::v1::Entry& entry) {
  const auto& cause = entry.cause();
  if (cause.has_request()) return "request " + cause.request().id();
  if (cause.has_upstream()) {
    return fmt::format("{}/{} seq {}", cause.upstream().service(), cause.upstream().partition(),
                       cause.upstream().seq());
  }
  if (cause.has_due()) return "due " + cause.due().stream();
  if (entry.has_genesis()) return "genesis of " + entry.genesis().city();
  return entry.deliveries_size() > 0 ? "deliveries" : "mark";
}

void PrintEntry(const std::string& service, int partition, const journal::v1::Entry& entry) {
  std::string events;
  for (const auto& change : entry.changes()) {
    for (const auto& bytes : change.events()) {
      const auto event =
          NewMessage(google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
              "wanmi." + service + ".v1.Event"));
      const auto* kind = event->ParseFromString(bytes)
                             ? event->GetReflection()->GetOneofFieldDescriptor(
                                   *event, event->GetDescriptor()->oneof_decl(0))
                             : nullptr;
      events += fmt::format(" {}({})", kind ? kind->message_type()->name() : "?", change.stream());
    }
  }
  for (const auto& refusal : entry.refusals()) events += " refused(" + refusal.stream() + ")";
  if (entry.has_parked()) events += " PARKED: " + entry.parked().reason();
  fmt::print("{}  {}/{} {:6}  {}  <-{}\n", LocalTime(entry.at_us()), service, partition,
             entry.seq(), events, Cause(entry));
}

}  // namespace

base::Status ShowStatus(const Connection& city) {
  ASSIGN_OR_RETURN(const auto view, city.Ask<ops::CityView>("GetCity", ops::GetCity()));
  fmt::print("city {} · journal {} · {} partitions · level {} · {} · {}\n", view.city(),
             view.journal_id(), view.partitions(), view.level(), LocalTime(view.now_us()),
             view.ready().empty() ? "ready" : "NOT READY: " + view.ready());
  std::map<std::string, std::pair<int64_t, std::string>> services;
  for (const auto& slice : view.slices()) {
    auto& [entries, epochs] = services[slice.service()];
    entries += slice.seq();
    epochs += fmt::format(" {}", slice.epoch());
  }
  std::vector<std::vector<std::string>> table = {{"service", "entries", "epochs"}};
  for (const auto& [service, what] : services)
    table.push_back({service, std::to_string(what.first), what.second});
  fmt::print("{}", Table(table));
  return {};
}

base::Status Tail(const Connection& city, const std::string& service, bool once) {
  ASSIGN_OR_RETURN(const auto view, city.Ask<ops::CityView>("GetCity", ops::GetCity()));
  std::map<std::pair<std::string, int>, int64_t> taken;
  for (const auto& slice : view.slices()) {
    // Following begins at the end; --once reads everything there is.
    if (service.empty() || service == slice.service())
      taken[{slice.service(), slice.partition()}] = once ? 0 : slice.seq();
  }
  if (taken.empty()) return base::NotFound("expected a service of the city, found '{}'", service);
  do {
    for (auto& [slice, seq] : taken) {
      ASSIGN_OR_RETURN(seq,
                       ReadSlice(city, slice.first, slice.second, seq,
                                 [&](int64_t, const std::string&, const journal::v1::Entry& entry) {
                                   PrintEntry(slice.first, slice.second, entry);
                                 }));
    }
    std::fflush(stdout);
    if (!once) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  } while (!once);
  return {};
}

base::Status Parked(const Connection& city) {
  ops::ListParked list;
  list.set_most(500);
  ASSIGN_OR_RETURN(const auto page, city.Ask<ops::ParkedPage>("ListParked", list));
  std::vector<std::vector<std::string>> table = {{"place", "at", "reason"}};
  for (const auto& parked : page.parked()) {
    table.push_back({fmt::format("{}/{}/{}", parked.service(), parked.partition(), parked.seq()),
                     LocalTime(parked.at_us()), parked.reason()});
  }
  fmt::print("{}{} parked\n", page.parked().empty() ? "" : Table(table), page.parked_size());
  return {};
}

base::Status Retry(const Connection& city, const std::string& place) {
  const auto first = place.find('/'), second = place.rfind('/');
  ops::RetryParked retry;
  retry.set_id(NewUuid());
  try {
    retry.set_service(place.substr(0, first));
    retry.set_partition(std::stoi(place.substr(first + 1, second - first - 1)));
    retry.set_seq(std::stoll(place.substr(second + 1)));
  } catch (const std::exception&) {
    return base::InvalidArgument(
        "expected service/partition/seq as `wanmi parked` shows it, found '{}'", place);
  }
  ASSIGN_OR_RETURN(const auto receipt, city.Ask<common::v1::Receipt>("RetryParked", retry));
  fmt::print("taken at seq {}\n", receipt.seq());
  return {};
}

base::Status Verify(const Connection& city) {
  ASSIGN_OR_RETURN(const auto view, city.Ask<ops::CityView>("GetCity", ops::GetCity()));
  int broken = 0;
  int64_t entries = 0;
  for (const auto& slice : view.slices()) {
    std::string prev = journal::GenesisHash(), wrong;
    ASSIGN_OR_RETURN(
        const int64_t last,
        ReadSlice(city, slice.service(), slice.partition(), 0,
                  [&](int64_t seq, const std::string& bytes, const journal::v1::Entry& entry) {
                    if (wrong.empty() && (entry.seq() != seq || entry.prev() != prev)) {
                      wrong = fmt::format("the chain breaks at seq {}", seq);
                    }
                    prev = journal::ChainHash(bytes);
                  }));
    entries += last;
    broken += wrong.empty() ? 0 : 1;
    if (!wrong.empty())
      fmt::print("{}/{}: BROKEN: {}\n", slice.service(), slice.partition(), wrong);
  }
  fmt::print("{} slices, {} entries: {}\n", view.slices_size(), entries,
             broken == 0 ? "every chain holds" : "BROKEN");
  if (broken > 0) return base::DataLoss("{} chains are broken", broken);
  return {};
}

base::Status Digests(const Connection& city) {
  ASSIGN_OR_RETURN(const auto view, city.Ask<ops::DigestsView>("GetDigests", ops::GetDigests()));
  for (const auto& digest : view.digests())
    fmt::print("{:14} {}\n", digest.service(), digest.sha256_hex());
  return {};
}

base::Status Forget(const Connection& city, const std::string& subject) {
  ops::ForgetSubject forget;
  forget.set_subject(subject);
  ASSIGN_OR_RETURN(const auto forgotten, city.Ask<ops::Forgotten>("ForgetSubject", forget));
  fmt::print("{} is forgotten\n", subject);
  return {};
}

}  // namespace wanmi::cli
