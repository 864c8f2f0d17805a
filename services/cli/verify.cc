// verify.cc: `wanmi verify` reads every slice of the city and checks its chain.
#include <fmt/format.h>

#include <iostream>
#include <thread>

#include "journal/chain.h"
#include "services/cli/commands.h"
#include "services/cli/each.h"
#include "services/cli/table.h"

namespace wanmi::cli {
namespace {

// OK, DATA_LOSS where the chain breaks, or why it cannot be read. Entries appended meanwhile are
// not looked at: the city lives on. `told_by`: the service that is asked.
base::Status Check(const std::string& told_by, const operations::v1::SliceView& slice,
                   Session& session, journal::ChainCheck* chain) {
  const auto give_up = std::chrono::steady_clock::now() + session.options.patience;
  while (chain->seq() < slice.seq()) {
    operations::v1::ReadEntries read;
    read.set_service(slice.service());
    read.set_partition(slice.partition());
    read.set_after_seq(chain->seq());
    read.set_most(500);
    operations::v1::EntryPage page;
    RETURN_IF_ERROR(session.Operate(told_by, "ReadEntries", read, &page));
    for (const auto& entry : page.entries()) RETURN_IF_ERROR(chain->Take(entry));
    if (!page.entries().empty()) continue;
    // Another replica may have answered than the one that said how far it is.
    if (std::chrono::steady_clock::now() > give_up) {
      return base::DataLoss("expected entries up to {}, found none after {}", slice.seq(),
                            chain->seq());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return {};
}

class Verification {
 public:
  explicit Verification(Session& session) : session_(session) {}

  base::Status Run() {
    ASSIGN_OR_RETURN(auto each, Each::Of(session_));
    const base::Status asked = each.Ask([&](const std::string& service) -> base::Status {
      operations::v1::CityView city;
      RETURN_IF_ERROR(session_.Operate(service, "GetCity", operations::v1::GetCity(), &city));
      for (const auto& slice : city.slices()) {
        if (each.Speaks(service, slice.service())) RETURN_IF_ERROR(Add(service, slice));
      }
      return {};
    });
    if (table_.size() > 0) {
      std::cout << table_.Text();
      fmt::print("{} entries in {} slices\n", entries_, table_.size());
      std::fflush(stdout);
    }
    if (broken_ == 0) return asked;
    return base::DataLoss("{} of {} chains are broken", broken_, table_.size());
  }

 private:
  base::Status Add(const std::string& service, const operations::v1::SliceView& slice) {
    journal::ChainCheck chain;
    const base::Status status = Check(service, slice, session_, &chain);
    if (!status.ok() && status.code() != base::Code::kDataLoss) return status;
    if (!status.ok()) ++broken_;
    entries_ += chain.seq();
    table_.Add({fmt::format("{}/{}", slice.service(), slice.partition()),
                fmt::to_string(chain.seq()), status.ok() ? "OK" : "BROKEN: " + status.message()});
    return {};
  }

  Session& session_;
  Table table_{{"slice", "entries", "chain"}};
  int broken_ = 0;
  int64_t entries_ = 0;
};

}  // namespace

void AddVerify(const Program& program) {
  CLI::App* command = program.Add("verify", "check the chain of every slice");
  program.Run(command, [session = program.session] { return Verification(*session).Run(); });
}

}  // namespace wanmi::cli
