// import.cc: `wanmi import FOLDER` makes a city, or brings it up to date, from a folder of tables.
//
// The plan gives the commands and their ids; this sends them. In a city without published rules,
// what comes first is sent as the bootstrap; in a city with rules the plan's base data clerk sends
// it all.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "base/sha256.h"
#include "services/cli/catalogue.h"
#include "services/cli/commands.h"
#include "services/cli/import/plan.h"
#include "services/cli/table.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::cli {
namespace {

using city_import::Command;

constexpr size_t kInFlight = 32;  // commands that touch streams of their own

constexpr std::chrono::seconds kPatience{60};  // a restart of the city is shorter

struct Words {
  std::string folder;
  std::string run = "1";
  bool dry_run = false;
};

struct Count {
  int64_t made = 0, unchanged = 0, repeated = 0;
};

class Sender {
 public:
  Sender(Session& session, const std::vector<Command>& commands) : session_(session) {
    for (const auto& command : commands) {
      if (!command.as_post.empty() && clerk_post_.empty()) {
        clerk_person_ = command.as_person;
        clerk_post_ = command.as_post;
      }
    }
  }

  base::Status SendAll(const std::vector<Command>& commands) {
    RETURN_IF_ERROR(AskForBootstrap());
    for (size_t begin = 0; begin < commands.size();) {
      size_t end = begin + 1;
      while (end < commands.size() && AtOnce(commands[begin], commands[end])) ++end;
      RETURN_IF_ERROR(SendBatch(commands, begin, end));
      begin = end;
    }
    return {};
  }

  std::string Summary() const {
    Table table({"command", "made", "unchanged", "repeated"});
    for (const auto& [name, count] : counts_) {
      table.Add({name, fmt::to_string(count.made), fmt::to_string(count.unchanged),
                 fmt::to_string(count.repeated)});
    }
    return table.Text();
  }

 private:
  // The bootstrap is refused once the city has published rules, for questions too.
  base::Status AskForBootstrap() {
    directory::v1::UnitPage page;
    const base::Status status =
        session_.CallAs("bootstrap", "bootstrap", "/wanmi.directory.v1.Directory/ListUnits",
                        directory::v1::ListUnits(), &page);
    if (status.code() == base::Code::kUnauthenticated) bootstrapping_ = false;
    return bootstrapping_ ? status : base::Status();
  }

  // Whether two neighbours may be on their way together: each has a stream of its own.
  static bool AtOnce(const Command& a, const Command& b) {
    return (a.service == "grid" || a.service == "alarms") && a.service == b.service &&
           a.method == b.method && a.as_post == b.as_post;
  }

  base::Status SendBatch(const std::vector<Command>& commands, size_t begin, size_t end) {
    if (end - begin == 1) return Send(commands[begin]);
    std::atomic<size_t> next = begin;
    std::mutex mutex;
    base::Status first;
    {
      std::vector<std::jthread> threads;
      for (size_t i = 0; i < std::min(kInFlight, end - begin); ++i) {
        threads.emplace_back([&] {
          for (size_t at = next++; at < end; at = next++) {
            const base::Status status = Send(commands[at]);
            if (status.ok()) continue;
            const std::lock_guard lock(mutex);
            if (first.ok()) first = status;
            next = end;
          }
        });
      }
    }
    return first;
  }

  base::Status Send(const Command& command) {
    const bool by_bootstrap = command.as_post.empty();
    base::Status status;
    common::v1::Receipt receipt;
    if (!by_bootstrap) {
      status = SendAs(command.as_person, command.as_post, command, *command.message, &receipt);
    } else if (bootstrapping_) {
      status = SendAs("bootstrap", "bootstrap", command, *command.message, &receipt);
      if (status.code() == base::Code::kUnauthenticated) bootstrapping_ = false;
    }
    if (by_bootstrap && !bootstrapping_) status = SendAsClerk(command, &receipt);
    if (!status.ok()) {
      return status.With(fmt::format("while sending {}.{} of {} ({})", command.service,
                                     command.method, command.file, TextOf(*command.message)));
    }
    const std::lock_guard lock(mutex_);
    Count& count = counts_[command.service + "." + command.method];
    ++(receipt.repeated() ? count.repeated : receipt.unchanged() ? count.unchanged : count.made);
    return {};
  }

  // The same command of somebody else is another command, and so has another id. It changes nothing
  // where the content is there already; but a name is sealed anew each time, so that of a person is
  // sent under its first id: refused as used, if the bootstrap has sent it.
  base::Status SendAsClerk(const Command& command, common::v1::Receipt* receipt) {
    if (command.method == "RegisterPerson") {
      const base::Status status =
          SendAs(clerk_person_, clerk_post_, command, *command.message, receipt);
      if (status.code() != base::Code::kAlreadyExists) return status;
      receipt->set_repeated(true);
      return {};
    }
    const std::unique_ptr<google::protobuf::Message> message(command.message->New());
    message->CopyFrom(*command.message);
    const auto* field = message->GetDescriptor()->FindFieldByName("id");
    const auto* reflection = message->GetReflection();
    const std::string id = reflection->GetString(*message, field) + clerk_person_ + clerk_post_;
    reflection->SetString(message.get(), field,
                          "import-" + base::Hex(base::Sha256(id)).substr(0, 32));
    return SendAs(clerk_person_, clerk_post_, command, *message, receipt);
  }

  base::Status SendAs(const std::string& person, const std::string& post, const Command& command,
                      const google::protobuf::Message& message, common::v1::Receipt* receipt) {
    ASSIGN_OR_RETURN(const auto* method, FindMethod(command.service + "." + command.method));
    return session_.CallAs(person, post, PathOf(*method), message, receipt);
  }

  static std::string TextOf(const google::protobuf::Message& message) {
    return Cut(message.ShortDebugString(), 160);
  }

  Session& session_;
  std::string clerk_person_, clerk_post_;
  std::atomic<bool> bootstrapping_ = true;
  std::mutex mutex_;
  std::map<std::string, Count> counts_;  // by "service.Method"
};

// The first import proposes version 1 of each document; a later one, under another name, what
// follows the last version that the city has.
base::Result<city_import::PlanOptions> PlanFor(const Words& words, Session& session) {
  city_import::PlanOptions options;
  options.run = words.run;
  if (words.run == "1") return options;
  auto last = std::make_shared<std::map<std::string, int64_t>>();
  rulebook::v1::ListDocuments list;
  list.mutable_page()->set_size(500);
  rulebook::v1::DocumentPage page;
  do {
    const base::Status status =
        session.Call("/wanmi.rulebook.v1.Rulebook/ListDocuments", list, &page);
    if (!status.ok()) return status.With("while asking which documents the city has");
    for (const auto& document : page.documents()) {
      if (document.state() == rulebook::v1::Document::STATE_PROPOSED) continue;
      int64_t& version = (*last)[document.kind() + "/" + document.name()];
      version = std::max(version, document.version());
    }
    list.mutable_page()->set_token(page.next());
  } while (!page.next().empty());
  options.version = [last](std::string_view kind, std::string_view name) {
    const auto found = last->find(fmt::format("{}/{}", kind, name));
    return found == last->end() ? 1 : found->second + 1;
  };
  return options;
}

base::Status Import(const Words& words, Session& session) {
  const auto began = std::chrono::steady_clock::now();
  city_import::ImportReport report;
  ASSIGN_OR_RETURN(const auto options, PlanFor(words, session));
  ASSIGN_OR_RETURN(const auto commands,
                   city_import::Plan(city_import::Folder(words.folder), options, &report));
  std::cout << report.Text();
  if (!report.errors.empty()) {
    return base::InvalidArgument("{} errors in {}: correct them and import again; nothing was sent",
                                 report.errors.size(), words.folder);
  }
  session.options.patience = kPatience;
  if (words.dry_run) {
    std::cout << fmt::format("{} commands would be sent\n", commands.size());
    return {};
  }
  Sender sender(session, commands);
  const base::Status status = sender.SendAll(commands);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << sender.Summary()
            << fmt::format("{} commands in {:.1f} s\n", commands.size(), took.count());
  return status;
}

}  // namespace

void AddImport(const Program& program) {
  auto words = std::make_shared<Words>();
  CLI::App* command = program.Add("import", "make a city from a folder of tables");
  command->add_option("folder", words->folder, "with city.json in it")->required();
  command->add_option("--run", words->run, "name of the run; a later import takes another one")
      ->capture_default_str();
  command->add_flag("--dry-run", words->dry_run, "check the files and send nothing");
  program.Run(command, [words, session = program.session] { return Import(*words, *session); });
}

}  // namespace wanmi::cli
