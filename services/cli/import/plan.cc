#include "services/cli/import/plan.h"

#include <google/protobuf/descriptor.h>

#include "base/check.h"
#include "base/sha256.h"
#include "services/cli/import/directory_files.h"
#include "services/cli/import/grid_files.h"
#include "services/cli/import/rulebook_files.h"

namespace wanmi::city_import {
namespace {

constexpr int kItemsMax = 1'000;               // of a chunk; the rulebook takes twice as many
constexpr size_t kChunkBytesMax = 200 * 1024;  // of 256 KiB

class Writer {
 public:
  Writer(const PlanOptions& options, std::vector<Command>* commands)
      : options_(options), commands_(commands) {}

  // Until it is called, the bootstrap sends.
  void As(const Person& person) { person_ = person.id, post_ = person.post; }

  template <class Message>
  void Add(std::string_view service, std::string_view file, Message message) {
    const std::string method(Message::descriptor()->name());
    message.clear_id();
    message.set_id(IdOf(method, message.SerializeAsString()));
    commands_->push_back({std::string(service), method,
                          std::make_unique<Message>(std::move(message)), person_, post_,
                          std::string(file)});
  }

 private:
  // The content is in it, so that a file which was corrected half-way sends its new rows as new.
  std::string IdOf(const std::string& method, const std::string& content) const {
    const std::string whole = fmt::format("{}\n{}\n{}\n", options_.run, method, person_) + content;
    return "import-" + base::Hex(base::Sha256(whole)).substr(0, 32);
  }

  const PlanOptions& options_;
  std::vector<Command>* const commands_;
  std::string person_, post_;
};

void AddDirectory(const DirectoryFiles& files, Writer* writer) {
  for (const auto& unit : files.units.value_or(std::vector<directory::v1::Unit>())) {
    directory::v1::OpenUnit open;
    *open.mutable_unit() = unit;
    writer->Add("directory", "units.csv", std::move(open));
  }
  for (const auto& post : files.posts.value_or(std::vector<directory::v1::Post>())) {
    directory::v1::OpenPost open;
    *open.mutable_post() = post;
    writer->Add("directory", "posts.csv", std::move(open));
  }
  std::set<std::string_view> registered;
  if (!files.persons) return;
  for (const Person& person : *files.persons) {
    if (registered.insert(person.id).second) {
      directory::v1::RegisterPerson register_person;
      register_person.set_person_id(person.id);
      register_person.set_name(person.label);
      writer->Add("directory", "persons.csv", std::move(register_person));
    }
    directory::v1::AssignPost assign;
    assign.set_person_id(person.id);
    assign.set_post_id(person.post);
    writer->Add("directory", "persons.csv", std::move(assign));
    if (!person.on_shift) continue;
    directory::v1::StartShift start;
    start.set_person_id(person.id);
    start.set_post_id(person.post);
    writer->Add("directory", "persons.csv", std::move(start));
  }
}

void AddGrounds(const City& city, const GridFiles& files, Writer* writer) {
  for (const auto& region : files.regions.value_or(std::vector<grid::v1::Region>())) {
    grid::v1::OpenRegion open;
    *open.mutable_region() = region;
    writer->Add("grid", city.divisions, std::move(open));
  }
  for (const auto& division : files.divisions) writer->Add("grid", city.divisions, division);
}

// The chunks of a document, each within the limits.
std::vector<rulebook::v1::Propose> ChunksOf(const DocumentFile& document, int64_t version) {
  std::vector<rulebook::v1::Propose> chunks(1);
  size_t bytes = 0;
  for (const auto& item : document.items) {
    const size_t size = item.ByteSizeLong();
    if (chunks.back().items_size() == kItemsMax || bytes + size > kChunkBytesMax) {
      chunks.emplace_back();
      bytes = 0;
    }
    *chunks.back().add_items() = item;
    bytes += size;
  }
  for (size_t i = 0; i < chunks.size(); ++i) {
    chunks[i].set_kind(document.kind);
    chunks[i].set_name(document.name);
    chunks[i].set_version(version);
    chunks[i].set_chunk(static_cast<int32_t>(i));
    chunks[i].set_chunks(static_cast<int32_t>(chunks.size()));
    chunks[i].set_comment("import of " + document.file);
  }
  return chunks;
}

void AddDocument(const DocumentFile& document, const City& city, int64_t version,
                 const Person& proposer, const Person& approver, Writer* writer) {
  writer->As(proposer);
  for (auto& chunk : ChunksOf(document, version))
    writer->Add("rulebook", document.file, std::move(chunk));
  rulebook::v1::Approve approve;
  approve.set_kind(document.kind);
  approve.set_name(document.name);
  approve.set_version(version);
  approve.set_approving_number(city.approving_number);
  writer->As(approver);
  writer->Add("rulebook", document.file, std::move(approve));
  rulebook::v1::Publish publish;
  publish.set_kind(document.kind);
  publish.set_name(document.name);
  publish.set_version(version);
  writer->As(proposer);
  writer->Add("rulebook", document.file, std::move(publish));
}

// The holder of a post that city.json names, who must be able to do what is asked of them.
const Person* FindOfficer(const DirectoryFiles& files, const char* key, const std::string& post_id,
                          ImportReport* report) {
  const Person* holder = files.HolderOf(post_id);
  const directory::v1::Post* post = files.Post(post_id);
  const bool clerk = post && post->kind() == common::v1::POST_KIND_BASE_DATA_CLERK &&
                     files.Unit(post->unit_id())->axis() == common::v1::AXIS_NONE;
  if (holder && clerk) return holder;
  report->errors.push_back({"city.json", 0, key,
                            "the post of a base data clerk on axis none, held in persons.csv",
                            "'" + post_id + "'"});
  return nullptr;
}

}  // namespace

base::Result<std::vector<Command>> Plan(const ReadFile& read, const PlanOptions& options,
                                        ImportReport* report) {
  ASSIGN_OR_RETURN(const City city, ReadCity(read, report));
  const Input input{read, report};
  const DirectoryFiles directory = ReadDirectoryFiles(input);
  const GridFiles grid = ReadGridFiles(input, city, directory);
  const auto documents = ReadRulebookFiles(input, city, directory, grid);
  std::vector<Command> commands;
  Writer writer(options, &commands);
  AddGrounds(city, grid, &writer);
  AddDirectory(directory, &writer);
  if (!directory.persons) return commands;  // nobody to send the rest
  const Person* proposer = FindOfficer(directory, "proposer_post", city.proposer_post, report);
  const Person* approver = FindOfficer(directory, "approver_post", city.approver_post, report);
  if (!proposer || !approver) return commands;
  if (directory.Post(proposer->post)->unit_id() == directory.Post(approver->post)->unit_id() ||
      proposer->id == approver->id) {
    report->errors.push_back({"city.json", 0, "approver_post",
                              "another person of another unit than the proposer's",
                              "'" + city.approver_post + "'"});
    return commands;
  }
  for (const auto& document : documents) {
    const int64_t version = options.version(document.kind, document.name);
    AddDocument(document, city, version, *proposer, *approver, &writer);
  }
  writer.As(*proposer);
  for (const auto& binding :
       grid.bindings.value_or(std::vector<wanmi::grid::v1::BindInspector>())) {
    writer.Add("grid", "responsibility.csv", binding);
  }
  for (const auto& device : grid.devices.value_or(std::vector<alarms::v1::RegisterDevice>())) {
    writer.Add("alarms", "devices.csv", device);
  }
  return commands;
}

base::Result<std::vector<Command>> Plan(const std::filesystem::path& folder, ImportReport* report) {
  return Plan(Folder(folder), PlanOptions(), report);
}

}  // namespace wanmi::city_import
