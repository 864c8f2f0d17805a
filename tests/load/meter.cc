#include "tests/load/meter.h"

#include "base/rows.h"
#include "tests/load/meter.pb.h"

namespace wanmi::demo::meter {
namespace {

inline constexpr base::Family<Row> kMeters{16, "meter"};
inline constexpr base::Family<Row> kLast{17, "last"};
inline constexpr base::Family<Row> kGroups{18, "group"};

base::Result<rules::Decision<Event>> Decide(std::string_view stream, const State& state,
                                            const Command& command, const rules::Context&) {
  const Count& count = command.count();
  if (count.amount() == 0) return base::InvalidArgument("expected an amount, found 0");
  Counted counted;
  counted.set_amount(count.amount());
  counted.set_total(state.total() + count.amount());
  counted.set_note(count.note());
  return rules::Decision<Event>(stream, counted);
}

void Apply(std::string_view, const Event& event, State* state) {
  state->set_total(event.counted().total());
  state->set_events(state->events() + 1);
  state->set_note(event.counted().note());
}

void Project(const rules::Fact<Event>& fact, const State& state, base::RowWriter& rows) {
  Row row;
  row.set_total(state.total());
  row.set_events(state.events());
  row.set_note(state.note());
  kMeters.Put(rows, fact.stream, row);
  row.set_total(fact.event.counted().amount());
  kLast.Put(rows, base::Key().Tail(fact.stream), row);
  const auto group =
      fact.stream.substr(0, fact.stream.size() - std::min<size_t>(2, fact.stream.size()));
  Row sum = kGroups.Get(rows, group).value_or(Row());
  sum.set_total(sum.total() + fact.event.counted().amount());
  sum.set_events(sum.events() + 1);
  kGroups.Put(rows, group, sum);
}

std::string Target(const Command&) { return "unused"; }

}  // namespace

rules::Definition Define(const std::string& name) {
  return rules::Define(rules::Rules<State, Command, Event>{
      .name = name, .decide = Decide, .apply = Apply, .project = Project, .target = Target});
}

}  // namespace wanmi::demo::meter
