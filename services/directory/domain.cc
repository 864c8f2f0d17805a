#include "services/directory/domain.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <array>
#include <optional>

#include "rules/directory_rows.h"
#include "rules/form.h"

namespace wanmi::directory {
namespace {

using common::v1::Axis_Name;
using google::protobuf::util::MessageDifferencer;
using rules::directory_rows::kPosts;
using rules::directory_rows::kUnits;
using state::State;
using Decision = rules::Decision<v1::Event>;
using Outcome = base::Result<Decision>;

constexpr size_t kNameBytesMax = 200;
constexpr size_t kReasonBytesMax = 2'000;
constexpr int kDepthMax = 16;  // of units within units
constexpr std::array<std::string_view, 4> kLevels = {"city", "district", "street", "community"};

// ---- units ----

// Walks up from the parent; the unit itself must not be met.
base::Status CheckParent(const v1::Unit& unit, const base::Rows& rows) {
  std::string at = unit.parent_id();
  for (int depth = 0; !at.empty(); ++depth) {
    const auto parent = kUnits.Get(rows, at);
    if (!parent)
      return base::NotFound("expected a parent unit that is open, found '{}'; open it first", at);
    if (at == unit.id() || depth == kDepthMax) {
      return base::FailedPrecondition(
          "unit {} under {} would stand under itself or more than {} deep; "
          "name another parent",
          unit.id(), unit.parent_id(), kDepthMax);
    }
    at = parent->parent_id();
  }
  return {};
}

base::Status CheckUnit(const v1::Unit& unit, const base::Rows& rows) {
  RETURN_IF_ERROR(rules::RequireId("the unit's id", unit.id()));
  RETURN_IF_ERROR(rules::RequireText("the unit's name", unit.name(), kNameBytesMax));
  if (!unit.group_id().empty())
    RETURN_IF_ERROR(rules::RequireId("the unit's group", unit.group_id()));
  RETURN_IF_ERROR(rules::LimitText("the calendar's name", unit.calendar(), rules::kIdBytesMax));
  if (unit.axis() == common::v1::AXIS_UNSPECIFIED || !common::v1::Axis_IsValid(unit.axis())) {
    return base::InvalidArgument("expected the one axis that unit {} stands on, found none",
                                 unit.id());
  }
  if (std::find(kLevels.begin(), kLevels.end(), unit.level()) == kLevels.end()) {
    return base::InvalidArgument(
        "expected a level of city, district, street or community for unit {}, "
        "found '{}'",
        unit.id(), unit.level());
  }
  const std::string& area = unit.area_code();
  if (area.size() > 12 ||
      !std::all_of(area.begin(), area.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return base::InvalidArgument(
        "expected an administrative code of at most 12 digits for unit {}, "
        "found '{}'",
        unit.id(), area);
  }
  return CheckParent(unit, rows);
}

Outcome DecideOpenUnit(std::string_view stream, const State& state, const v1::OpenUnit& command,
                       const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "opening a unit"));
  const v1::Unit& unit = command.unit();
  RETURN_IF_ERROR(CheckUnit(unit, context.rows));
  if (state.has_unit()) {
    if (state.unit().axis() != unit.axis()) {
      return base::FailedPrecondition("unit {} stands on {} for good, found {}; open another unit",
                                      unit.id(), Axis_Name(state.unit().axis()),
                                      Axis_Name(unit.axis()));
    }
    if (MessageDifferencer::Equals(state.unit(), unit)) return Decision();
  }
  v1::UnitOpened opened;
  *opened.mutable_unit() = unit;
  return Decision(stream, std::move(opened));
}

// ---- posts ----

Outcome DecideOpenPost(std::string_view stream, const State& state, const v1::OpenPost& command,
                       const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "opening a post"));
  const v1::Post& post = command.post();
  RETURN_IF_ERROR(rules::RequireId("the post's id", post.id()));
  RETURN_IF_ERROR(rules::RequireText("the post's title", post.title(), kNameBytesMax));
  if (post.kind() == common::v1::POST_KIND_UNSPECIFIED ||
      !common::v1::PostKind_IsValid(post.kind())) {
    return base::InvalidArgument("expected the kind of post {}, found none", post.id());
  }
  if (!kUnits.Get(context.rows, post.unit_id())) {
    return base::NotFound("expected a unit that is open for post {}, found '{}'; open it first",
                          post.id(), post.unit_id());
  }
  if (state.has_post()) {
    const v1::Post& before = state.post();
    if (before.unit_id() != post.unit_id() || before.kind() != post.kind()) {
      return base::FailedPrecondition(
          "post {} is {} in unit {} for good, found {} in unit {}; open another post", post.id(),
          common::v1::PostKind_Name(before.kind()), before.unit_id(),
          common::v1::PostKind_Name(post.kind()), post.unit_id());
    }
    if (MessageDifferencer::Equals(before, post)) return Decision();
  }
  v1::PostOpened opened;
  *opened.mutable_post() = post;
  return Decision(stream, std::move(opened));
}

// ---- persons ----

Outcome DecideRegisterPerson(std::string_view stream, const State& state,
                             const v1::RegisterPerson& command, const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "registering a person"));
  RETURN_IF_ERROR(rules::RequireId("the person's id", command.person_id()));
  if (!command.name().empty()) {
    return base::InvalidArgument(
        "expected the name of person {} sealed, found it in clear; send it "
        "through the API",
        command.person_id());
  }
  const bool named = command.has_sealed_name();
  if (named && command.sealed_name().subject() != PersonStream(command.person_id())) {
    return base::InvalidArgument("expected a name sealed under {}, found it under '{}'",
                                 PersonStream(command.person_id()),
                                 command.sealed_name().subject());
  }
  // A name sealed anew cannot be compared with the one before, so it counts as a correction.
  const bool known = !state.person_id().empty();
  if (known && (!named || MessageDifferencer::Equals(state.name(), command.sealed_name()))) {
    return Decision();
  }
  v1::PersonRegistered registered;
  registered.set_person_id(command.person_id());
  if (named) *registered.mutable_name() = command.sealed_name();
  return Decision(stream, std::move(registered));
}

base::Status RequireKnown(const State& state, std::string_view person_id) {
  if (!state.person_id().empty()) return {};
  return base::NotFound("expected a person who is registered, found '{}'; register them first",
                        person_id);
}

const v1::Holding* FindHolding(const State& state, std::string_view post_id) {
  for (const auto& holding : state.holdings()) {
    if (holding.post_id() == post_id) return &holding;
  }
  return nullptr;
}

const v1::Shift* FindShift(const State& state, std::string_view post_id) {
  for (const auto& shift : state.shifts()) {
    if (shift.post_id() == post_id) return &shift;
  }
  return nullptr;
}

common::v1::Axis AxisOfPost(const base::Rows& rows, std::string_view post_id) {
  const auto post = kPosts.Get(rows, post_id);
  CHECK(post, "post {} is held and open", post_id);
  const auto unit = kUnits.Get(rows, post->unit_id());
  CHECK(unit, "unit {} of post {} is open", post->unit_id(), post_id);
  return unit->axis();
}

// Holdings end by LeavePost only, so one that begins at `from` overlaps all that end after it.
base::Status CheckOneAxis(const State& state, const v1::AssignPost& command, int64_t from_us,
                          const base::Rows& rows) {
  const common::v1::Axis axis = AxisOfPost(rows, command.post_id());
  const auto check = [&](const v1::Holding& other) -> base::Status {
    if (other.until_us() != 0 && other.until_us() <= from_us) return {};
    const common::v1::Axis found = AxisOfPost(rows, other.post_id());
    if (found == axis) return {};
    return base::FailedPrecondition(
        "post {} stands on {}, but {} holds post {} on {} at that time; nobody holds posts on two "
        "axes, so let them leave it first",
        command.post_id(), Axis_Name(axis), command.person_id(), other.post_id(), Axis_Name(found));
  };
  for (const auto& other : state.holdings()) RETURN_IF_ERROR(check(other));
  for (const auto& other : state.past()) RETURN_IF_ERROR(check(other));
  return {};
}

Outcome DecideAssignPost(std::string_view stream, const State& state, const v1::AssignPost& command,
                         const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "assigning a post"));
  RETURN_IF_ERROR(RequireKnown(state, command.person_id()));
  if (!kPosts.Get(context.rows, command.post_id())) {
    return base::NotFound("expected a post that is open, found '{}'; open it first",
                          command.post_id());
  }
  if (command.from_us() < 0)
    return base::InvalidArgument("expected a time after 1970, found {} µs", command.from_us());
  if (const v1::Holding* held = FindHolding(state, command.post_id())) {
    if (command.from_us() == 0 || command.from_us() == held->from_us()) return Decision();
    return base::FailedPrecondition(
        "{} holds post {} from {} on already; leave it first to begin at "
        "another time",
        command.person_id(), command.post_id(), base::FormatUtc(base::FromMicros(held->from_us())));
  }
  if (state.holdings_size() >= kHoldingsMax) {
    return base::ResourceExhausted(
        "{} holds {} posts, the most there can be; let them leave one first", command.person_id(),
        state.holdings_size());
  }
  const int64_t from_us = command.from_us() == 0 ? base::ToMicros(context.now) : command.from_us();
  RETURN_IF_ERROR(CheckOneAxis(state, command, from_us, context.rows));
  v1::PostAssigned assigned;
  assigned.mutable_holding()->set_person_id(command.person_id());
  assigned.mutable_holding()->set_post_id(command.post_id());
  assigned.mutable_holding()->set_from_us(from_us);
  return Decision(stream, std::move(assigned));
}

Outcome DecideLeavePost(std::string_view stream, const State& state, const v1::LeavePost& command,
                        const rules::Context& context) {
  RETURN_IF_ERROR(rules::RequireBaseData(context, "taking a person from a post"));
  RETURN_IF_ERROR(RequireKnown(state, command.person_id()));
  RETURN_IF_ERROR(rules::LimitText("the reason", command.reason(), kReasonBytesMax));
  const v1::Holding* held = FindHolding(state, command.post_id());
  if (!held) {
    const bool left =
        std::any_of(state.past().begin(), state.past().end(),
                    [&](const v1::Holding& past) { return past.post_id() == command.post_id(); });
    if (left) return Decision();
    return base::NotFound("expected a post that {} holds, found '{}'", command.person_id(),
                          command.post_id());
  }
  const int64_t now_us = base::ToMicros(context.now);
  Decision decision;
  if (const v1::Shift* on = FindShift(state, command.post_id())) {
    v1::ShiftEnded ended;
    *ended.mutable_shift() = *on;
    ended.mutable_shift()->set_until_us(now_us);
    decision.Emit(stream, std::move(ended));
  }
  v1::PostLeft left;
  *left.mutable_holding() = *held;
  left.mutable_holding()->set_until_us(std::max(now_us, held->from_us()));  // never held if planned
  left.set_reason(command.reason());
  decision.Emit(stream, std::move(left));
  return decision;
}

// ---- shifts ----

// The person themselves, the leader of a team of the post's unit, or whoever keeps the base data.
base::Status MayTellShift(std::string_view person_id, std::string_view post_id,
                          const rules::Context& context) {
  if (!rules::ByReaction(context)) {
    if (!person_id.empty() && context.actor.person_id() == person_id) return {};
    const auto post = kPosts.Get(context.rows, post_id);
    const bool own_team = post && post->unit_id() == context.actor.unit_id();
    if (own_team && rules::Holds(context, common::v1::POST_KIND_TEAM_LEADER)) return {};
  }
  return rules::RequireBaseData(
      context, "telling another person's shift, unless for a team leader's own unit,");
}

Outcome DecideStartShift(std::string_view stream, const State& state, const v1::StartShift& command,
                         const rules::Context& context) {
  RETURN_IF_ERROR(MayTellShift(command.person_id(), command.post_id(), context));
  RETURN_IF_ERROR(RequireKnown(state, command.person_id()));
  const int64_t now_us = base::ToMicros(context.now);
  const v1::Holding* held = FindHolding(state, command.post_id());
  if (!held || held->from_us() > now_us) {
    return base::FailedPrecondition(
        "expected a post that {} holds now, found '{}'; assign it first", command.person_id(),
        command.post_id());
  }
  if (FindShift(state, command.post_id())) return Decision();
  v1::ShiftStarted started;
  started.mutable_shift()->set_post_id(command.post_id());
  started.mutable_shift()->set_person_id(command.person_id());
  started.mutable_shift()->set_from_us(now_us);
  return Decision(stream, std::move(started));
}

Outcome DecideEndShift(std::string_view stream, const State& state, const v1::EndShift& command,
                       const rules::Context& context) {
  RETURN_IF_ERROR(MayTellShift(command.person_id(), command.post_id(), context));
  RETURN_IF_ERROR(RequireKnown(state, command.person_id()));
  const v1::Shift* on = FindShift(state, command.post_id());
  if (!on) return Decision();
  v1::ShiftEnded ended;
  *ended.mutable_shift() = *on;
  ended.mutable_shift()->set_until_us(base::ToMicros(context.now));
  return Decision(stream, std::move(ended));
}

// ---- apply ----

template <class Repeated>
void ErasePost(Repeated* list, std::string_view post_id) {
  list->erase(std::remove_if(list->begin(), list->end(),
                             [&](const auto& one) { return one.post_id() == post_id; }),
              list->end());
}

void ApplyPostLeft(const v1::PostLeft& left, State* state) {
  ErasePost(state->mutable_holdings(), left.holding().post_id());
  *state->add_past() = left.holding();
  if (state->past_size() > kPastMax) state->mutable_past()->erase(state->past().begin());
}

}  // namespace

std::string UnitStream(std::string_view unit_id) { return fmt::format("unit/{}", unit_id); }
std::string PostStream(std::string_view post_id) { return fmt::format("post/{}", post_id); }
std::string PersonStream(std::string_view person_id) { return fmt::format("person/{}", person_id); }

std::string Target(const v1::Command& command) {
  switch (command.kind_case()) {
    case v1::Command::kOpenUnit:
      return UnitStream(command.open_unit().unit().id());
    case v1::Command::kOpenPost:
      return PostStream(command.open_post().post().id());
    case v1::Command::kRegisterPerson:
      return PersonStream(command.register_person().person_id());
    case v1::Command::kAssignPost:
      return PersonStream(command.assign_post().person_id());
    case v1::Command::kLeavePost:
      return PersonStream(command.leave_post().person_id());
    case v1::Command::kStartShift:
      return PersonStream(command.start_shift().person_id());
    case v1::Command::kEndShift:
      return PersonStream(command.end_shift().person_id());
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return {};
}

base::Result<rules::Decision<v1::Event>> Decide(std::string_view stream, const State& state,
                                                const v1::Command& command,
                                                const rules::Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kOpenUnit:
      return DecideOpenUnit(stream, state, command.open_unit(), context);
    case v1::Command::kOpenPost:
      return DecideOpenPost(stream, state, command.open_post(), context);
    case v1::Command::kRegisterPerson:
      return DecideRegisterPerson(stream, state, command.register_person(), context);
    case v1::Command::kAssignPost:
      return DecideAssignPost(stream, state, command.assign_post(), context);
    case v1::Command::kLeavePost:
      return DecideLeavePost(stream, state, command.leave_post(), context);
    case v1::Command::kStartShift:
      return DecideStartShift(stream, state, command.start_shift(), context);
    case v1::Command::kEndShift:
      return DecideEndShift(stream, state, command.end_shift(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of directory, found none");
}

void Apply(std::string_view, const v1::Event& event, State* state) {
  switch (event.kind_case()) {
    case v1::Event::kUnitOpened:
      *state->mutable_unit() = event.unit_opened().unit();
      break;
    case v1::Event::kPostOpened:
      *state->mutable_post() = event.post_opened().post();
      break;
    case v1::Event::kPersonRegistered:
      state->set_person_id(event.person_registered().person_id());
      *state->mutable_name() = event.person_registered().name();
      break;
    case v1::Event::kPostAssigned:
      *state->add_holdings() = event.post_assigned().holding();
      break;
    case v1::Event::kPostLeft:
      ApplyPostLeft(event.post_left(), state);
      break;
    case v1::Event::kShiftStarted:
      *state->add_shifts() = event.shift_started().shift();
      break;
    case v1::Event::kShiftEnded:
      ErasePost(state->mutable_shifts(), event.shift_ended().shift().post_id());
      break;
    case v1::Event::KIND_NOT_SET:
      CHECK(false, "an event of directory has a kind");
  }
}

}  // namespace wanmi::directory
