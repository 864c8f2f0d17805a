#include "services/alarms/domain.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "rules/form.h"

namespace wanmi::alarms {
namespace {

using rules::Context;
using Decision = rules::Decision<v1::Event>;
using google::protobuf::util::MessageDifferencer;

constexpr int64_t kMinuteUs = 60'000'000;

base::Status CheckForm(std::string_view id, std::string_view device) {
  if (id.empty()) return base::InvalidArgument("expected the command's id, found none");
  return rules::RequireId("device", device);
}

base::Status CheckRegistered(const state::State& state, std::string_view device) {
  if (state.registered()) return {};
  return base::NotFound("expected a registered device, found none called '{}'; register it first",
                        device);
}

// ---- devices ----

base::Status CheckRegistrar(const Context& context) {
  if (rules::ByReaction(context)) {
    return base::PermissionDenied("a device is registered by a post and not by Wanmi itself");
  }
  const bool clerk = rules::On(context, common::v1::AXIS_NONE) &&
                     rules::Holds(context, common::v1::POST_KIND_BASE_DATA_CLERK);
  const bool gateway = rules::On(context, common::v1::AXIS_SUPERVISION) &&
                       rules::Holds(context, common::v1::POST_KIND_GATEWAY);
  if (clerk || gateway) return {};
  return base::PermissionDenied(
      "expected a base data clerk, or a gateway of the supervision axis, to register a device; "
      "found "
      "post {} on {}",
      context.actor.post_id(), common::v1::Axis_Name(context.actor.axis()));
}

// The same device as far as the client said it; the grid around it may have changed since.
bool SameDevice(const v1::DeviceRegistered& known, const v1::RegisterDevice& said) {
  return known.kind() == said.kind() && known.owner_unit() == said.owner_unit() &&
         known.title() == said.title() && known.place().address() == said.place().address() &&
         MessageDifferencer::Equals(known.place().point(), said.place().point());
}

base::Result<Decision> RegisterDevice(std::string_view stream, const state::State& state,
                                      const v1::RegisterDevice& command, const Context& context) {
  RETURN_IF_ERROR(CheckRegistrar(context));
  RETURN_IF_ERROR(CheckForm(command.id(), command.device()));
  RETURN_IF_ERROR(rules::RequireId("kind", command.kind()));
  RETURN_IF_ERROR(rules::LimitText("title", command.title(), kTitleBytesMax));
  if (!command.place().has_point() || command.place().cell_code().empty()) {
    return base::InvalidArgument(
        "expected a place in a unit grid of the city, found point {} and "
        "grid '{}'; give the place of device {}",
        command.place().point().ShortDebugString(), command.place().cell_code(), command.device());
  }
  if (!context.reference.Unit(command.owner_unit())) {
    return base::NotFound("expected a unit of the directory as owner, found '{}'",
                          command.owner_unit());
  }
  if (state.registered()) {
    if (SameDevice(state.device(), command)) return Decision();
    return base::FailedPrecondition(
        "device {} is registered already, otherwise than this; expected a "
        "new id for another device",
        command.device());
  }
  v1::DeviceRegistered registered;
  registered.set_kind(command.kind());
  registered.set_owner_unit(command.owner_unit());
  registered.set_title(command.title());
  *registered.mutable_place() = command.place();
  return Decision(stream, registered);
}

// ---- readings ----

base::Status CheckReadings(const v1::Ingest& command, const Context& context) {
  if (command.readings_size() > kReadingsMax) {
    return base::ResourceExhausted(
        "expected at most {} readings at a time, found {}; send them in "
        "parts",
        kReadingsMax, command.readings_size());
  }
  for (const auto& reading : command.readings()) {
    RETURN_IF_ERROR(rules::RequireId("metric", reading.metric()));
    if (!std::isfinite(reading.value())) {
      return base::InvalidArgument("metric {}: expected a finite value, found {}", reading.metric(),
                                   reading.value());
    }
    if (reading.measured_at_us() <= 0 ||
        reading.measured_at_us() > base::ToMicros(context.now) + kMinuteUs) {
      return base::InvalidArgument(
          "metric {}: expected a time until now, found {}; set the gateway's "
          "clock",
          reading.metric(), base::FormatUtc(base::FromMicros(reading.measured_at_us())));
    }
  }
  return {};
}

// The device's own baseline, else that of its kind; without one a metric never alarms.
std::optional<rulebook::v1::Baseline> BaselineOf(std::string_view device, std::string_view kind,
                                                 std::string_view metric, const Context& context) {
  auto item = context.reference.Find("baselines", fmt::format("{}/{}", device, metric));
  if (!item) item = context.reference.Find("baselines", fmt::format("{}/{}", kind, metric));
  if (!item) return std::nullopt;
  return item->baseline();
}

// By metric and time; the first that came of each moment.
std::map<std::string, std::map<int64_t, double>> Sorted(const v1::Ingest& command) {
  std::map<std::string, std::map<int64_t, double>> sorted;
  for (const auto& reading : command.readings()) {
    sorted[reading.metric()].try_emplace(reading.measured_at_us(), reading.value());
  }
  return sorted;
}

v1::AlarmRaised Raised(const v1::DeviceRegistered& device, const rulebook::v1::Baseline& baseline,
                       std::string alarm, std::string_view metric, double value, int64_t at_us) {
  v1::AlarmRaised raised;
  raised.set_alarm(std::move(alarm));
  raised.set_metric(std::string(metric));
  raised.set_value(value);
  raised.set_least(baseline.least());
  raised.set_measured_at_us(at_us);
  *raised.mutable_class_ref() = baseline.class_ref();
  raised.set_condition_id(baseline.condition_id());
  *raised.mutable_place() = device.place();
  raised.set_device_kind(device.kind());
  raised.set_owner_unit(device.owner_unit());
  return raised;
}

v1::AlarmCleared Cleared(std::string alarm, std::string_view metric, double value, int64_t at_us) {
  v1::AlarmCleared cleared;
  cleared.set_alarm(std::move(alarm));
  cleared.set_metric(std::string(metric));
  cleared.set_value(value);
  cleared.set_measured_at_us(at_us);
  return cleared;
}

// Walks one metric's readings forward. A reading that speaks against the present state (low while
// quiet, well while alarmed) makes the row longer, any other ends it.
void Walk(std::string_view stream, const state::State& state, std::string_view metric,
          const std::map<int64_t, double>& readings, const rulebook::v1::Baseline& baseline,
          int* alarms, Decision& decision) {
  const auto known = state.metrics().find(std::string(metric));
  std::string open = known == state.metrics().end() ? "" : known->second.open_alarm();
  const int64_t decided_at_us = known == state.metrics().end() ? 0 : known->second.decided_at_us();
  int in_a_row = 0;
  for (auto at = readings.upper_bound(decided_at_us); at != readings.end(); ++at) {
    const auto& [at_us, value] = *at;
    const bool against = open.empty() == (value < baseline.least());
    in_a_row = against ? in_a_row + 1 : 0;
    const int needed = std::max(1, open.empty() ? baseline.readings() : baseline.clear_readings());
    if (in_a_row < needed) continue;
    in_a_row = 0;
    if (open.empty()) {
      open = fmt::format("{}/a{}", stream, ++*alarms);
      decision.Emit(stream, Raised(state.device(), baseline, open, metric, value, at_us));
    } else {
      decision.Emit(stream, Cleared(std::exchange(open, ""), metric, value, at_us));
    }
  }
}

base::Result<Decision> Ingest(std::string_view stream, const state::State& state,
                              const v1::Ingest& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireAxis(context, common::v1::AXIS_SUPERVISION, "taking in readings"));
  if (rules::ByReaction(context) || !rules::Holds(context, common::v1::POST_KIND_GATEWAY)) {
    return base::PermissionDenied("expected a gateway to bring readings, found post {} of kind {}",
                                  context.actor.post_id(),
                                  common::v1::PostKind_Name(context.actor.post_kind()));
  }
  RETURN_IF_ERROR(CheckForm(command.id(), command.device()));
  RETURN_IF_ERROR(CheckRegistered(state, command.device()));
  RETURN_IF_ERROR(CheckReadings(command, context));
  Decision decision;
  int alarms = state.alarms();
  for (const auto& [metric, readings] : Sorted(command)) {
    const auto baseline = BaselineOf(stream, state.device().kind(), metric, context);
    if (baseline) Walk(stream, state, metric, readings, *baseline, &alarms, decision);
  }
  return decision;
}

// ---- acknowledging ----

base::Status CheckAcknowledger(const state::State& state, const Context& context) {
  const auto& actor = context.actor;
  if (rules::ByReaction(context)) {
    return base::PermissionDenied("an alarm is acknowledged by a person and not by Wanmi itself");
  }
  if (rules::On(context, common::v1::AXIS_SUPERVISION) &&
      rules::Holds(context, common::v1::POST_KIND_ACCEPTOR)) {
    return {};
  }
  const bool clerk = rules::On(context, common::v1::AXIS_DISPOSAL) &&
                     rules::Holds(context, common::v1::POST_KIND_DEPARTMENT_CLERK);
  if (clerk && actor.unit_id() == state.device().owner_unit()) return {};
  return base::PermissionDenied(
      "expected an acceptor, or a clerk of the owner {}, to acknowledge an alarm; found post {} of "
      "unit {} on {}",
      state.device().owner_unit(), actor.post_id(), actor.unit_id(),
      common::v1::Axis_Name(actor.axis()));
}

base::Result<Decision> Acknowledge(std::string_view stream, const state::State& state,
                                   const v1::Acknowledge& command, const Context& context) {
  RETURN_IF_ERROR(CheckAcknowledger(state, context));
  RETURN_IF_ERROR(CheckForm(command.id(), command.device()));
  RETURN_IF_ERROR(rules::RequireId("metric", command.metric()));
  RETURN_IF_ERROR(CheckRegistered(state, command.device()));
  const auto metric = state.metrics().find(command.metric());
  if (metric == state.metrics().end() || metric->second.open_alarm().empty()) {
    return base::FailedPrecondition(
        "expected an open alarm of {} at device {}, found none; there is "
        "nothing to acknowledge",
        command.metric(), command.device());
  }
  if (metric->second.acknowledged()) return Decision();
  v1::AlarmAcknowledged acknowledged;
  acknowledged.set_alarm(metric->second.open_alarm());
  acknowledged.set_post_id(context.actor.post_id());
  return Decision(stream, acknowledged);
}

}  // namespace

std::string Target(const v1::Command& command) {
  switch (command.kind_case()) {
    case v1::Command::kRegisterDevice:
      return command.register_device().device();
    case v1::Command::kIngest:
      return command.ingest().device();
    case v1::Command::kAcknowledge:
      return command.acknowledge().device();
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return "";
}

base::Result<Decision> Decide(std::string_view stream, const state::State& state,
                              const v1::Command& command, const Context& context) {
  switch (command.kind_case()) {
    case v1::Command::kRegisterDevice:
      return RegisterDevice(stream, state, command.register_device(), context);
    case v1::Command::kIngest:
      return Ingest(stream, state, command.ingest(), context);
    case v1::Command::kAcknowledge:
      return Acknowledge(stream, state, command.acknowledge(), context);
    case v1::Command::KIND_NOT_SET:
      break;
  }
  return base::InvalidArgument("expected a command of alarms, found none");
}

void Apply(std::string_view, const v1::Event& event, state::State* state) {
  switch (event.kind_case()) {
    case v1::Event::kDeviceRegistered:
      state->set_registered(true);
      *state->mutable_device() = event.device_registered();
      break;
    case v1::Event::kAlarmRaised: {
      const auto& raised = event.alarm_raised();
      state->set_alarms(state->alarms() + 1);
      auto& metric = (*state->mutable_metrics())[raised.metric()];
      metric.set_open_alarm(raised.alarm());
      metric.set_acknowledged(false);
      metric.set_decided_at_us(raised.measured_at_us());
      break;
    }
    case v1::Event::kAlarmCleared: {
      auto& metric = (*state->mutable_metrics())[event.alarm_cleared().metric()];
      metric.clear_open_alarm();
      metric.clear_acknowledged();
      metric.set_decided_at_us(event.alarm_cleared().measured_at_us());
      break;
    }
    case v1::Event::kAlarmAcknowledged:
      for (auto& [name, metric] : *state->mutable_metrics()) {
        if (metric.open_alarm() == event.alarm_acknowledged().alarm())
          metric.set_acknowledged(true);
      }
      break;
    case v1::Event::KIND_NOT_SET:
      break;
  }
}

}  // namespace wanmi::alarms
