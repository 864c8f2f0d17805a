#include "services/city/process.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.h"
#include "base/sha256.h"
#include "journal/rocks_journal.h"
#include "services/alarms/service.h"
#include "services/assessment/service.h"
#include "services/city/next_level.h"
#include "services/directory/service.h"
#include "services/dispatch/service.h"
#include "services/grid/service.h"
#include "services/handling/service.h"
#include "services/intake/service.h"
#include "services/rulebook/service.h"
#include "services/verification/service.h"

namespace wanmi::city {
namespace {

base::Status WriteSynced(const std::string& file, const std::string& text) {
  const std::string beside = file + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return base::Unavailable("{} cannot be written", beside);
  const bool ok = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                  ::fsync(fd) == 0;
  ::close(fd);
  if (!ok || std::rename(beside.c_str(), file.c_str()) != 0)
    return base::Unavailable("{} cannot be written", file);
  return {};
}

}  // namespace

std::string NewId() {
  std::string bytes(16, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return base::Hex(bytes);
}

std::vector<rules::Definition> AllDefinitions(int reads) {
  std::vector<rules::Definition> all;
  all.push_back(directory::Define());  // the reference services first: others read their rows
  all.push_back(rulebook::Define());
  all.push_back(grid::Define());
  all.push_back(intake::Define());
  all.push_back(verification::Define());
  all.push_back(dispatch::Define());
  all.push_back(handling::Define());
  all.push_back(assessment::Define());
  all.push_back(alarms::Define());
  if (reads > runtime::kReadsLevel) {
    for (auto& definition : all) definition = OfNextLevel(std::move(definition));
  }
  return all;
}

std::vector<journal::Slice> SlicesOf(const runtime::City& city) {
  std::vector<journal::Slice> slices, reference;
  for (const auto& definition : AllDefinitions()) {
    auto& to = definition.reference ? reference : slices;
    for (int p = 0; p < (definition.reference ? 1 : city.partitions); ++p)
      to.push_back({definition.name, p});
  }
  slices.insert(slices.end(), reference.begin(), reference.end());
  return slices;
}

base::Result<std::unique_ptr<journal::Journal>> OpenJournal(const config::v1::CityConfig& config) {
  ASSIGN_OR_RETURN(const auto log, journal::OpenRocksLog(config.folder() + "/journal"));
  return std::unique_ptr<journal::Journal>(
      std::make_unique<journal::RocksJournal>(log, config.city()));
}

base::Result<std::optional<runtime::City>> ReadCity(const std::string& folder) {
  const std::string file = folder + "/city.json";
  std::ifstream in(file);
  if (!in && std::filesystem::exists(folder + "/journal/CURRENT")) {
    return base::DataLoss(
        "{} has a journal and no city.json: an import or a restore did not come to its end; do it "
        "again, or begin with a new folder",
        folder);
  }
  if (!in) return std::optional<runtime::City>();
  const auto json = nlohmann::json::parse(in, nullptr, false);
  const bool whole = json.is_object() && json.contains("city") && json.contains("journal_id") &&
                     json.contains("partitions") && json.contains("incarnation");
  if (!whole) return base::DataLoss("{} is not readable; restore it from a backup", file);
  // Cities made before the level was a document have a 1 here, which is what holds without one.
  if (json.value("level", 1) != 1) {
    return base::FailedPrecondition(
        "{} gives level {}; the level is a document of the rulebook now: take the line out, start "
        "the city, and raise it with `wanmi level raise`",
        file, json["level"].dump());
  }
  runtime::City city;
  city.name = json["city"];
  city.journal_id = json["journal_id"];
  city.partitions = json["partitions"];
  city.incarnation = json["incarnation"];
  return std::optional(std::move(city));
}

base::Status WriteCity(const std::string& folder, const runtime::City& city) {
  const nlohmann::ordered_json json = {{"city", city.name},
                                       {"journal_id", city.journal_id},
                                       {"partitions", city.partitions},
                                       {"incarnation", city.incarnation}};
  return WriteSynced(folder + "/city.json", json.dump(2) + "\n");
}

base::Status SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::syncfs(fd) == 0;  // of all its file system
  if (fd >= 0) ::close(fd);
  if (!ok) return base::Unavailable("{} cannot be made durable", folder);
  return {};
}

base::Result<runtime::City> LoadOrCreateCity(const config::v1::CityConfig& config) {
  std::filesystem::create_directories(config.folder());
  ASSIGN_OR_RETURN(const auto known, ReadCity(config.folder()));
  if (known) {
    if (known->name != config.city() || known->partitions != config.partitions()) {
      return base::FailedPrecondition(
          "the folder {} is of city {} with {} partitions, the configuration says {} with {}; "
          "partitions are "
          "fixed when a city is created",
          config.folder(), known->name, known->partitions, config.city(), config.partitions());
    }
    return *known;
  }
  runtime::City city;
  city.name = config.city();
  city.journal_id = NewId();
  city.partitions = config.partitions();
  RETURN_IF_ERROR(WriteCity(config.folder(), city));
  return city;
}

base::Result<std::unique_ptr<store::Store>> OpenStore(const std::string& folder,
                                                      const rules::Definition& definition,
                                                      store::OnFailure on_failure) {
  const std::string place =
      fmt::format("{}/{}-v{}", folder, definition.name, definition.state_version);
  std::filesystem::create_directories(place);
  auto store = store::OpenRocksStore(place, on_failure);
  if (store.ok() || store.status().code() != base::Code::kDataLoss) return store;
  base::Log(base::Level::kError, "store.set_aside",
            {{"service", definition.name}, {"reason", store.status().message()}});
  std::filesystem::remove_all(place + ".damaged");
  std::filesystem::rename(place, place + ".damaged");
  std::filesystem::create_directories(place);
  return store::OpenRocksStore(place, std::move(on_failure));
}

base::Result<LastRecorded> LookAtEnds(const journal::Journal& journal, const runtime::City& city) {
  LastRecorded last;
  for (const auto& slice : SlicesOf(city)) {
    ASSIGN_OR_RETURN(const int64_t seq, journal.LastSeq(slice));
    if (seq == 0) continue;
    RETURN_IF_ERROR(journal.Read(slice, seq - 1, [&](int64_t, std::string_view bytes) {
      journal::v1::Entry entry;
      if (entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        last.at = std::max(last.at, base::FromMicros(entry.at_us()));
        last.level = std::max(last.level, entry.level());
      }
      return true;
    }));
  }
  return last;
}

void EndInDoubt(const char* event, const std::string& why) {
  base::Log(base::Level::kError, event,
            {{"reason", why}, {"exit_code", kExitInDoubt}, {"do", "see the disk, start it again"}});
  std::_Exit(kExitInDoubt);
}

// One more than cores: one works while another waits for the disk. More take smaller steps.
int Lanes() { return 1 + std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

}  // namespace wanmi::city
