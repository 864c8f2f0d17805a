// status.cc: `wanmi status` is the city as its processes see it: their state, and how far each
// slice is.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "services/cli/commands.h"
#include "services/cli/each.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace wanmi::cli {
namespace {

namespace ops = ::wanmi::operations::v1;

void PrintHead(const ops::CityView& city) {
  std::cout << fmt::format("{}  journal {}  level {} (reads {})  {} (local time, UTC+8)  {}\n",
                           city.city(), city.journal_id(), city.level(), city.reads(),
                           LocalTime(city.now_us()),
                           city.ready().empty() ? "ready" : "not ready: " + city.ready());
}

void PrintSlices(const ops::CityView& city) {
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
}

base::Status OfOne(Session& session) {
  ASSIGN_OR_RETURN(const auto city, session.City());
  if (session.PrintedAsJson(city)) return {};
  PrintHead(city);
  PrintSlices(city);
  return {};
}

// What many say, as if one said it: the lowest level that all read, why any is not ready, and of
// each slice what the process says that has most of it.
class Together {
 public:
  explicit Together(Each each) : each_(std::move(each)) {}

  // FAILED_PRECONDITION if it is of another city than the ones before.
  base::Status Add(const Process& process, const ops::CityView& city) {
    if (whole_.city().empty()) {
      whole_ = city;
      whole_.clear_slices();
    } else if (city.journal_id() != whole_.journal_id()) {
      return base::FailedPrecondition("expected a process of journal {}, found one of {}",
                                      whole_.journal_id(), city.journal_id());
    }
    whole_.set_level(std::max(whole_.level(), city.level()));
    whole_.set_reads(std::min(whole_.reads(), city.reads()));
    if (!city.ready().empty()) NotReady(NameOf(process) + ": " + city.ready());
    for (const auto& slice : city.slices()) {
      if (!each_.Speaks(process.service, slice.service())) continue;
      auto& best = slices_[{slice.service(), slice.partition()}];
      const bool decides = best.open();
      if (slice.seq() >= best.seq()) best = slice;
      best.set_open(decides || slice.open());
    }
    return {};
  }
  void NotReady(const std::string& why) { not_ready_ += (not_ready_.empty() ? "" : "; ") + why; }
  ops::CityView Whole() const {
    ops::CityView whole = whole_;
    whole.set_ready(not_ready_);
    for (const auto& [key, slice] : slices_) *whole.add_slices() = slice;
    return whole;
  }

 private:
  Each each_;
  ops::CityView whole_;
  std::string not_ready_;
  std::map<std::pair<std::string, int>, ops::SliceView> slices_;
};

// How many partitions of its own service it decides.
std::string Decides(const std::string& service, const ops::CityView& city) {
  int open = 0, all = 0;
  for (const auto& slice : city.slices()) {
    if (!service.empty() && slice.service() != service) continue;
    ++all;
    open += slice.open() ? 1 : 0;
  }
  return fmt::format("{} of {}", open, all);
}

base::Status OfMany(const std::vector<Process>& processes, Each each, Session& session) {
  Together together(std::move(each));
  Failures failures;
  Table table({"service", "process", "reads", "decides", "state"});
  for (const auto& process : processes) {
    const auto city = session.CityAt(process);
    const base::Status status = city.ok() ? together.Add(process, *city) : city.status();
    failures.Note(NameOf(process), status);
    if (!status.ok()) {
      together.NotReady(NameOf(process) + (city.ok() ? " is of another city" : " did not answer"));
      table.Add(
          {process.service, process.at, "?", "?", city.ok() ? "of another city" : "not reached"});
      continue;
    }
    table.Add({process.service, process.at, fmt::to_string(city->reads()),
               Decides(process.service, *city),
               city->ready().empty() ? "ready" : "not ready: " + city->ready()});
  }
  const ops::CityView whole = together.Whole();
  const base::Status outcome = failures.Outcome(processes.size());
  if (whole.city().empty() || session.PrintedAsJson(whole)) return outcome;
  PrintHead(whole);
  std::cout << table.Text();
  PrintSlices(whole);
  return outcome;
}

base::Status Status(Session& session) {
  ASSIGN_OR_RETURN(auto each, Each::Of(session));
  ASSIGN_OR_RETURN(const auto processes, session.Processes());
  if (each.alone() && processes.size() == 1) return OfOne(session);
  return OfMany(processes, std::move(each), session);
}

}  // namespace

void AddStatus(const Program& program) {
  program.Run(program.Add("status", "the city, its clock, its processes and its slices"),
              [session = program.session] { return Status(*session); });
}

}  // namespace wanmi::cli
