// A small city for tests: who is who, and the rules that hold. Written straight into reference
// rows, as directory and rulebook would write them.
//
// Units and posts (a post "x" is held by person "p-x"):
//   supervision  sup: acceptor, acceptor2, leader (shift leader), leader2, inspector1, inspector2,
//                     team (team leader), gateway (a program)
//   command      cmd: dispatcher, dispatcher2
//   disposal     sanitation (group clean): san-clerk, san-leader, san-crew
//                roads: road-clerk, road-leader, road-crew
//                heat: heat-clerk · cleanco (group clean): cleanco-clerk
//   assessment   office: assessor
//   none         base: base-clerk; congress (the approving body): congress-clerk
// Source codes: "12345" (PreCheck), "inspector", "sensor" (files at once), "superior" (files at
// once), "self" (自查), "app" (PreCheck, call back, first answer in 60 min).
// Classes of edition 2013: component/01-01 (conditions 1 urgent: make safe 2 urgent hours, then
// repair 1 working day; 2: 2 working days), event/01-10 (1: 4 working hours), event/03-11 (1: 2
// urgent hours), component/01-10 (1: 1 urgent hour), event/09-09 (1: 1 working day; no rule).
#pragma once

#include <string>
#include <string_view>

#include "base/rows.h"
#include "base/time.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::testkit {

// Wednesday 2026-03-11 09:00 in China (UTC+8), a working day, inside working hours.
inline constexpr base::Time kSampleNow = base::FromMicros(1'773'190'800'000'000);

void WriteSampleDirectory(base::RowWriter& rows);
void WriteSampleRulebook(base::RowWriter& rows);
std::string SamplePersonOf(std::string_view post_id);

// A place in community 370705001001, grade A, unit grid …001, watched by inspector1.
common::v1::Place SamplePlace();
common::v1::ClassRef SampleClass(std::string_view code);  // edition 2013
// A picture taken at the sample place, now, from this device.
common::v1::Evidence SamplePicture(base::Time taken_at, std::string_view device_id = "phone-1");

}  // namespace wanmi::testkit
