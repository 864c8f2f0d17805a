#include "services/city/backup.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/log.h"
#include "base/sha256.h"
#include "services/city/move.h"
#include "services/city/process.h"
#include "services/city/rebuild.h"

namespace wanmi::city {
namespace {

using journal::v1::BackupManifest;
namespace fs = std::filesystem;

constexpr const char* kManifest = "/backup.json";
constexpr const char* kJournal = "journal.wanmi";

base::Result<journal::v1::FileSum> SumOf(const std::string& folder, const std::string& name) {
  std::ifstream in(folder + "/" + name, std::ios::binary);
  if (!in) return base::DataLoss("expected {} in {}, found none", name, folder);
  base::Sha256Sum sum;
  std::string bytes(1 << 20, '\0');
  journal::v1::FileSum file;
  file.set_name(name);
  while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || in.gcount() > 0) {
    sum.Add(std::string_view(bytes).substr(0, static_cast<size_t>(in.gcount())));
    file.set_bytes(file.bytes() + in.gcount());
  }
  file.set_sha256_hex(base::Hex(sum.Finish()));
  return file;
}

base::Status WriteManifest(const std::string& folder, const BackupManifest& manifest) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  // Our messages have no Any in them, so this does not fail.
  (void)google::protobuf::util::MessageToJsonString(manifest, &json, options);
  std::ofstream out(folder + kManifest);
  if (out << json << std::flush) return SyncFolder(folder);
  return base::Unavailable("{}{} cannot be written; see that the disk has room", folder, kManifest);
}

BackupManifest ManifestOf(const BackupSource& source, const std::string& kind) {
  const runtime::City& city = source.city;
  BackupManifest manifest;
  manifest.set_kind(kind);
  manifest.set_city(city.name);
  manifest.set_journal_id(city.journal_id);
  manifest.set_incarnation(city.incarnation);
  manifest.set_partitions(city.partitions);
  manifest.set_level(source.as_of.level);
  manifest.set_made_at_us(base::ToMicros(source.as_of.at));
  return manifest;
}

base::Status AddRows(const BackupSource& source, const std::string& scratch,
                     const journal::Positions& positions, BackupManifest* manifest) {
  auto digests = FoldInto(source.city, source.journal, scratch, positions, source.reads);
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  RETURN_IF_ERROR(digests.status());
  for (const auto& definition : AllDefinitions()) {
    auto& rows = *manifest->add_rows();
    rows.set_service(definition.name);
    rows.set_state_version(definition.state_version);
    rows.set_sha256_hex((*digests)[definition.name]);
  }
  return {};
}

base::Status BackUpVault(const BackupSource& source, const std::string& folder) {
  RETURN_IF_ERROR(source.copy_vault(folder));
  BackupManifest manifest = ManifestOf(source, "vault");
  for (const auto& file : fs::directory_iterator(folder)) {
    ASSIGN_OR_RETURN(*manifest.add_files(), SumOf(folder, file.path().filename()));
  }
  return WriteManifest(folder, manifest);
}

base::Status CheckOrder(const operations::v1::Backup& order) {
  if (order.vault_folder().empty() != order.without_vault()) {
    return base::InvalidArgument(
        "expected a folder for the vault's copy, or without_vault, and not both; without the vault "
        "no name, phone or text of the city can be read again");
  }
  for (const auto& folder : {order.folder(), order.vault_folder()}) {
    if (folder.empty() && &folder != &order.folder() && order.without_vault()) continue;
    if (!folder.starts_with('/'))
      return base::InvalidArgument("expected an absolute path of a folder, found '{}'", folder);
    if (fs::exists(folder))
      return base::AlreadyExists("{} is there already; name a new folder", folder);
  }
  // Who has both has everything: at least they are not one folder.
  const bool apart = !order.vault_folder().starts_with(order.folder() + "/") &&
                     !order.folder().starts_with(order.vault_folder() + "/") &&
                     order.folder() != order.vault_folder();
  if (order.without_vault() || apart) return {};
  return base::InvalidArgument("expected a folder for the vault apart from {}, found {}",
                               order.folder(), order.vault_folder());
}

base::Result<BackupManifest> ReadManifest(const std::string& folder) {
  std::ifstream in(folder + kManifest);
  if (!in) {
    return base::NotFound(
        "expected backup.json in {}, found none: it is no backup, or one that did not come to its "
        "end",
        folder);
  }
  const std::string json{std::istreambuf_iterator<char>(in), {}};
  BackupManifest manifest;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &manifest);
  if (parsed.ok()) return manifest;
  return base::DataLoss("{}{} cannot be read: {}", folder, kManifest,
                        std::string(parsed.message()));
}

base::Status VerifyJournal(const std::string& folder, const BackupManifest& manifest) {
  ASSIGN_OR_RETURN(const auto content, journal::CheckTransfer(folder + "/" + kJournal));
  journal::Positions positions;
  for (const auto& position : manifest.positions())
    positions[{position.service(), position.partition()}] = position.seq();
  const auto& header = content.header;
  if (positions == content.positions && header.city() == manifest.city() &&
      header.journal_id() == manifest.journal_id() &&
      header.incarnation() == manifest.incarnation()) {
    return {};
  }
  return base::DataLoss("{}/{} is not that of backup.json: it is of city {}, journal {}", folder,
                        kJournal, header.city(), header.journal_id());
}

}  // namespace

base::Result<operations::v1::BackupView> Backup(const BackupSource& source,
                                                const operations::v1::Backup& order) {
  RETURN_IF_ERROR(CheckOrder(order));
  const std::string& folder = order.folder();
  fs::create_directories(folder);
  BackupManifest manifest = ManifestOf(source, "journal");
  ASSIGN_OR_RETURN(const auto positions, journal::ClosedNow(source.journal, SlicesOf(source.city)));
  // After the positions: a key is durable before the entry that needs it.
  if (!order.without_vault()) {
    fs::create_directories(fs::path(order.vault_folder()).parent_path());
    RETURN_IF_ERROR(BackUpVault(source, order.vault_folder()));
    RETURN_IF_ERROR(VerifyBackup(order.vault_folder()).status());
  }
  const auto header = HeaderOf(source.city, source.as_of);
  RETURN_IF_ERROR(journal::Export(source.journal, positions, header, folder + "/" + kJournal,
                                  [](const std::string&) {}));
  for (const auto& [slice, seq] : positions) {
    auto& position = *manifest.add_positions();
    position.set_service(slice.service);
    position.set_partition(slice.partition);
    position.set_seq(seq);
  }
  if (order.rows()) RETURN_IF_ERROR(AddRows(source, folder + "/rows", positions, &manifest));
  ASSIGN_OR_RETURN(*manifest.add_files(), SumOf(folder, kJournal));
  RETURN_IF_ERROR(VerifyJournal(folder, manifest));
  RETURN_IF_ERROR(WriteManifest(folder, manifest));
  base::Log(base::Level::kInfo, "city.backed_up", {{"city", source.city.name}, {"folder", folder}});
  operations::v1::BackupView view;
  *view.mutable_manifest() = std::move(manifest);
  return view;
}

base::Result<BackupManifest> VerifyBackup(const std::string& folder) {
  ASSIGN_OR_RETURN(auto manifest, ReadManifest(folder));
  for (const auto& expected : manifest.files()) {
    ASSIGN_OR_RETURN(const auto found, SumOf(folder, expected.name()));
    if (found.bytes() == expected.bytes() && found.sha256_hex() == expected.sha256_hex()) continue;
    return base::DataLoss(
        "expected {} in {} to have {} bytes with SHA-256 {}, found {} bytes with {}",
        expected.name(), folder, expected.bytes(), expected.sha256_hex(), found.bytes(),
        found.sha256_hex());
  }
  if (manifest.kind() == "journal") RETURN_IF_ERROR(VerifyJournal(folder, manifest));
  return manifest;
}

}  // namespace wanmi::city
