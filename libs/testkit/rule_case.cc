#include "testkit/rule_case.h"

#include <gtest/gtest.h>

namespace wanmi::testkit {
namespace {

// One partition is all there is.
class OnePartition final : public rules::Views {
 public:
  OnePartition(const base::Rows& rows, base::Time now, const rules::MemoryView* memory)
      : rows_(rows), now_(now), memory_(memory) {}
  const base::Rows& All() const override { return rows_; }
  const base::Rows& Of(std::string_view) const override { return rows_; }
  const rules::MemoryView* memory() const override { return memory_; }
  base::Time now() const override { return now_; }

 private:
  const base::Rows& rows_;
  const base::Time now_;
  const rules::MemoryView* memory_;
};

std::unique_ptr<google::protobuf::Message> ThroughTheWire(
    const google::protobuf::Message& message) {
  std::unique_ptr<google::protobuf::Message> copy(message.New());
  CHECK(copy->ParseFromString(message.SerializeAsString()));
  return copy;
}

}  // namespace

RuleCase::RuleCase(rules::Definition definition) : definition_(std::move(definition)) {
  WriteSampleDirectory(directory_);
  WriteSampleRulebook(rulebook_);
  AsReaction();
}

RuleCase& RuleCase::As(std::string_view post_id) {
  const rules::Reference reference(directory_, rulebook_, now_);
  auto actor = reference.ResolveActor(SamplePersonOf(post_id), post_id);
  CHECK(actor.ok(), "{}", actor.status().ToString());
  actor_ = *actor;
  return *this;
}

RuleCase& RuleCase::AsReaction() {
  actor_.Clear();
  actor_.mutable_system()->set_service(definition_.name);
  return *this;
}

std::unique_ptr<google::protobuf::Message> RuleCase::WrapAs(const Message* whole,
                                                            const Message& kind) const {
  std::unique_ptr<Message> wrapped(whole->New());
  const auto* descriptor = wrapped->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (descriptor->field(i)->message_type() != kind.GetDescriptor()) continue;
    wrapped->GetReflection()->MutableMessage(wrapped.get(), descriptor->field(i))->CopyFrom(kind);
    return ThroughTheWire(*wrapped);
  }
  CHECK(false, "{} has no kind {}", descriptor->full_name(), kind.GetTypeName());
}

std::unique_ptr<google::protobuf::Message> RuleCase::LoadState(std::string_view stream) const {
  std::unique_ptr<Message> state(definition_.state->New());
  if (const auto found = states_.find(std::string(stream)); found != states_.end()) {
    CHECK(state->ParseFromString(found->second));
  }
  return state;
}

void RuleCase::GivenMessage(std::string_view stream, const Message& event) {
  auto state = LoadState(stream);
  definition_.apply(stream, event, state.get());
  const rules::Fact<Message> fact{definition_.name, 0, ++seq_, 0, stream, now_, actor_, event};
  definition_.project(fact, *state, rows_);
  states_[std::string(stream)] = state->SerializeAsString();
}

base::Status RuleCase::WhenMessage(std::string_view stream, const Message& command) {
  events_.clear();
  RETURN_IF_ERROR(DecideOnce(stream, command, false));
  if (!events_.empty()) {
    if (auto again = DecideOnce(stream, command, true); !again.ok()) {
      // A refused repeat is as good as an empty one: it gives no events.
    }
  }
  return {};
}

base::Status RuleCase::DecideOnce(std::string_view stream, const Message& command,
                                  bool expect_nothing) {
  const auto sent = ThroughTheWire(command);
  const rules::Reference reference(directory_, rulebook_, now_);
  const rules::Context context{now_, actor_, rows_, reference, 0, 1, 1, lead_};
  ASSIGN_OR_RETURN(auto decided, definition_.decide(stream, *LoadState(stream), *sent, context));
  auto& emissions = decided.emissions;
  if (expect_nothing) {
    EXPECT_TRUE(emissions.empty())
        << "sent a second time, this gave events again: " << command.ShortDebugString();
    return {};
  }
  under_ = std::move(decided.under);
  for (auto& emission : emissions) {
    EXPECT_EQ(base::RootOf(emission.stream), base::RootOf(stream));
    auto event = ThroughTheWire(*emission.event);
    GivenMessage(emission.stream, *event);
    events_.push_back({std::move(emission.stream), std::move(event)});
  }
  return {};
}

std::vector<base::Status> RuleCase::Hear(std::string_view service, std::string_view stream,
                                         const Message& event) {
  const auto listener = definition_.listens.find(std::string(service));
  CHECK(listener != definition_.listens.end(), "{} does not listen to {}", definition_.name,
        service);
  AsReaction();
  const auto heard = ThroughTheWire(event);
  rules::Births births(service, 0, 1, 1);
  const rules::Fact<Message> fact{service, 0, 1, 0, stream, now_, actor_, *heard};
  std::vector<base::Status> refusals;
  std::vector<Seen> all;
  for (auto& reaction : listener->second.on(fact, rows_, births)) {
    const base::Status status = WhenMessage(reaction.stream, *reaction.command);
    if (!status.ok()) refusals.push_back(status);
    for (auto& seen : events_) all.push_back(std::move(seen));
  }
  events_ = std::move(all);
  return refusals;
}

std::optional<base::Time> RuleCase::Due(std::string_view stream) const {
  if (!definition_.due) return std::nullopt;
  return definition_.due(*LoadState(stream));
}

base::Status RuleCase::WhenDue(std::string_view stream) {
  const auto due = Due(stream);
  if (!due || *due > now_) return base::FailedPrecondition("the timer of {} is not due", stream);
  AsReaction();
  return WhenMessage(stream, *definition_.on_due(stream, *LoadState(stream)));
}

std::string RuleCase::Under() const {
  if (!under_) return {};
  return fmt::format("{}, signed by {} of {}", under_->system().white_list(), under_->post_id(),
                     under_->unit_id());
}

std::vector<std::string> RuleCase::Kinds() const {
  std::vector<std::string> kinds;
  for (const auto& seen : events_) {
    const auto* oneof = seen.event->GetDescriptor()->oneof_decl(0);
    const auto* field = seen.event->GetReflection()->GetOneofFieldDescriptor(*seen.event, oneof);
    kinds.push_back(field ? std::string(field->message_type()->name()) : "?");
  }
  return kinds;
}

bool RuleCase::FindKind(const google::protobuf::Descriptor* kind, int nth, Message* found) const {
  for (const auto& seen : events_) {
    const auto* oneof = seen.event->GetDescriptor()->oneof_decl(0);
    const auto* reflection = seen.event->GetReflection();
    const auto* field = reflection->GetOneofFieldDescriptor(*seen.event, oneof);
    if (!field || field->message_type() != kind || nth-- > 0) continue;
    found->CopyFrom(reflection->GetMessage(*seen.event, field));
    return true;
  }
  return false;
}

base::Result<std::unique_ptr<google::protobuf::Message>> RuleCase::AskMessage(
    std::string_view method, const Message& request) const {
  std::unique_ptr<rules::MemoryView> memory;
  if (definition_.memory_view) {
    memory = definition_.memory_view();
    memory->Rebuild(rows_);
  }
  const OnePartition views(rows_, now_, memory.get());
  for (const auto& query : definition_.queries) {
    if (query.method == method) return query.read(*ThroughTheWire(request), views);
  }
  CHECK(false, "{} has no query {}", definition_.name, method);
}

std::map<std::string, int64_t> RuleCase::Gauges() const {
  std::map<std::string, int64_t> values;
  for (const auto& gauge : definition_.gauges(OnePartition(rows_, now_, nullptr))) {
    std::string name = gauge.name;
    for (const auto& [label, value] : gauge.labels) name += " " + value;
    values[name] = gauge.value;
  }
  return values;
}

}  // namespace wanmi::testkit
