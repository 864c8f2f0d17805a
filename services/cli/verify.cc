// verify.cc: `wanmi verify` reads every slice of the city and checks its chain.
#include <fmt/format.h>

#include <iostream>

#include "journal/chain.h"
#include "services/cli/commands.h"
#include "services/cli/table.h"

namespace wanmi::cli {
namespace {

// OK, DATA_LOSS where the chain breaks, or why it cannot be read. Entries appended meanwhile are
// not looked at: the city lives on.
base::Status Check(const operations::v1::SliceView& slice, Session& session,
                   journal::ChainCheck* chain) {
  while (chain->seq() < slice.seq()) {
    operations::v1::ReadEntries read;
    read.set_service(slice.service());
    read.set_partition(slice.partition());
    read.set_after_seq(chain->seq());
    read.set_most(500);
    operations::v1::EntryPage page;
    RETURN_IF_ERROR(session.CallOperations("ReadEntries", read, &page));
    if (page.entries().empty()) {
      return base::DataLoss("expected entries up to {}, found none after {}", slice.seq(),
                            chain->seq());
    }
    for (const auto& entry : page.entries()) RETURN_IF_ERROR(chain->Take(entry));
  }
  return {};
}

base::Status Verify(Session& session) {
  ASSIGN_OR_RETURN(const auto city, session.City());
  Table table({"slice", "entries", "chain"});
  int broken = 0;
  int64_t entries = 0;
  for (const auto& slice : city.slices()) {
    journal::ChainCheck chain;
    const base::Status status = Check(slice, session, &chain);
    if (!status.ok() && status.code() != base::Code::kDataLoss) return status;
    if (!status.ok()) ++broken;
    entries += chain.seq();
    table.Add({fmt::format("{}/{}", slice.service(), slice.partition()),
               fmt::to_string(chain.seq()), status.ok() ? "OK" : "BROKEN: " + status.message()});
  }
  std::cout << table.Text();
  fmt::print("{} entries in {} slices\n", entries, city.slices_size());
  std::fflush(stdout);
  if (broken == 0) return {};
  return base::DataLoss("{} of {} chains are broken", broken, city.slices_size());
}

}  // namespace

void AddVerify(const Program& program) {
  CLI::App* command = program.Add("verify", "check the chain of every slice");
  program.Run(command, [session = program.session] { return Verify(*session); });
}

}  // namespace wanmi::cli
