#include "services/alarms/views.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace wanmi::alarms {
namespace {

// "<device>/a12" by number, so that a10 comes after a9.
std::string AlarmKey(std::string_view device, std::string_view alarm) {
  int64_t number = 0;
  const std::string_view digits = alarm.substr(std::min(alarm.size(), device.size() + 2));
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  CHECK(parsed.ec == std::errc(), "an alarm is called <device>/a<n>, found {}", alarm);
  return base::Key().Text(device).Number(number).str();
}

std::string OpenKey(const v1::AlarmView& alarm) {
  return base::Key().Number(alarm.raised_at_us()).Tail(alarm.alarm()).str();
}

void PutDevice(std::string_view device, const state::State& after, base::RowWriter& rows) {
  v1::DeviceView view;
  view.set_device(std::string(device));
  view.set_kind(after.device().kind());
  view.set_owner_unit(after.device().owner_unit());
  view.set_title(after.device().title());
  *view.mutable_place() = after.device().place();
  view.set_open_alarms(static_cast<int32_t>(
      std::count_if(after.metrics().begin(), after.metrics().end(),
                    [](const auto& metric) { return !metric.second.open_alarm().empty(); })));
  kDevices.Put(rows, device, view);
}

void PutAlarm(std::string_view device, const v1::AlarmView& alarm, base::RowWriter& rows) {
  kAlarms.Put(rows, AlarmKey(device, alarm.alarm()), alarm);
  if (alarm.cleared_at_us() == 0) return kOpen.Put(rows, OpenKey(alarm), alarm);
  kOpen.Delete(rows, OpenKey(alarm));
}

v1::AlarmView RaisedView(std::string_view device, const v1::AlarmRaised& raised) {
  v1::AlarmView view;
  view.set_alarm(raised.alarm());
  view.set_device(std::string(device));
  view.set_metric(raised.metric());
  view.set_value(raised.value());
  view.set_least(raised.least());
  view.set_raised_at_us(raised.measured_at_us());
  return view;
}

v1::AlarmView Known(std::string_view device, std::string_view alarm, const base::Rows& rows) {
  auto view = kAlarms.Get(rows, AlarmKey(device, alarm));
  CHECK(view, "alarm {} was raised before it changed", alarm);
  return std::move(*view);
}

}  // namespace

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows) {
  switch (fact.event.kind_case()) {
    case v1::Event::kDeviceRegistered:
      PutDevice(fact.stream, after, rows);
      break;
    case v1::Event::kAlarmRaised:
      PutAlarm(fact.stream, RaisedView(fact.stream, fact.event.alarm_raised()), rows);
      PutDevice(fact.stream, after, rows);
      break;
    case v1::Event::kAlarmCleared: {
      const auto& cleared = fact.event.alarm_cleared();
      v1::AlarmView view = Known(fact.stream, cleared.alarm(), rows);
      view.set_cleared_at_us(cleared.measured_at_us());
      PutAlarm(fact.stream, view, rows);
      PutDevice(fact.stream, after, rows);
      break;
    }
    case v1::Event::kAlarmAcknowledged: {
      const auto& acknowledged = fact.event.alarm_acknowledged();
      v1::AlarmView view = Known(fact.stream, acknowledged.alarm(), rows);
      view.set_acknowledged_by(acknowledged.post_id());
      PutAlarm(fact.stream, view, rows);
      break;
    }
    case v1::Event::KIND_NOT_SET:
      break;
  }
}

base::Result<v1::DeviceView> GetDevice(const v1::GetDevice& request, const rules::Views& views) {
  auto view = kDevices.Get(views.Of(request.device()), request.device());
  if (!view) {
    return base::NotFound("expected a registered device, found none called '{}'", request.device());
  }
  return std::move(*view);
}

base::Result<v1::AlarmPage> ListAlarms(const v1::ListAlarms& request, const rules::Views& views) {
  if (!request.state().empty() && request.state() != "open") {
    return base::InvalidArgument(
        "expected the state 'open' or none, the indexes there are, found '{}'", request.state());
  }
  const auto& family = request.state() == "open" ? kOpen : kAlarms;
  v1::AlarmPage page;
  ASSIGN_OR_RETURN(const std::string next,
                   rules::ReadPage(views.All(), family, {}, request.page(),
                                   [&](std::string_view, v1::AlarmView&& view) {
                                     *page.add_alarms() = std::move(view);
                                   }));
  page.set_next(next);
  return page;
}

}  // namespace wanmi::alarms
