// operations.cc: what the people who run a city ask it: status, parked, retry, digests, forget.
#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <map>
#include <thread>

#include "services/cli/commands.h"
#include "services/cli/evidence.h"
#include "services/cli/ids.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace wanmi::cli {
namespace {

namespace ops = ::wanmi::operations::v1;

base::Status Status(Session& session) {
  ASSIGN_OR_RETURN(const auto city, session.City());
  if (session.PrintedAsJson(city)) return {};
  std::cout << fmt::format("{}  journal {}  level {} (reads {})  {} (local time, UTC+8)  {}\n",
                           city.city(), city.journal_id(), city.level(), city.reads(),
                           LocalTime(city.now_us()),
                           city.ready().empty() ? "ready" : "not ready: " + city.ready());
  std::vector<std::string> order;
  std::map<std::string, std::string> seqs;
  std::map<std::string, int64_t> sums;
  for (const auto& slice : city.slices()) {
    if (sums.count(slice.service()) == 0) order.push_back(slice.service());
    sums[slice.service()] += slice.seq();
    seqs[slice.service()] += fmt::format("{} ", slice.seq());
  }
  Table table({"service", "entries", "seq of each slice"});
  for (const auto& name : order) table.Add({name, fmt::to_string(sums[name]), seqs[name]});
  std::cout << table.Text();
  return {};
}

std::string CauseText(const journal::v1::Cause& cause) {
  if (cause.has_request()) return "request " + cause.request().id();
  if (cause.has_due()) return "due of " + cause.due().stream();
  if (!cause.has_upstream()) return fmt::format("retry of {}", cause.retry());
  return fmt::format("{}/{}/{}", cause.upstream().service(), cause.upstream().partition(),
                     cause.upstream().seq());
}

base::Status Parked(Session& session) {
  ops::ListParked list;
  list.set_most(500);
  ops::ParkedPage page;
  RETURN_IF_ERROR(session.CallOperations("ListParked", list, &page));
  if (session.PrintedAsJson(page)) return {};
  Table table({"entry", "at", "cause", "reason"});
  for (const auto& parked : page.parked()) {
    table.Add({fmt::format("{}/{}/{}", parked.service(), parked.partition(), parked.seq()),
               LocalTime(parked.at_us()), CauseText(parked.cause()), parked.reason()});
  }
  std::cout << (table.size() > 0 ? table.Text() : "nothing is parked\n");
  return {};
}

// SERVICE/PARTITION/SEQ
base::Status Retry(const std::string& entry, Session& session) {
  const size_t first = entry.find('/'), last = entry.rfind('/');
  int32_t partition = -1;
  int64_t seq = 0;
  const auto parse = [&](size_t begin, size_t end, auto* number) {
    const char* stop = entry.data() + end;
    const auto parsed = std::from_chars(entry.data() + begin, stop, *number);
    return parsed.ec == std::errc() && parsed.ptr == stop;
  };
  if (first == entry.npos || first == last || !parse(first + 1, last, &partition) ||
      !parse(last + 1, entry.size(), &seq)) {
    return base::InvalidArgument("expected SERVICE/PARTITION/SEQ like intake/3/17, found '{}'",
                                 entry);
  }
  ops::RetryParked retry;
  retry.set_id(NewId());
  retry.set_service(entry.substr(0, first));
  retry.set_partition(partition);
  retry.set_seq(seq);
  common::v1::Receipt receipt;
  RETURN_IF_ERROR(session.CallOperations("RetryParked", retry, &receipt));
  if (!session.PrintedAsJson(receipt)) {
    std::cout << ReceiptText(retry.service(), receipt) << "\n";
  }
  return {};
}

base::Status Digests(Session& session) {
  ops::DigestsView view;
  RETURN_IF_ERROR(session.CallOperations("GetDigests", ops::GetDigests(), &view));
  if (session.PrintedAsJson(view)) return {};
  Table table({"service", "SHA-256 of all its rows"});
  for (const auto& digest : view.digests()) table.Add({digest.service(), digest.sha256_hex()});
  std::cout << table.Text();
  return {};
}

// Starts one and waits for its end; one that is under way already will do.
base::Status Rebuild(Session& session) {
  ops::Rebuild rebuild;
  rebuild.set_start(true);
  ops::RebuildView view;
  RETURN_IF_ERROR(session.CallOperations("Rebuild", rebuild, &view));
  rebuild.set_start(false);
  while (view.state() == ops::RebuildView::STATE_RUNNING) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    RETURN_IF_ERROR(session.CallOperations("Rebuild", rebuild, &view));
  }
  if (view.state() != ops::RebuildView::STATE_DONE)
    return base::Internal("the rebuild did not come to its end: {}", view.problem());
  int64_t entries = 0;
  bool equal = true;
  Table table({"service", "entries", "SHA-256 of all rebuilt rows", "beside those in use"});
  for (const auto& service : view.services()) {
    const bool same = service.sha256_hex() == service.in_use_sha256_hex();
    equal = equal && same;
    entries += service.entries();
    table.Add({service.service(), fmt::to_string(service.entries()), service.sha256_hex(),
               same ? "equal" : "DIFFERENT"});
  }
  if (!session.PrintedAsJson(view)) {
    std::cout << table.Text() << fmt::format("{} entries in {:.1f} s\n", entries, view.seconds());
  }
  if (equal) return {};
  return base::DataLoss(
      "the views in use differ from their rebuild; stop the city and delete its store folder");
}

base::Status Forget(const std::string& subject, Session& session) {
  ops::ForgetSubject forget;
  forget.set_subject(subject);
  ops::Forgotten forgotten;
  RETURN_IF_ERROR(session.CallOperations("ForgetSubject", forget, &forgotten));
  if (!session.PrintedAsJson(forgotten)) {
    std::cout << "the keys of " << subject << " are destroyed; what they sealed cannot be read\n";
  }
  return {};
}

}  // namespace

void AddOperations(const Program& program) {
  Session* session = program.session;
  program.Run(program.Add("status", "the city, its clock and its slices"),
              [session] { return Status(*session); });
  program.Run(program.Add("parked", "inputs whose rules broke"),
              [session] { return Parked(*session); });
  program.Run(program.Add("digests", "a digest of each service's rows"),
              [session] { return Digests(*session); });
  program.Run(program.Add("rebuild", "folds all journals anew beside the views in use, compares"),
              [session] { return Rebuild(*session); });
  auto entry = std::make_shared<std::string>();
  CLI::App* retry = program.Add("retry", "decide a parked input again");
  retry->add_option("entry", *entry, "SERVICE/PARTITION/SEQ of `wanmi parked`")->required();
  program.Run(retry, [entry, session] { return Retry(*entry, *session); });
  auto subject = std::make_shared<std::string>();
  CLI::App* forget = program.Add("forget", "destroy the keys of a person; there is no way back");
  forget->add_option("subject", *subject, "report/<id>, person/<id>")->required();
  program.Run(forget, [subject, session] { return Forget(*subject, *session); });
}

}  // namespace wanmi::cli
