// replica_move.cc: a city's journal and keys into Kafka and out of it; backup and restore there.
#include <filesystem>

#include "journal/transfer.h"
#include "services/city/move.h"
#include "services/city/process.h"
#include "services/city/replica.h"
#include "services/city/replica_kafka.h"
#include "services/city/serving.h"

namespace wanmi::city {
namespace {

std::string Identity(const runtime::City& city) {
  return fmt::format("city {}, journal {}, incarnation {}, {} partitions", city.name,
                     city.journal_id, city.incarnation, city.partitions);
}

base::Status CheckIdentity(const runtime::City& expected, const runtime::City& found) {
  if (expected.name == found.name && expected.journal_id == found.journal_id &&
      expected.incarnation == found.incarnation && expected.partitions == found.partitions) {
    return {};
  }
  return base::InvalidArgument(
      "expected entries of {}, as the configuration says, found {}; give the configuration of that "
      "city",
      Identity(expected), Identity(found));
}

// Nothing was ever there: a topic with a fence only has been served or is half restored.
base::Status CheckEmpty(journal::Journal& journal, const std::vector<journal::Slice>& slices) {
  RETURN_IF_ERROR(journal::CatchUpAll(journal, slices));
  std::string found;
  for (const auto& slice : slices) {
    ASSIGN_OR_RETURN(const int64_t last, journal.LastSeq(slice));
    const auto fence = journal.LastFence(slice);
    if (last == 0 && fence.status().code() == base::Code::kNotFound) continue;
    found +=
        fmt::format("{}{} ({} entries)", found.empty() ? "" : ", ", journal::ToString(slice), last);
  }
  if (found.empty()) return {};
  return base::AlreadyExists(
      "expected topics that nobody ever wrote to, found {}; delete the city's topics, or restore "
      "to other brokers",
      found);
}

// Closed positions of a whole city.
base::Result<journal::Positions> PositionsNow(const config::v1::ServiceConfig& config,
                                              journal::Journal& journal) {
  const auto slices = SlicesOf(CityOf(config));
  ASSIGN_OR_RETURN(auto positions, journal::ClosedNow(journal, slices));
  RETURN_IF_ERROR(journal::CheckNoHalfImport(journal, slices));
  for (const auto& [slice, seq] : positions) {
    if (seq > 0) return positions;
  }
  return base::NotFound(
      "expected a city in the topics wanmi.{}.* at {}, found no entry; see that name and brokers "
      "are right",
      config.name(), config.kafka().bootstrap_servers());
}

}  // namespace

base::Status ExportFromKafka(const config::v1::ServiceConfig& config, const std::string& file,
                             const std::string& vault_folder, const journal::Progress& progress) {
  RETURN_IF_ERROR(CheckStopped(config));
  const runtime::City city = CityOf(config);
  ASSIGN_OR_RETURN(const auto journal, OpenKafkaJournal(config));
  ASSIGN_OR_RETURN(const auto positions, PositionsNow(config, *journal));
  ASSIGN_OR_RETURN(const LastRecorded last, LookAtEnds(*journal, city));
  if (!vault_folder.empty()) {
    if (std::filesystem::exists(vault_folder))
      return base::AlreadyExists("{} is there already; name a new folder", vault_folder);
    const auto parent = std::filesystem::absolute(vault_folder).parent_path();
    std::error_code ignored;
    std::filesystem::create_directories(parent, ignored);
    ASSIGN_OR_RETURN(const auto keys, OpenKeys(config));
    RETURN_IF_ERROR(keys->CopyTo(vault_folder));
  }
  return journal::Export(*journal, positions, HeaderOf(city, last), file, progress);
}

base::Status ImportIntoKafka(const config::v1::ServiceConfig& config, const std::string& file,
                             const std::string& vault_folder, const journal::Progress& progress) {
  RETURN_IF_ERROR(CheckStopped(config));
  ASSIGN_OR_RETURN(const auto content, journal::CheckTransfer(file));
  const auto& header = content.header;
  progress(fmt::format("{}: city {}, journal {}, {} entries, whole", file, header.city(),
                       header.journal_id(), content.entries));
  RETURN_IF_ERROR(CheckIdentity(CityOf(config), {header.city(), header.journal_id(),
                                                 header.partitions(), header.incarnation()}));
  ASSIGN_OR_RETURN(const auto journal, OpenKafkaJournal(config));
  if (!vault_folder.empty()) RETURN_IF_ERROR(BringKeys(vault_folder, config, progress));
  return journal::Import(file, content, *journal, {.progress = progress});
}

base::Result<operations::v1::BackupView> BackUpKafka(const config::v1::ServiceConfig& config,
                                                     const operations::v1::Backup& order) {
  ASSIGN_OR_RETURN(const auto clock, MakeClock(config.clock()));
  ASSIGN_OR_RETURN(const auto journal, OpenKafkaJournal(config));
  const runtime::City city = CityOf(config);
  RETURN_IF_ERROR(PositionsNow(config, *journal).status());
  const auto copy_keys = [&](const std::string& folder) -> base::Status {
    ASSIGN_OR_RETURN(const auto keys, OpenKeys(config));
    return keys->CopyTo(folder);
  };
  ASSIGN_OR_RETURN(const LastRecorded last, LookAtEnds(*journal, city));
  return Backup({city, *journal, {clock->Now(), last.level}, runtime::kReadsLevel, copy_keys},
                order);
}

base::Status RestoreIntoKafka(const config::v1::ServiceConfig& config, const RestoreOrder& order,
                              const journal::Progress& progress) {
  RETURN_IF_ERROR(CheckStopped(config));
  ASSIGN_OR_RETURN(const auto plan, PlanRestore(order));
  runtime::City expected = CityOf(config);
  expected.incarnation = plan.city.incarnation;  // nobody can know it yet
  RETURN_IF_ERROR(CheckIdentity(expected, plan.city));
  ASSIGN_OR_RETURN(const auto journal, OpenKafkaJournal(config));
  RETURN_IF_ERROR(CheckEmpty(*journal, SlicesOf(plan.city)));
  if (!order.vault.empty()) RETURN_IF_ERROR(BringKeys(order.vault, config, progress));
  const std::string scratch = config.folder() + "/restored";
  std::error_code ignored;
  std::filesystem::remove_all(scratch, ignored);
  const auto restored = RestoreJournal(plan, *journal, scratch, progress);
  std::filesystem::remove_all(scratch, ignored);
  RETURN_IF_ERROR(restored);
  progress(RestoredLine(plan));
  progress(
      fmt::format("set incarnation to {} in the configuration of every process before it is "
                  "started",
                  plan.city.incarnation));
  return {};
}

}  // namespace wanmi::city
