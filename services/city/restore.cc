// restore.cc: a city's folder from a backup.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "services/city/backup.h"
#include "services/city/move.h"
#include "services/city/process.h"
#include "services/city/rebuild.h"
#include "vault/vault.h"

namespace wanmi::city {
namespace {

using journal::v1::BackupManifest;
namespace fs = std::filesystem;

base::Status CheckFolder(const config::v1::CityConfig& config) {
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(config.folder(), ignored)) {
    if (fs::equivalent(file.path(), config.master_key_file(), ignored)) continue;
    return base::AlreadyExists(
        "expected a new folder for the city, with its master key at most, found {}; name another "
        "folder, or delete it if a restore did not come to its end",
        file.path().string());
  }
  return {};
}

// A copy knows when it was made; a vault that has survived is the newest there is.
base::Status CheckVault(const std::string& folder, const BackupManifest& backup) {
  if (!fs::exists(folder + "/backup.json")) {
    if (fs::exists(folder + "/CURRENT")) return {};
    return base::NotFound("expected a vault or its copy in {}, found none", folder);
  }
  ASSIGN_OR_RETURN(const auto manifest, VerifyBackup(folder));
  if (manifest.kind() != "vault" || manifest.city() != backup.city() ||
      manifest.journal_id() != backup.journal_id()) {
    return base::FailedPrecondition(
        "expected the vault of city {}, journal {}, found a {} of city {}, journal {} in {}",
        backup.city(), backup.journal_id(), manifest.kind(), manifest.city(), manifest.journal_id(),
        folder);
  }
  if (manifest.made_at_us() >= backup.made_at_us()) return {};
  return base::FailedPrecondition(
      "the vault's copy in {} was made before the backup, so it lacks keys of it, and may have "
      "those of people who were forgotten since; give a newer one",
      folder);
}

base::Status RestoreVault(const config::v1::CityConfig& config, const std::string& from) {
  const std::string to = config.folder() + "/vault";
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive, error);
  if (error) return base::Unavailable("{} cannot be copied to {}: {}", from, to, error.message());
  fs::remove(to + "/backup.json", error);
  const auto vault = vault::OpenVault({to, config.master_key_file(), false});
  return vault.status().With("while opening the restored vault");
}

base::Status FoldAndCompare(const RestorePlan& plan, journal::Journal& journal,
                            const std::string& stores, const journal::Progress& progress) {
  if (plan.backup.rows().empty()) return {};
  ASSIGN_OR_RETURN(const auto digests,
                   FoldInto(plan.city, journal, stores, plan.content.positions));
  const auto definitions = AllDefinitions();
  for (const auto& rows : plan.backup.rows()) {
    const auto definition = std::find_if(definitions.begin(), definitions.end(),
                                         [&](const auto& d) { return d.name == rows.service(); });
    const bool comparable =
        definition != definitions.end() && definition->state_version == rows.state_version();
    const auto found = digests.find(rows.service());
    if (comparable && (found == digests.end() || found->second != rows.sha256_hex())) {
      return base::DataLoss("expected the rows of {} to have the digest {}, found {}",
                            rows.service(), rows.sha256_hex(),
                            found == digests.end() ? "none" : found->second);
    }
    progress(fmt::format("{} {} {}", rows.service(), rows.sha256_hex(),
                         comparable ? "equal" : "of another version, not compared"));
  }
  return {};
}

}  // namespace

int NextIncarnation(int before) {
  constexpr std::chrono::sys_days kSince = std::chrono::year(2026) / 1 / 1;
  const auto now = std::chrono::system_clock::now() - kSince;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  return std::max(before + 1, static_cast<int>(seconds));
}

base::Result<RestorePlan> PlanRestore(const RestoreOrder& order) {
  if (order.vault.empty() != order.without_vault) {
    return base::InvalidArgument(
        "expected the vault's copy, or to be told to go without it, and not both; without the "
        "vault no name, phone or text of the city can be read again");
  }
  RestorePlan plan;
  ASSIGN_OR_RETURN(plan.backup, VerifyBackup(order.backup));
  const auto& backup = plan.backup;
  if (backup.kind() != "journal")
    return base::InvalidArgument("{} is a vault's copy and no backup", order.backup);
  if (!order.vault.empty()) RETURN_IF_ERROR(CheckVault(order.vault, backup));
  plan.city = {backup.city(), backup.journal_id(), backup.partitions(),
               NextIncarnation(backup.incarnation())};
  plan.file = order.backup + "/journal.wanmi";
  ASSIGN_OR_RETURN(plan.content, journal::CheckTransfer(plan.file));
  return plan;
}

base::Status RestoreJournal(const RestorePlan& plan, journal::Journal& journal,
                            const std::string& stores, const journal::Progress& progress) {
  RETURN_IF_ERROR(journal::Import(plan.file, plan.content, journal,
                                  {.incarnation = plan.city.incarnation, .progress = progress}));
  return FoldAndCompare(plan, journal, stores, progress);
}

std::string RestoredLine(const RestorePlan& plan) {
  return fmt::format("city {} is restored as incarnation {}: {} entries, as of {}", plan.city.name,
                     plan.city.incarnation, plan.content.entries,
                     base::FormatUtc(base::FromMicros(plan.backup.made_at_us())));
}

base::Status Restore(const config::v1::CityConfig& config, const RestoreOrder& order,
                     const journal::Progress& progress) {
  ASSIGN_OR_RETURN(const auto plan, PlanRestore(order));
  RETURN_IF_ERROR(CheckSameCity(config, plan.city.name, plan.city.partitions));
  RETURN_IF_ERROR(CheckFolder(config));
  fs::create_directories(config.folder());
  ASSIGN_OR_RETURN(const auto journal, OpenJournal(config));
  if (!order.vault.empty()) RETURN_IF_ERROR(RestoreVault(config, order.vault));
  RETURN_IF_ERROR(RestoreJournal(plan, *journal, config.folder() + "/store", progress));
  RETURN_IF_ERROR(SyncFolder(config.folder()));
  RETURN_IF_ERROR(WriteCity(config.folder(), plan.city));  // from here on it can be started
  std::ofstream(config.folder() + "/clean") << "restored\n";
  progress(RestoredLine(plan));
  return {};
}

}  // namespace wanmi::city
