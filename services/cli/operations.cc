// operations.cc: what the people who run a city ask it: parked, retry, digests, rebuild, forget.
#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <thread>

#include "services/cli/commands.h"
#include "services/cli/each.h"
#include "services/cli/evidence.h"
#include "services/cli/ids.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace wanmi::cli {
namespace {

namespace ops = ::wanmi::operations::v1;

std::string CauseText(const journal::v1::Cause& cause) {
  if (cause.has_request()) return "request " + cause.request().id();
  if (cause.has_due()) return "due of " + cause.due().stream();
  if (!cause.has_upstream()) return fmt::format("retry of {}", cause.retry());
  return fmt::format("{}/{}/{}", cause.upstream().service(), cause.upstream().partition(),
                     cause.upstream().seq());
}

base::Status Parked(Session& session) {
  ASSIGN_OR_RETURN(auto each, Each::Of(session));
  ops::ListParked list;
  list.set_most(500);
  ops::ParkedPage all;
  Table table({"entry", "at", "cause", "reason"});
  const base::Status asked = each.Ask([&](const std::string& service) -> base::Status {
    ops::ParkedPage page;
    RETURN_IF_ERROR(session.Operate(service, "ListParked", list, &page));
    for (const auto& parked : page.parked()) {
      if (!each.Speaks(service, parked.service())) continue;
      *all.add_parked() = parked;
      table.Add({fmt::format("{}/{}/{}", parked.service(), parked.partition(), parked.seq()),
                 LocalTime(parked.at_us()), CauseText(parked.cause()), parked.reason()});
    }
    return {};
  });
  if (session.PrintedAsJson(all)) return asked;
  if (table.size() > 0) std::cout << table.Text();
  if (table.size() == 0 && asked.ok()) std::cout << "nothing is parked\n";
  return asked;
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
  RETURN_IF_ERROR(session.Operate(retry.service(), "RetryParked", retry, &receipt));
  if (!session.PrintedAsJson(receipt)) {
    std::cout << ReceiptText(retry.service(), receipt) << "\n";
  }
  return {};
}

base::Status Digests(Session& session) {
  ASSIGN_OR_RETURN(auto each, Each::Of(session));
  ops::DigestsView all;
  Table table({"service", "SHA-256 of all its rows"});
  const base::Status asked = each.Ask([&](const std::string& service) -> base::Status {
    ops::DigestsView view;
    RETURN_IF_ERROR(session.Operate(service, "GetDigests", ops::GetDigests(), &view));
    for (const auto& digest : view.digests()) {
      if (!each.Speaks(service, digest.service())) continue;
      *all.add_digests() = digest;
      table.Add({digest.service(), digest.sha256_hex()});
    }
    return {};
  });
  if (!session.PrintedAsJson(all)) std::cout << table.Text();
  return asked;
}

// Starts one and waits for its end; one that is under way already will do.
base::Status RebuildAt(const Process& process, Session& session, ops::RebuildView* view) {
  ops::Rebuild rebuild;
  rebuild.set_start(true);
  RETURN_IF_ERROR(session.OperateAt(process, "Rebuild", rebuild, view));
  rebuild.set_start(false);
  while (view->state() == ops::RebuildView::STATE_RUNNING) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    RETURN_IF_ERROR(session.OperateAt(process, "Rebuild", rebuild, view));
  }
  if (view->state() == ops::RebuildView::STATE_DONE) return {};
  return base::Internal("the rebuild did not come to its end: {}", view->problem());
}

bool IsEqual(const ops::RebuiltService& service) {
  return service.sha256_hex() == service.in_use_sha256_hex();
}

// Every process has views of its own, also of directory and rulebook; one after the other folds
// them anew.
base::Status Rebuild(Session& session) {
  ASSIGN_OR_RETURN(const auto processes, session.Processes());
  const bool alone = processes.size() == 1;
  ops::RebuildView all;
  Failures failures;
  Table table(alone
                  ? std::vector<std::string>{"service", "entries", "SHA-256 of all rebuilt rows",
                                             "beside those in use"}
                  : std::vector<std::string>{"process", "service", "entries",
                                             "SHA-256 of all rebuilt rows", "beside those in use"});
  std::string different;
  int64_t entries = 0;
  for (const auto& process : processes) {
    ops::RebuildView view;
    const base::Status status = RebuildAt(process, session, &view);
    failures.Note(NameOf(process), status);
    if (!status.ok()) continue;
    all.set_state(view.state());
    all.set_seconds(all.seconds() + view.seconds());
    for (const auto& service : view.services()) {
      *all.add_services() = service;
      entries += service.entries();
      std::vector<std::string> row{service.service(), fmt::to_string(service.entries()),
                                   service.sha256_hex(), IsEqual(service) ? "equal" : "DIFFERENT"};
      if (!alone) row.insert(row.begin(), NameOf(process));
      table.Add(std::move(row));
      if (!IsEqual(service) && !different.ends_with(NameOf(process)))
        different += (different.empty() ? "" : ", ") + NameOf(process);
    }
  }
  if (!session.PrintedAsJson(all) && table.size() > 0)
    std::cout << table.Text() << fmt::format("{} entries in {:.1f} s\n", entries, all.seconds());
  if (different.empty()) return failures.Outcome(processes.size());
  return base::DataLoss(
      "the views in use differ from their rebuild{}; stop the process and delete its store folder",
      alone ? "" : " at " + different);
}

base::Status Forget(const std::string& subject, Session& session) {
  ops::ForgetSubject forget;
  forget.set_subject(subject);
  ops::Forgotten forgotten;
  RETURN_IF_ERROR(session.OperateAnywhere("ForgetSubject", forget, &forgotten));
  if (!session.PrintedAsJson(forgotten)) {
    std::cout << "the keys of " << subject << " are destroyed; what they sealed cannot be read\n";
  }
  return {};
}

}  // namespace

void AddOperations(const Program& program) {
  Session* session = program.session;
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
