// alarms' rows and the reads over them.
#pragma once

#include "base/rows.h"
#include "base/status.h"
#include "rules/fact.h"
#include "rules/views.h"
#include "services/alarms/state.pb.h"
#include "wanmi/alarms/v1/alarms.pb.h"

namespace wanmi::alarms {

inline constexpr base::Family<v1::DeviceView> kDevices{16, "device"};  // device id
inline constexpr base::Family<v1::AlarmView> kAlarms{17, "alarm"};     // device, number
inline constexpr base::Family<v1::AlarmView> kOpen{18, "open-alarm"};  // raised, alarm id

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows);

base::Result<v1::DeviceView> GetDevice(const v1::GetDevice& request, const rules::Views& views);
base::Result<v1::AlarmPage> ListAlarms(const v1::ListAlarms& request, const rules::Views& views);

}  // namespace wanmi::alarms
