// RuleCase: given these events, when this command comes, then those events. For rules tests.
//
// Works on a Definition and rows in memory; no journal, no clock. Every message goes through its
// wire format. Unasked, each command that gave events is sent a second time and must give none
// (an empty decision or a refusal): that is what makes a repeated or lost answer harmless.
#pragma once

#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/partition.h"
#include "base/rows.h"
#include "rules/definition.h"
#include "testkit/sample_city.h"

namespace wanmi::testkit {

class RuleCase {
 public:
  // With the sample city's directory and rulebook, at kSampleNow, in partition 0 of 1.
  explicit RuleCase(rules::Definition definition);

  RuleCase& At(base::Time now) { return now_ = now, *this; }
  RuleCase& Later(base::Span span) { return now_ += span, *this; }
  // Of documents, as in a city of several processes; else 0.
  RuleCase& Lead(base::Span lead) { return lead_ = lead, *this; }
  // Who sends the next commands: a holder of this post of the sample city.
  RuleCase& As(std::string_view post_id);
  // The runtime itself, as for reactions and timers.
  RuleCase& AsReaction();
  // An actor with another person or device than the post's usual one.
  common::v1::Actor& actor() { return actor_; }

  template <class Kind>
  RuleCase& Given(std::string_view stream, Kind kind) {
    GivenMessage(stream, *WrapAs(definition_.event, kind));
    return *this;
  }
  // Decides, applies and projects. The events it gave are in events().
  template <class Kind>
  base::Status When(std::string_view stream, Kind kind) {
    return WhenMessage(stream, *WrapAs(definition_.command, kind));
  }
  // An event of an upstream: each reaction is decided in order, as the runtime does. Returns the
  // refusals; all the events are in events().
  template <class UpstreamEvent, class Kind>
  std::vector<base::Status> WhenHeard(std::string_view service, std::string_view stream,
                                      Kind kind) {
    return Hear(service, stream, rules::Wrap<UpstreamEvent>(std::move(kind)));
  }
  // Fires the timer of a stream if it is due now; FAILED_PRECONDITION if it is not.
  base::Status WhenDue(std::string_view stream);
  std::optional<base::Time> Due(std::string_view stream) const;

  // ---- then ----
  struct Seen {
    std::string stream;
    std::unique_ptr<google::protobuf::Message> event;
  };
  const std::vector<Seen>& events() const { return events_; }
  // "sensor-filing, signed by leader of sup": under which list the last command that gave events
  // was decided; empty if under none.
  std::string Under() const;
  std::vector<std::string> Kinds() const;  // of events(): {"CaseFiled", "ReportFiled"}
  // The n-th event of this kind among events(); fails the test if there is none.
  template <class Kind>
  Kind Then(int nth = 0) const {
    Kind kind;
    CHECK(FindKind(Kind::descriptor(), nth, &kind), "expected an event {}, found {}",
          Kind::descriptor()->name(), fmt::join(Kinds(), ", "));
    return kind;
  }
  template <class State>
  State StateOf(std::string_view stream) const {
    State state;
    CHECK(state.ParseFromString(states_.count(std::string(stream)) ? states_.at(std::string(stream))
                                                                   : ""));
    return state;
  }
  base::MapRows& rows() { return rows_; }
  base::MapRows& directory() { return directory_; }
  base::MapRows& rulebook() { return rulebook_; }
  // A query over the rows.
  template <class Response, class Request>
  base::Result<Response> Ask(std::string_view method, const Request& request) const {
    ASSIGN_OR_RETURN(auto answer, AskMessage(method, request));
    return static_cast<const Response&>(*answer);
  }
  // What the service's gauges are: {"wanmi_dispatch_overdue_cases roads": 1}.
  std::map<std::string, int64_t> Gauges() const;

 private:
  using Message = google::protobuf::Message;
  std::unique_ptr<Message> WrapAs(const Message* whole, const Message& kind) const;
  void GivenMessage(std::string_view stream, const Message& event);
  base::Status WhenMessage(std::string_view stream, const Message& command);
  base::Status DecideOnce(std::string_view stream, const Message& command, bool expect_nothing);
  std::vector<base::Status> Hear(std::string_view service, std::string_view stream,
                                 const Message& event);
  bool FindKind(const google::protobuf::Descriptor* kind, int nth, Message* found) const;
  base::Result<std::unique_ptr<Message>> AskMessage(std::string_view method,
                                                    const Message& request) const;
  std::unique_ptr<Message> LoadState(std::string_view stream) const;

  const rules::Definition definition_;
  base::Time now_ = kSampleNow;
  base::Span lead_{0};
  common::v1::Actor actor_;
  base::MapRows rows_, directory_, rulebook_;
  std::map<std::string, std::string> states_;
  std::vector<Seen> events_;
  std::optional<common::v1::Actor> under_;
  int64_t seq_ = 0;
};

}  // namespace wanmi::testkit
