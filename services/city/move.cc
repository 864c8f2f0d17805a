#include "services/city/move.h"

#include <filesystem>
#include <fstream>

#include "services/city/process.h"

namespace wanmi::city {
namespace {

// The folder's own city, if it has one, must be that of the file.
base::Status CheckFolder(const config::v1::CityConfig& config, const runtime::City& from) {
  if (!std::filesystem::exists(config.folder() + "/city.json")) return {};
  ASSIGN_OR_RETURN(const auto known, ReadCity(config.folder()));
  if (!known) return {};
  if (known->journal_id == from.journal_id && known->incarnation == from.incarnation) return {};
  return base::FailedPrecondition(
      "expected a folder of city {}, journal {}, incarnation {}, found city {}, journal {}, "
      "incarnation {} in {}; import into a new folder",
      from.name, from.journal_id, from.incarnation, known->name, known->journal_id,
      known->incarnation, config.folder());
}

}  // namespace

journal::v1::TransferHeader HeaderOf(const runtime::City& city, const LastRecorded& last) {
  journal::v1::TransferHeader header;
  header.set_city(city.name);
  header.set_journal_id(city.journal_id);
  header.set_incarnation(city.incarnation);
  header.set_partitions(city.partitions);
  header.set_level(last.level);
  header.set_made_at_us(base::ToMicros(last.at));
  return header;
}

base::Status CheckSameCity(const config::v1::CityConfig& config, const std::string& city,
                           int partitions) {
  if (config.city() == city && config.partitions() == partitions) return {};
  return base::InvalidArgument(
      "expected entries of city {} with {} partitions, as the configuration says, found city {} "
      "with {}; give the configuration of that city",
      config.city(), config.partitions(), city, partitions);
}

base::Status ExportJournal(const config::v1::CityConfig& config, const std::string& file,
                           const journal::Progress& progress) {
  ASSIGN_OR_RETURN(const auto city, ReadCity(config.folder()));
  if (!city) return base::NotFound("expected a city in {}, found none", config.folder());
  RETURN_IF_ERROR(CheckSameCity(config, city->name, city->partitions));
  ASSIGN_OR_RETURN(const auto journal, OpenJournal(config));
  const auto slices = SlicesOf(*city);
  RETURN_IF_ERROR(journal::CheckNoHalfImport(*journal, slices));
  ASSIGN_OR_RETURN(const auto positions, journal::ClosedNow(*journal, slices));
  ASSIGN_OR_RETURN(const LastRecorded last, LookAtEnds(*journal, *city));
  return journal::Export(*journal, positions, HeaderOf(*city, last), file, progress);
}

base::Status ImportJournal(const config::v1::CityConfig& config, const std::string& file,
                           const journal::Progress& progress) {
  ASSIGN_OR_RETURN(const auto content, journal::CheckTransfer(file));
  const auto& header = content.header;
  progress(fmt::format("{}: city {}, journal {}, {} entries, whole", file, header.city(),
                       header.journal_id(), content.entries));
  RETURN_IF_ERROR(CheckSameCity(config, header.city(), header.partitions()));
  const runtime::City city{header.city(), header.journal_id(), header.partitions(),
                           header.incarnation()};
  RETURN_IF_ERROR(CheckFolder(config, city));
  std::filesystem::create_directories(config.folder());
  ASSIGN_OR_RETURN(const auto journal, OpenJournal(config));
  RETURN_IF_ERROR(journal::Import(file, content, *journal, {.progress = progress}));
  RETURN_IF_ERROR(WriteCity(config.folder(), city));  // from here on it can be started
  std::ofstream(config.folder() + "/clean") << "imported\n";
  return {};
}

}  // namespace wanmi::city
