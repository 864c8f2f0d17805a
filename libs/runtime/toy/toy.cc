#include "runtime/toy/toy.h"

namespace wanmi::runtime::toy {
namespace {

using rules::Decision;

base::Result<Decision<Event>> DecideAccount(std::string_view stream, const State&,
                                            const Command& command, const rules::Context& context) {
  switch (command.kind_case()) {
    case Command::kAdd: {
      CHECK(command.add().amount() != 666, "an amount that breaks the rule");
      if (command.add().amount() == 0) return base::InvalidArgument("expected an amount, found 0");
      Added added;
      added.set_amount(command.add().amount());
      if (added.amount() == 201 || (added.amount() == 202 && context.level >= 2)) {
        added.add_tags()->set_text("new");
      }
      if (added.amount() == 203) added.add_tags()->set_colour(COLOUR_BLUE);
      Decision<Event> decision(stream, added);
      if (added.amount() == 204 && context.level >= 2) {
        Event loud;
        loud.mutable_rang_loudly();
        decision.emissions().push_back({std::string(stream), std::move(loud)});
      }
      return decision;
    }
    case Command::kSetAlarm: {
      AlarmSet alarm;
      alarm.set_due_us(command.set_alarm().due_us());
      return Decision<Event>(stream, alarm);
    }
    case Command::kRing: {
      Rang rang;
      rang.set_at_us(base::ToMicros(context.now));
      return Decision<Event>(stream, rang);
    }
    case Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command, found none");
}

base::Result<Decision<Event>> DecideMirror(std::string_view stream, const State&,
                                           const Command& command, const rules::Context& context) {
  CHECK(context.actor.post_id() != "signer", "rules see who acts, not who signed");
  const int64_t amount = command.add().amount();
  CHECK(amount != 665 || mirror_is_mended, "an amount that breaks the mirror");
  if (amount == 13) return base::FailedPrecondition("expected a lucky amount, found 13");
  if (amount == 404 && !mirror_is_mended) return base::Unavailable("not now");
  Added added;
  added.set_amount(amount);
  Decision<Event> decision(stream, added);
  if (amount >= 80 && amount < 90) {
    common::v1::Actor signer;
    signer.set_post_id("signer");
    signer.mutable_system()->set_white_list(std::to_string(amount));
    decision.Under(std::move(signer));
  }
  return decision;
}

void Apply(std::string_view, const Event& event, State* state) {
  switch (event.kind_case()) {
    case Event::kAdded:
      state->set_total(state->total() + event.added().amount());
      state->add_mirrored(event.added().amount());
      return;
    case Event::kAlarmSet:
      state->set_due_us(event.alarm_set().due_us());
      return;
    case Event::kRang:
    case Event::kRangLoudly:
      state->set_due_us(0);
      return;
    case Event::kHummed:
    case Event::KIND_NOT_SET:
      return;
  }
}

void Project(const rules::Fact<Event>& fact, const State& state, base::RowWriter& rows) {
  Row row = kTotals.Get(rows, fact.stream).value_or(Row());
  row.set_total(state.total());
  row.set_events(row.events() + 1);
  row.add_lists(fact.actor.system().white_list());
  kTotals.Put(rows, fact.stream, row);
}

std::optional<base::Time> Due(const State& state) {
  if (state.due_us() == 0) return std::nullopt;
  return base::FromMicros(state.due_us());
}

Command OnDue(std::string_view, const State&) { return rules::Wrap<Command>(Ring()); }

rules::Reactions<Command> OnAccount(const rules::Fact<Event>& fact, const base::Rows&,
                                    rules::Births&) {
  rules::Reactions<Command> reactions;
  const int64_t amount = fact.event.added().amount();
  if (fact.event.has_added() && (amount % 2 == 0 || amount >= 5)) {
    Add add;
    add.set_amount(amount);
    reactions.Add(fact.stream, add);
    if (amount == 82) {
      add.set_amount(84);
      reactions.Add(fact.stream, add);
    }
  }
  return reactions;
}

rules::Reactions<Command> OnSelf(const rules::Fact<Event>& fact, const base::Rows&,
                                 rules::Births&) {
  rules::Reactions<Command> reactions;
  if (fact.event.added().amount() == 7 && fact.stream != "other") {
    Add add;
    add.set_amount(70);
    reactions.Add("other", add);
  }
  return reactions;
}

std::string Target(const Command&) { return "unused"; }

}  // namespace

rules::Definition Account() {
  return rules::Define(rules::Rules<State, Command, Event>{.name = "account",
                                                           .decide = DecideAccount,
                                                           .apply = Apply,
                                                           .due = Due,
                                                           .on_due = OnDue,
                                                           .project = Project,
                                                           .target = Target});
}

rules::Definition Mirror() {
  return rules::Define(rules::Rules<State, Command, Event>{
      .name = "mirror",
      .decide = DecideMirror,
      .apply = Apply,
      .project = Project,
      .listens = {{"account", rules::Listen(OnAccount)}, {"mirror", rules::Listen(OnSelf)}},
      .target = Target});
}

}  // namespace wanmi::runtime::toy
