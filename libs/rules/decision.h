// Decision: the events that a command gives, each in a stream under the command's own root.
// An empty Decision means "already so": nothing is written and the client is answered Ok.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::rules {

// Puts a kind into the oneof of its Event or Command message: Wrap<v1::Event>(v1::CaseFiled()).
template <class Whole, class Kind>
Whole Wrap(Kind kind) {
  static const google::protobuf::FieldDescriptor* const field = [] {
    const auto* descriptor = Whole::descriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      if (descriptor->field(i)->message_type() == Kind::descriptor()) return descriptor->field(i);
    }
    CHECK(false, "{} has no kind {}", descriptor->full_name(), Kind::descriptor()->full_name());
  }();
  Whole whole;
  *static_cast<Kind*>(whole.GetReflection()->MutableMessage(&whole, field)) = std::move(kind);
  return whole;
}

template <class Event>
class Decision {
 public:
  struct Emission {
    std::string stream;
    Event event;
  };

  Decision() = default;
  template <class Kind>
  Decision(std::string_view stream, Kind kind) {
    Emit(stream, std::move(kind));
  }
  template <class Kind>
  void Emit(std::string_view stream, Kind kind) {
    emissions_.push_back({std::string(stream), Wrap<Event>(std::move(kind))});
  }
  // Decided by the machine under a signed white list: who answers for it, as
  // Reference::ResolveWhiteList gives it. It becomes the entry's actor if nobody else is: where a
  // person gave the command, the person stays.
  void Under(common::v1::Actor actor) { under_ = std::move(actor); }
  std::optional<common::v1::Actor>& under() { return under_; }
  bool empty() const { return emissions_.empty(); }
  std::vector<Emission>& emissions() { return emissions_; }
  const std::vector<Emission>& emissions() const { return emissions_; }

 private:
  std::vector<Emission> emissions_;
  std::optional<common::v1::Actor> under_;
};

// A reaction: a command for a stream of our own, made of an upstream event.
template <class Command>
struct Reaction {
  std::string stream;
  Command command;
};

template <class Command>
class Reactions {
 public:
  template <class Kind>
  void Add(std::string_view stream, Kind kind) {
    reactions_.push_back({std::string(stream), Wrap<Command>(std::move(kind))});
  }
  std::vector<Reaction<Command>>& all() { return reactions_; }

 private:
  std::vector<Reaction<Command>> reactions_;
};

}  // namespace wanmi::rules
