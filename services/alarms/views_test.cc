#include "services/alarms/views.h"

#include <gtest/gtest.h>

#include "services/alarms/api.h"
#include "services/alarms/service.h"
#include "testkit/rule_case.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::alarms {
namespace {

using base::Code;
using testkit::RuleCase;
using Names = std::vector<std::string>;

v1::AlarmRaised Raised(const char* alarm, int64_t at_us) {
  v1::AlarmRaised raised;
  raised.set_alarm(alarm);
  raised.set_metric("m");
  raised.set_value(1);
  raised.set_least(2);
  raised.set_measured_at_us(at_us);
  return raised;
}

v1::AlarmCleared Cleared(const char* alarm, int64_t at_us) {
  v1::AlarmCleared cleared;
  cleared.set_alarm(alarm);
  cleared.set_metric("m");
  cleared.set_measured_at_us(at_us);
  return cleared;
}

Names Alarms(const RuleCase& test, const char* state) {
  v1::ListAlarms list;
  list.set_state(state);
  const auto page = test.Ask<v1::AlarmPage>("ListAlarms", list);
  Names names;
  for (const auto& alarm : page->alarms()) names.push_back(alarm.alarm());
  return names;
}

TEST(Views, OpenAlarmsByTimeAndAllByNumber) {
  RuleCase test(Define());
  for (int i = 1; i <= 10; ++i) {
    test.Given("d1", Raised(fmt::format("d1/a{}", i).c_str(), 100 + i));
    if (i < 10) test.Given("d1", Cleared(fmt::format("d1/a{}", i).c_str(), 100 + i));
  }
  test.Given("d2", Raised("d2/a1", 50));
  EXPECT_EQ(Alarms(test, "open"), (Names{"d2/a1", "d1/a10"}));
  const Names all = Alarms(test, "");
  ASSERT_EQ(all.size(), 11u);
  EXPECT_EQ(all[1], "d1/a2");
  EXPECT_EQ(all[9], "d1/a10");
  v1::ListAlarms list;
  list.set_state("cleared");
  EXPECT_EQ(test.Ask<v1::AlarmPage>("ListAlarms", list).status().code(), Code::kInvalidArgument);
}

TEST(Views, AnAlarmShowsItsLife) {
  RuleCase test(Define());
  test.Given("d1", Raised("d1/a1", 100));
  v1::AlarmAcknowledged acknowledged;
  acknowledged.set_alarm("d1/a1");
  acknowledged.set_post_id("acceptor");
  test.Given("d1", acknowledged);
  v1::ListAlarms list;
  list.set_state("open");
  EXPECT_EQ(test.Ask<v1::AlarmPage>("ListAlarms", list)->alarms(0).acknowledged_by(), "acceptor");
  test.Given("d1", Cleared("d1/a1", 200));
  list.clear_state();
  const auto page = test.Ask<v1::AlarmPage>("ListAlarms", list);
  const auto& alarm = page->alarms(0);
  EXPECT_EQ(alarm.device(), "d1");
  EXPECT_EQ(alarm.value(), 1);
  EXPECT_EQ(alarm.least(), 2);
  EXPECT_EQ(alarm.raised_at_us(), 100);
  EXPECT_EQ(alarm.cleared_at_us(), 200);
  EXPECT_EQ(alarm.acknowledged_by(), "acceptor");
}

TEST(Views, ADeviceCountsItsOpenAlarms) {
  RuleCase test(Define());
  v1::DeviceRegistered registered;
  registered.set_kind("heat_station");
  registered.set_owner_unit("heat");
  registered.set_title("Station 1");
  *registered.mutable_place() = testkit::SamplePlace();
  test.Given("d1", registered).Given("d1", Raised("d1/a1", 100));
  v1::GetDevice get;
  get.set_device("d1");
  EXPECT_EQ(test.Ask<v1::DeviceView>("GetDevice", get)->open_alarms(), 1);
  EXPECT_EQ(test.Ask<v1::DeviceView>("GetDevice", get)->owner_unit(), "heat");
  test.Given("d1", Cleared("d1/a1", 200));
  EXPECT_EQ(test.Ask<v1::DeviceView>("GetDevice", get)->open_alarms(), 0);
  get.set_device("d2");
  EXPECT_EQ(test.Ask<v1::DeviceView>("GetDevice", get).status().code(), Code::kNotFound);
}

// ---- the edge ----

class Grid final : public rules::Preparation {
 public:
  grid::v1::Locate asked;
  bool up = true;
  base::Result<common::v1::Sealed> Seal(std::string_view, std::string_view) override {
    return base::Unavailable("nothing is sealed here");
  }
  base::Status Ask(std::string_view service, std::string_view method,
                   const google::protobuf::Message& request,
                   google::protobuf::Message* response) override {
    EXPECT_EQ(service, "grid");
    EXPECT_EQ(method, "Locate");
    if (!up) return base::Unavailable("grid is down");
    asked.CopyFrom(request);
    response->CopyFrom(testkit::SamplePlace());
    return {};
  }
  base::Time now() const override { return testkit::kSampleNow; }
};

TEST(Prepare, LocatesADeviceAndBelievesNoGridOfTheClients) {
  Grid grid;
  v1::Command command;
  auto& place = *command.mutable_register_device()->mutable_place();
  *place.mutable_point() = testkit::SamplePlace().point();
  place.set_crs("GCJ-02");
  place.set_cell_code("999999999999999");
  ASSERT_TRUE(Prepare(&command, grid).ok());
  EXPECT_EQ(grid.asked.place().crs(), "GCJ-02");
  EXPECT_EQ(grid.asked.place().cell_code(), "");
  EXPECT_EQ(command.register_device().place().cell_code(), "370705001001001");
}

TEST(Prepare, NeedsAPointAndTheGrid) {
  Grid grid;
  v1::Command command;
  command.mutable_register_device();
  EXPECT_EQ(Prepare(&command, grid).code(), Code::kInvalidArgument);
  *command.mutable_register_device()->mutable_place()->mutable_point() =
      testkit::SamplePlace().point();
  grid.up = false;
  EXPECT_EQ(Prepare(&command, grid).code(), Code::kUnavailable);
  command.mutable_ingest();
  EXPECT_TRUE(Prepare(&command, grid).ok()) << "readings are not located";
}

}  // namespace
}  // namespace wanmi::alarms
