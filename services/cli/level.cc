// level.cc: `wanmi level` says which level the city has and which each replica reads; `wanmi level
// raise` publishes the next one, if no replica that can be reached reads less.
#include "rules/level.h"

#include <fmt/format.h>

#include <iostream>

#include "services/cli/commands.h"
#include "services/cli/each.h"
#include "services/cli/ids.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::cli {
namespace {

using rulebook::v1::Document;

struct Words {
  int level = 0;
  std::string approver_person, approver_post, number;
};

struct Replica {
  std::string name;
  base::Result<operations::v1::CityView> city;
};

base::Result<std::vector<Replica>> AskAll(Session& session) {
  ASSIGN_OR_RETURN(const auto processes, session.Processes());
  std::vector<Replica> replicas;
  int reached = 0;
  for (const auto& process : processes) {
    replicas.push_back({NameOf(process), session.CityAt(process)});
    reached += replicas.back().city.ok() ? 1 : 0;
  }
  if (reached == 0)
    return replicas.front().city.status().With("none of the addresses can be reached");
  return replicas;
}

void Print(const std::vector<Replica>& replicas) {
  int level = 1;  // replicas go over to the next one by the clock, and clocks differ a little
  Table table({"replica", "reads", "is at", "state"});
  for (const auto& [name, city] : replicas) {
    if (!city.ok()) {
      table.Add({name, "?", "?", "not reached"});
      continue;
    }
    level = std::max(level, city->level());
    table.Add({name, fmt::to_string(city->reads()), fmt::to_string(city->level()),
               city->ready().empty() ? "ready" : "not ready: " + city->ready()});
  }
  std::cout << fmt::format("the city is at level {}\n", level) << table.Text();
}

base::Status Show(Session& session) {
  ASSIGN_OR_RETURN(const auto replicas, AskAll(session));
  if (!session.options.json) Print(replicas);
  Failures failures;
  for (const auto& replica : replicas) {
    if (replica.city.ok()) (void)session.PrintedAsJson(*replica.city);
    failures.Note(replica.name, replica.city.status());
  }
  return failures.Outcome(replicas.size());
}

base::Status AllRead(int level, const std::vector<Replica>& replicas) {
  std::string less;
  for (const auto& [name, city] : replicas) {
    if (city.ok() && city->reads() < level)
      less += fmt::format("{}{} (reads {})", less.empty() ? "" : ", ", name, city->reads());
  }
  if (less.empty()) return {};
  return base::FailedPrecondition(
      "expected every replica to read level {}, found {}: install the version that reads it there, "
      "or they will decide and answer nothing",
      level, less);
}

// The last version of the level's document, if there is one.
base::Result<std::optional<Document>> LastVersion(Session& session) {
  rulebook::v1::ListDocuments list;
  list.set_kind(std::string(rules::kLevelKind));
  list.mutable_page()->set_size(500);
  rulebook::v1::DocumentPage page;
  RETURN_IF_ERROR(session.Call("/wanmi.rulebook.v1.Rulebook/ListDocuments", list, &page));
  std::optional<Document> last;
  for (const auto& document : page.documents()) {
    if (!last || document.version() > last->version()) last = document;
  }
  return last;
}

template <class Command>
Command Of(int64_t version) {
  Command command;
  command.set_id(NewId());
  command.set_kind(std::string(rules::kLevelKind));
  command.set_name(std::string(rules::kLevelName));
  command.set_version(version);
  return command;
}

base::Status Send(Session& session, const google::protobuf::Message& command) {
  common::v1::Receipt receipt;
  return session.Call("/wanmi.rulebook.v1.Rulebook/" + command.GetDescriptor()->name(), command,
                      &receipt);
}

base::Status Raise(const Words& words, Session& session) {
  ASSIGN_OR_RETURN(const auto replicas, AskAll(session));
  if (!session.options.json) Print(replicas);
  RETURN_IF_ERROR(AllRead(words.level, replicas));
  ASSIGN_OR_RETURN(const auto before, LastVersion(session));
  const bool open = before && before->state() == Document::STATE_PROPOSED;
  const int64_t version = !before ? 1 : before->version() + (open ? 0 : 1);

  auto propose = Of<rulebook::v1::Propose>(version);
  propose.set_chunks(1);
  propose.set_comment("wanmi level raise");
  auto& item = *propose.add_items();
  item.set_key(std::string(rules::kLevelKind));
  item.mutable_level()->set_level(words.level);
  RETURN_IF_ERROR(Send(session, propose));
  auto approve = Of<rulebook::v1::Approve>(version);
  approve.set_approving_number(words.number);
  common::v1::Receipt receipt;
  RETURN_IF_ERROR(session.CallAs(words.approver_person, words.approver_post,
                                 "/wanmi.rulebook.v1.Rulebook/Approve", approve, &receipt));
  RETURN_IF_ERROR(Send(session, Of<rulebook::v1::Publish>(version)));
  ASSIGN_OR_RETURN(const auto published, LastVersion(session));
  if (!published || session.PrintedAsJson(*published)) return {};
  std::cout << fmt::format("level {} holds from {} (local time, UTC+8) on\n", words.level,
                           LocalTime(published->effective_at_us()));
  return {};
}

}  // namespace

void AddLevel(const Program& program) {
  auto words = std::make_shared<Words>();
  Session* session = program.session;
  CLI::App* level = program.Add("level", "the city's level, and which each replica reads");
  CLI::App* raise = level->add_subcommand("raise", "publish the next level; there is no way back");
  raise->fallthrough();
  raise->add_option("level", words->level, "one more than the city's")->required();
  raise->add_option("--approver-person", words->approver_person, "of another body")->required();
  raise->add_option("--approver-post", words->approver_post, "in which post")->required();
  raise->add_option("--number", words->number, "of the approving document (文号)")->required();
  program.Run(level, [words, session, raise] {
    return raise->parsed() ? Raise(*words, *session) : Show(*session);
  });
}

}  // namespace wanmi::cli
