#include "services/city/works.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "journal/transfer.h"
#include "services/city/serving.h"

namespace wanmi::city {
namespace {

// Says at the start whether the process before ended in order, and forgets it at once.
bool TakeCleanMark(const std::string& folder) {
  const bool first_start = !std::filesystem::exists(folder + "/journal");
  return std::filesystem::remove(folder + "/clean") || first_start;
}

// Nobody knows what a failed write or sync has left: the kernel drops what it could not write, and
// its cache still shows it.
void EndCity(const std::string& why) { EndInDoubt("city.in_doubt", why); }

}  // namespace

Works::Works(const config::v1::CityConfig& config, runtime::City city)
    : config(config),
      city(std::move(city)),
      runtime_metrics(metrics, this->city.name),
      outlet(config.folder() + "/outbox.jsonl") {}

base::Status Works::Open() {
  RETURN_IF_ERROR(host->Open());
  base::Log(base::Level::kInfo, "city.opened",
            {{"city", city.name}, {"clean", clean ? "yes" : "no"}});
  return {};
}

void Works::Close() {
  host->Stop();
  std::ofstream(config.folder() + "/clean") << "closed in order\n";
  base::Log(base::Level::kInfo, "city.closed", {{"city", city.name}});
}

base::Result<std::unique_ptr<Works>> Assemble(const config::v1::CityConfig& config,
                                              std::unique_ptr<base::Clock> clock, int reads) {
  const bool clean = TakeCleanMark(config.folder());
  ASSIGN_OR_RETURN(runtime::City city, LoadOrCreateCity(config));
  auto works = std::make_unique<Works>(config, std::move(city));
  works->clean = clean;
  std::filesystem::create_directories(config.folder() + "/marks");
  ASSIGN_OR_RETURN(works->journal, OpenJournal(config));
  RETURN_IF_ERROR(journal::CheckNoHalfImport(*works->journal, SlicesOf(works->city)));
  works->clock = std::move(clock);
  if (!works->clock) {
    ASSIGN_OR_RETURN(const LastRecorded last, LookAtEnds(*works->journal, works->city));
    ASSIGN_OR_RETURN(works->clock, MakeClock(config.clock(), last.at));
  }
  vault::OpenOptions vault_options{config.folder() + "/vault", config.master_key_file(), true};
  ASSIGN_OR_RETURN(works->vault, vault::OpenVault(vault_options));

  runtime::HostOptions options;
  options.instance = fmt::format(
      "{}-{}", ::getpid(),
      base::ToMicros(std::chrono::time_point_cast<base::Span>(std::chrono::system_clock::now())));
  options.address = config.listen();
  options.mark_folder = config.folder() + "/marks";
  options.unclean = !clean;
  options.open_store = [folder = config.folder()](const rules::Definition& definition) {
    return OpenStore(folder + "/store", definition,
                     [](const base::Status& failure) { EndCity(failure.ToString()); });
  };
  options.before_append = [vault = works->vault.get()] { return vault->Sync(); };
  works->disk =
      std::make_unique<DiskWatch>(config.folder(), config.keep_free_bytes(), *works->clock);
  options.room = [disk = works->disk.get()] { return disk->Room(); };
  options.in_doubt = EndCity;
  options.outlet = &works->outlet;
  options.metrics = &works->runtime_metrics;
  options.lanes = Lanes();
  options.reads = reads;
  works->host = std::make_unique<runtime::Host>(works->city, AllDefinitions(reads), *works->journal,
                                                *works->clock, std::move(options));
  return works;
}

}  // namespace wanmi::city
