// move.cc: a city's journal to a file and back; backup and restore.
#include "services/city/move.h"

#include <fmt/format.h>
#include <sodium.h>

#include <filesystem>
#include <thread>

#include "services/city/backup.h"
#include "services/city/config.h"
#include "services/city/process.h"
#include "services/city/replica.h"
#include "services/cli/commands.h"
#include "services/cli/text.h"
#include "vault/master_key.h"

namespace wanmi::cli {
namespace {

namespace ops = ::wanmi::operations::v1;

struct Words {
  std::string config, kafka, in, out, vault;
  bool without_vault = false, digests = false;
};

void Say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

std::string Absolute(const std::string& folder) {
  return folder.empty() ? folder : std::filesystem::absolute(folder).lexically_normal().string();
}

int64_t EntriesOf(const journal::v1::BackupManifest& manifest) {
  int64_t entries = 0;
  for (const auto& position : manifest.positions()) entries += position.seq();
  return entries;
}

// A city in one process writes it itself, on its own host; of one on Kafka the topics are read
// here.
base::Result<ops::BackupView> MakeBackup(const Words& words, ops::Backup backup, Session& session) {
  if (!words.kafka.empty()) {
    if (sodium_init() < 0) return base::Internal("libsodium does not start");
    ASSIGN_OR_RETURN(const auto config, city::ReadServiceConfig(words.kafka));
    const auto began = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(auto view, city::BackUpKafka(config, backup));
    view.set_seconds(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    return view;
  }
  backup.set_start(true);
  ops::BackupView view;
  RETURN_IF_ERROR(session.OperateAnywhere("Backup", backup, &view));
  backup.set_start(false);
  while (view.state() == ops::BackupView::STATE_RUNNING) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    RETURN_IF_ERROR(session.OperateAnywhere("Backup", backup, &view));
  }
  if (view.state() == ops::BackupView::STATE_DONE) return view;
  return base::Internal("the backup did not come to its end: {}", view.problem());
}

base::Status Backup(const Words& words, Session& session) {
  ops::Backup backup;
  backup.set_folder(Absolute(words.out));
  backup.set_vault_folder(Absolute(words.vault));
  backup.set_without_vault(words.without_vault);
  backup.set_rows(words.digests);
  ASSIGN_OR_RETURN(const auto view, MakeBackup(words, backup, session));
  if (!session.PrintedAsJson(view)) {
    Say(fmt::format("{} entries of {} in {}, as of {} (local time, UTC+8), {:.1f} s{}",
                    EntriesOf(view.manifest()), view.manifest().city(), backup.folder(),
                    LocalTime(view.manifest().made_at_us()), view.seconds(),
                    words.vault.empty() ? "" : "; the vault in " + backup.vault_folder()));
  }
  return {};
}

base::Status Verify(const Words& words, Session& session) {
  ASSIGN_OR_RETURN(const auto manifest, city::VerifyBackup(words.in));
  if (session.PrintedAsJson(manifest)) return {};
  Say(fmt::format(
      "{} {} of city {}, journal {}, incarnation {}, as of {}: {} entries, {} files, "
      "whole",
      words.in, manifest.kind(), manifest.city(), manifest.journal_id(), manifest.incarnation(),
      LocalTime(manifest.made_at_us()), EntriesOf(manifest), manifest.files_size()));
  return {};
}

base::Status Restore(const Words& words) {
  if (sodium_init() < 0) return base::Internal("libsodium does not start");
  const city::RestoreOrder order{words.in, words.vault, words.without_vault};
  if (!words.kafka.empty()) {
    ASSIGN_OR_RETURN(const auto config, city::ReadServiceConfig(words.kafka));
    return city::RestoreIntoKafka(config, order, Say);
  }
  ASSIGN_OR_RETURN(const auto config, city::ReadConfig(words.config));
  return city::Restore(config, order, Say);
}

base::Status Export(const Words& words) {
  if (sodium_init() < 0) return base::Internal("libsodium does not start");
  if (!words.kafka.empty()) {
    ASSIGN_OR_RETURN(const auto config, city::ReadServiceConfig(words.kafka));
    RETURN_IF_ERROR(city::ExportFromKafka(config, words.out, words.vault, Say));
  } else {
    ASSIGN_OR_RETURN(const auto config, city::ReadConfig(words.config));
    if (!words.vault.empty())
      return base::InvalidArgument("the vault of one process is {}/vault; copy it",
                                   config.folder());
    RETURN_IF_ERROR(city::ExportJournal(config, words.out, Say));
  }
  const bool has_vault = !words.vault.empty();
  Say(fmt::format("written to {}{}; {}master key go with you", words.out,
                  has_vault ? ", the vault to " + words.vault : "",
                  has_vault ? "they and the " : "vault and "));
  return {};
}

base::Status Import(const Words& words) {
  if (sodium_init() < 0) return base::Internal("libsodium does not start");
  if (!words.kafka.empty()) {
    ASSIGN_OR_RETURN(const auto config, city::ReadServiceConfig(words.kafka));
    RETURN_IF_ERROR(city::ImportIntoKafka(config, words.in, words.vault, Say));
    Say(words.vault.empty()
            ? "imported without keys: names, phones and words cannot be read unless "
              "the topic of keys has them"
            : "imported, with its keys; give every process the same master key");
    return {};
  }
  ASSIGN_OR_RETURN(const auto config, city::ReadConfig(words.config));
  RETURN_IF_ERROR(city::ImportJournal(config, words.in, Say));
  Say("imported; bring vault and master key before it is started");
  return {};
}

// A city of many processes is made before any of them: its id, and the key that wraps all keys.
base::Status Create(const std::string& master_key_file) {
  if (sodium_init() < 0) return base::Internal("libsodium does not start");
  if (!master_key_file.empty()) RETURN_IF_ERROR(vault::CreateMasterKey(master_key_file).status());
  Say(city::NewId());
  return {};
}

}  // namespace

void AddMove(const Program& program) {
  const auto words = std::make_shared<Words>();
  Session* session = program.session;
  const auto add = [&](const char* name, const char* text) { return program.Add(name, text); };
  const auto either = [&](CLI::App* command) {
    auto* which = command->add_option_group("city", "which city")->require_option(1);
    which->add_option("--config", words->config, "CityConfig of one process");
    which->add_option("--kafka", words->kafka, "ServiceConfig of any process of a city on Kafka");
  };
  CLI::App* out = add("export-journal", "write the journal of a stopped city to a file");
  either(out);
  out->add_option("--out", words->out, "the file; new")->required();
  out->add_option("--vault-out", words->vault, "with --kafka: folder for the keys; new");
  program.Run(out, [words] { return Export(*words); });
  CLI::App* in = add("import-journal", "fill the empty journal of a stopped city from a file");
  either(in);
  in->add_option("--vault", words->vault, "with --kafka: the vault, whose keys are brought too");
  in->add_option("--in", words->in, "a file of export-journal or of a backup")->required();
  program.Run(in, [words] { return Import(*words); });
  CLI::App* city = program.Add("city", "a city of many processes");
  CLI::App* create = city->add_subcommand("create", "print a new journalId, which never changes");
  create->add_option("--master-key-file", words->out, "made too, for its owner only");
  city->require_subcommand(1);
  program.Run(create, [words] { return Create(words->out); });
  CLI::App* backup = add("backup", "have a city at work write a backup on its own host");
  backup->add_option("--kafka", words->kafka, "ServiceConfig: read the topics, and write it here");
  backup->add_option("--out", words->out, "folder for the journals; new")->required();
  backup->add_option("--vault-out", words->vault, "folder for the vault's copy; new, and apart");
  backup->add_flag("--without-vault", words->without_vault, "personal words are lost in a restore");
  backup->add_flag("--digests", words->digests, "fold it, so that a restore compares all rows");
  program.Run(backup, [words, session] { return Backup(*words, *session); });
  CLI::App* verify = add("verify-backup", "read every byte of a backup, or of a vault's copy");
  verify->add_option("folder", words->in)->required();
  program.Run(verify, [words, session] { return Verify(*words, *session); });
  CLI::App* restore =
      add("restore", "make a city, of a new incarnation, from a backup: a folder or empty topics");
  either(restore);
  restore->add_option("--in", words->in, "the backup's folder")->required();
  restore->add_option("--vault", words->vault, "the newest copy of the vault, or the vault itself");
  restore->add_flag("--without-vault", words->without_vault, "personal words are lost");
  program.Run(restore, [words] { return Restore(*words); });
}

}  // namespace wanmi::cli
