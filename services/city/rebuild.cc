#include "services/city/rebuild.h"

#include <filesystem>

#include "services/city/process.h"

namespace wanmi::city {
namespace {

runtime::HostOptions OptionsFor(const std::string& folder, int reads) {
  runtime::HostOptions options;
  options.reads = reads;
  options.lanes = Lanes();
  options.open_store = [folder](const rules::Definition& definition) {
    return OpenStore(folder, definition, [](const base::Status& failure) {
      // Of a write that was refused, whoever asked is told.
      if (failure.code() == base::Code::kDataLoss) EndInDoubt("store.failed", failure.ToString());
    });
  };
  return options;
}

}  // namespace

base::Result<std::map<std::string, std::string>> FoldInto(const runtime::City& city,
                                                          journal::Journal& journal,
                                                          const std::string& folder,
                                                          const journal::Positions& until,
                                                          int reads) {
  const base::CityClock clock;
  std::vector<rules::Definition> definitions;  // a process may serve but some
  for (auto& definition : AllDefinitions(reads)) {
    const auto first = until.lower_bound({definition.name, 0});
    if (first != until.end() && first->first.service == definition.name)
      definitions.push_back(std::move(definition));
  }
  runtime::Host beside(city, std::move(definitions), journal, clock, OptionsFor(folder, reads));
  RETURN_IF_ERROR(beside.Fold(until));
  std::map<std::string, std::string> digests;
  for (const auto& service : beside.services()) digests[service] = beside.Digest(service);
  return digests;
}

base::Result<std::vector<Rebuilt>> RebuildBeside(const runtime::Host& in_use,
                                                 const std::string& into) {
  if (std::filesystem::exists(into)) {
    return base::AlreadyExists("{} is there already; delete it, or name another folder", into);
  }
  std::vector<Rebuilt> services;
  std::map<journal::Slice, int64_t> until;
  for (const std::string& service : in_use.services()) {
    Rebuilt& rebuilt = services.emplace_back();
    rebuilt.service = service;
    const auto now = in_use.DigestNow(service);
    rebuilt.in_use = now.digest;
    for (const auto& [slice, seq] : now.seqs) rebuilt.entries += seq;
    until.insert(now.seqs.begin(), now.seqs.end());
  }
  ASSIGN_OR_RETURN(auto digests,
                   FoldInto(in_use.city(), in_use.journal(), into, until, in_use.reads()));
  for (Rebuilt& rebuilt : services) rebuilt.digest = std::move(digests[rebuilt.service]);
  return services;
}

base::Status Rebuild(const config::v1::CityConfig& config, const std::string& into, int reads) {
  ASSIGN_OR_RETURN(const runtime::City city, LoadOrCreateCity(config));
  ASSIGN_OR_RETURN(const auto journal, OpenJournal(config));
  const base::CityClock clock;
  runtime::Host in_use(city, AllDefinitions(reads), *journal, clock,
                       OptionsFor(config.folder() + "/store", reads));
  RETURN_IF_ERROR(in_use.Fold());  // what a crash took of them
  ASSIGN_OR_RETURN(const auto services, RebuildBeside(in_use, into));
  bool equal = true;
  for (const Rebuilt& rebuilt : services) {
    equal = equal && rebuilt.equal();
    fmt::print("{} {} {} entries {}\n", rebuilt.service, rebuilt.digest, rebuilt.entries,
               rebuilt.equal() ? "equal" : "DIFFERS from " + rebuilt.in_use);
  }
  if (equal) return {};
  return base::DataLoss("the rebuilt views differ from those in use; look at the lines above");
}

}  // namespace wanmi::city
