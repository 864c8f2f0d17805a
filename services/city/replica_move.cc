// A city's journal and keys from one process to Kafka, and its journal back to a file.
#include "journal/transfer.h"
#include "services/city/move.h"
#include "services/city/process.h"
#include "services/city/replica.h"
#include "services/city/replica_kafka.h"

namespace wanmi::city {
namespace {

// Records are wrapped by the master key, so they move as they are.
base::Status CopyKeys(const std::string& vault_folder, const config::v1::ServiceConfig& config,
                      const journal::Progress& progress) {
  ASSIGN_OR_RETURN(const auto from, vault::OpenRocksKeyStore(vault_folder));
  ASSIGN_OR_RETURN(const auto to, OpenKeys(config));
  ASSIGN_OR_RETURN(const auto names, from->NamesUnder(""));
  for (const auto& name : names) {
    ASSIGN_OR_RETURN(const auto record, from->Get(name));
    if (!record) continue;
    ASSIGN_OR_RETURN(const auto there, to->Get(name));
    if (there == record) continue;  // of an import that was cut short
    if (there) {
      return base::AlreadyExists("the topic of keys has another record {}; it is another city's",
                                 name);
    }
    RETURN_IF_ERROR(to->Put({{name, *record}}));
  }
  progress(fmt::format("{} keys", names.size()));
  return to->Sync();
}

}  // namespace

base::Status ExportFromKafka(const config::v1::ServiceConfig& config, const std::string& file,
                             const journal::Progress& progress) {
  const runtime::City city = CityOf(config);
  ASSIGN_OR_RETURN(const auto journal, OpenKafkaJournal(config));
  const auto slices = SlicesOf(city);
  RETURN_IF_ERROR(journal::CheckNoHalfImport(*journal, slices));
  ASSIGN_OR_RETURN(const auto positions, journal::ClosedNow(*journal, slices));
  ASSIGN_OR_RETURN(const LastRecorded last, LookAtEnds(*journal, city));
  return journal::Export(*journal, positions, HeaderOf(city, last), file, progress);
}

base::Status ImportIntoKafka(const config::v1::ServiceConfig& config, const std::string& file,
                             const std::string& vault_folder, const journal::Progress& progress) {
  ASSIGN_OR_RETURN(const auto content, journal::CheckTransfer(file));
  const auto& header = content.header;
  const runtime::City city = CityOf(config);
  if (header.city() != city.name || header.journal_id() != city.journal_id ||
      header.partitions() != city.partitions || header.incarnation() != city.incarnation) {
    return base::InvalidArgument(
        "expected entries of city {}, journal {}, incarnation {}, {} partitions, as the "
        "configuration says, found city {}, journal {}, incarnation {}, {} partitions; give the "
        "configuration of that city",
        city.name, city.journal_id, city.incarnation, city.partitions, header.city(),
        header.journal_id(), header.incarnation(), header.partitions());
  }
  if (!vault_folder.empty()) RETURN_IF_ERROR(CopyKeys(vault_folder, config, progress));
  ASSIGN_OR_RETURN(const auto journal, OpenKafkaJournal(config));
  return journal::Import(file, content, *journal, {.progress = progress});
}

}  // namespace wanmi::city
