// Definition: all that the runtime knows of a service. Each service's Define() fills one.
//
// A service author writes plain typed functions and names them in Rules<State, Command, Event>;
// Define() wraps them so that the runtime, which knows no service, can call them. Everything here
// is pure: a Definition may be used by several hosts at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rows.h"
#include "base/status.h"
#include "rules/context.h"
#include "rules/decision.h"
#include "rules/fact.h"
#include "rules/gauge.h"
#include "rules/preparation.h"
#include "rules/views.h"

namespace wanmi::rules {

using google::protobuf::Message;

struct Emission {
  std::string stream;
  std::unique_ptr<Message> event;
};
struct Decided {
  std::vector<Emission> emissions;
  std::optional<common::v1::Actor> under;  // see Decision::Under
};
struct AnyReaction {
  std::string stream;
  std::unique_ptr<Message> command;
};

// Ids for roots born of a reaction: `<kind>-<service>-<partition>-<seq>-<i>-<k>` of the upstream
// entry, where k is the smallest number that hashes to the same partition.
class Births {
 public:
  Births(std::string_view service, int partition, int64_t seq, int partitions)
      : service_(service), partition_(partition), seq_(seq), partitions_(partitions) {}
  std::string Root(std::string_view kind);

 private:
  const std::string_view service_;
  const int partition_;
  const int64_t seq_;
  const int partitions_;
  int births_ = 0;
};

struct Listener {
  const Message* event = nullptr;  // prototype of the upstream's events
  std::function<std::vector<AnyReaction>(const Fact<Message>&, const base::Rows&, Births&)> on;
};

struct Query {
  std::string method;
  const Message* request = nullptr;
  std::function<base::Result<std::unique_ptr<Message>>(const Message&, const Views&)> read;
};

// A message to the world: to whom (never a clear address), and what.
struct Notice {
  std::string channel;  // "reporter", "unit", …
  std::string to;
  std::string text_key;  // which text; the outlet words it
};

struct Definition {
  std::string name;
  int state_version = 1;           // of state and rows: bump it and both are rebuilt
  bool reference = false;          // one partition, read by every service
  const Message* state = nullptr;  // prototypes
  const Message* command = nullptr;
  const Message* event = nullptr;
  std::function<base::Result<Decided>(std::string_view stream, const Message& state,
                                      const Message& command, const Context&)>
      decide;
  std::function<void(std::string_view stream, const Message& event, Message* state)> apply;
  std::function<std::optional<base::Time>(const Message& state)> due;  // may be empty
  std::function<std::unique_ptr<Message>(std::string_view stream, const Message& state)> on_due;
  std::function<void(const Fact<Message>&, const Message& state, base::RowWriter&)> project;
  std::map<std::string, Listener> listens;  // by upstream; its own name for On<Self>
  std::function<std::vector<Notice>(const Fact<Message>&)> notify;  // may be empty
  std::function<std::string(const Message& event)> number;          // may be empty
  std::function<std::string(const Message& command)> target;        // stream of a client's command
  // Seals, locates and checks the form before a client's command is decided; may be empty.
  std::function<base::Status(Message* command, Preparation&)> prepare;
  std::vector<Query> queries;
  std::function<std::unique_ptr<MemoryView>()> memory_view;  // may be empty
  std::function<std::vector<Gauge>(const Views&)> gauges;    // may be empty
};

template <class State, class Command, class Event>
struct Rules {
  std::string name;
  int state_version = 1;
  bool reference = false;
  base::Result<Decision<Event>> (*decide)(std::string_view stream, const State&, const Command&,
                                          const Context&) = nullptr;
  void (*apply)(std::string_view stream, const Event&, State*) = nullptr;
  std::optional<base::Time> (*due)(const State&) = nullptr;
  Command (*on_due)(std::string_view stream, const State&) = nullptr;
  void (*project)(const Fact<Event>&, const State& after, base::RowWriter&) = nullptr;
  std::map<std::string, Listener> listens = {};
  std::vector<Notice> (*notify)(const Fact<Event>&) = nullptr;
  std::string (*number)(const Event&) = nullptr;
  std::string (*target)(const Command&) = nullptr;
  base::Status (*prepare)(Command*, Preparation&) = nullptr;
  std::vector<Query> queries = {};
  std::function<std::unique_ptr<MemoryView>()> memory_view = {};
  std::vector<Gauge> (*gauges)(const Views&) = nullptr;
};

template <class Event>
Fact<Event> Typed(const Fact<Message>& fact) {
  return {fact.service, fact.partition, fact.seq,   fact.index,
          fact.stream,  fact.at,        fact.actor, static_cast<const Event&>(fact.event)};
}

// Listen(OnIntake): an upstream's events, typed by the function's own signature.
template <class UpstreamEvent, class Command>
Listener Listen(Reactions<Command> (*on)(const Fact<UpstreamEvent>&, const base::Rows&, Births&)) {
  return {&UpstreamEvent::default_instance(),
          [on](const Fact<Message>& fact, const base::Rows& rows, Births& births) {
            std::vector<AnyReaction> reactions;
            auto given = on(Typed<UpstreamEvent>(fact), rows, births);
            for (auto& reaction : given.all()) {
              reactions.push_back({std::move(reaction.stream),
                                   std::make_unique<Command>(std::move(reaction.command))});
            }
            return reactions;
          }};
}

// Read("GetCase", ReadCase): a query, typed by the function's own signature.
template <class Request, class Response>
Query Read(std::string method, base::Result<Response> (*read)(const Request&, const Views&)) {
  return {
      std::move(method), &Request::default_instance(),
      [read](const Message& request, const Views& views) -> base::Result<std::unique_ptr<Message>> {
        ASSIGN_OR_RETURN(Response response, read(static_cast<const Request&>(request), views));
        return std::unique_ptr<Message>(std::make_unique<Response>(std::move(response)));
      }};
}

template <class State, class Command, class Event>
Definition Define(Rules<State, Command, Event> rules) {
  CHECK(rules.decide && rules.apply && rules.project && rules.target,
        "{}: Decide, Apply, Project and Target are needed", rules.name);
  Definition definition;
  definition.name = std::move(rules.name);
  definition.state_version = rules.state_version;
  definition.reference = rules.reference;
  definition.state = &State::default_instance();
  definition.command = &Command::default_instance();
  definition.event = &Event::default_instance();
  definition.decide = [decide = rules.decide](std::string_view stream, const Message& state,
                                              const Message& command,
                                              const Context& context) -> base::Result<Decided> {
    ASSIGN_OR_RETURN(Decision<Event> decision,
                     decide(stream, static_cast<const State&>(state),
                            static_cast<const Command&>(command), context));
    Decided decided{{}, std::move(decision.under())};
    for (auto& emission : decision.emissions()) {
      decided.emissions.push_back(
          {std::move(emission.stream), std::make_unique<Event>(std::move(emission.event))});
    }
    return decided;
  };
  definition.apply = [apply = rules.apply](std::string_view stream, const Message& event,
                                           Message* state) {
    apply(stream, static_cast<const Event&>(event), static_cast<State*>(state));
  };
  if (rules.due) {
    CHECK(rules.on_due, "{}: a due time needs OnDue", definition.name);
    definition.due = [due = rules.due](const Message& state) {
      return due(static_cast<const State&>(state));
    };
    definition.on_due = [on_due = rules.on_due](std::string_view stream, const Message& state) {
      return std::make_unique<Command>(on_due(stream, static_cast<const State&>(state)));
    };
  }
  definition.project = [project = rules.project](const Fact<Message>& fact, const Message& state,
                                                 base::RowWriter& rows) {
    project(Typed<Event>(fact), static_cast<const State&>(state), rows);
  };
  definition.listens = std::move(rules.listens);
  if (rules.notify) {
    definition.notify = [notify = rules.notify](const Fact<Message>& fact) {
      return notify(Typed<Event>(fact));
    };
  }
  if (rules.number) {
    definition.number = [number = rules.number](const Message& event) {
      return number(static_cast<const Event&>(event));
    };
  }
  definition.target = [target = rules.target](const Message& command) {
    return target(static_cast<const Command&>(command));
  };
  if (rules.prepare) {
    definition.prepare = [prepare = rules.prepare](Message* command, Preparation& preparation) {
      return prepare(static_cast<Command*>(command), preparation);
    };
  }
  definition.queries = std::move(rules.queries);
  definition.memory_view = std::move(rules.memory_view);
  definition.gauges = rules.gauges;
  return definition;
}

}  // namespace wanmi::rules
