#include "services/alarms/domain.h"

#include <gtest/gtest.h>

#include <limits>

#include "rules/rulebook_rows.h"
#include "services/alarms/service.h"
#include "testkit/rule_case.h"

namespace wanmi::alarms {
namespace {

using base::Code;
using testkit::kSampleNow;
using testkit::RuleCase;
using Kinds = std::vector<std::string>;

constexpr char kDevice[] = "station-7";
constexpr char kMetric[] = "outlet_temperature";

v1::RegisterDevice Registration() {
  v1::RegisterDevice command;
  command.set_id("c1");
  command.set_device(kDevice);
  command.set_kind("heat_station");
  command.set_owner_unit("heat");
  command.set_title("Station 7");
  *command.mutable_place() = testkit::SamplePlace();
  return command;
}

RuleCase Registered() {
  RuleCase test(Define());
  test.As("base-clerk");
  EXPECT_TRUE(test.When(kDevice, Registration()).ok());
  test.As("gateway");
  return test;
}

// Seconds before now → value; below 40 is an alarm, two in a row at or above it clear.
v1::Ingest Readings(std::initializer_list<std::pair<int, double>> readings) {
  v1::Ingest command;
  command.set_id("c2");
  command.set_device(kDevice);
  for (const auto& [seconds_ago, value] : readings) {
    auto& reading = *command.add_readings();
    reading.set_metric(kMetric);
    reading.set_value(value);
    reading.set_measured_at_us(base::ToMicros(kSampleNow - std::chrono::seconds(seconds_ago)));
  }
  return command;
}

Kinds After(RuleCase& test, const v1::Ingest& command) {
  const auto status = test.When(kDevice, command);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return status.ok() ? test.Kinds() : Kinds{"refused"};
}

void SetBaseline(RuleCase& test, const std::string& key, double least, int readings, int clear) {
  rulebook::v1::Item item;
  item.set_key(key);
  item.mutable_baseline()->set_least(least);
  item.mutable_baseline()->set_readings(readings);
  item.mutable_baseline()->set_clear_readings(clear);
  rules::rulebook_rows::kItems.Put(
      test.rulebook(), rules::rulebook_rows::VersionKey("baselines", "city", 1).Tail(key), item);
}

v1::Acknowledge Acknowledgement() {
  v1::Acknowledge command;
  command.set_id("c3");
  command.set_device(kDevice);
  command.set_metric(kMetric);
  return command;
}

// ---- devices ----

TEST(RegisterDevice, KeepsWhatItIsAndWhere) {
  RuleCase test(Define());
  test.As("base-clerk");
  ASSERT_TRUE(test.When(kDevice, Registration()).ok());
  const auto registered = test.Then<v1::DeviceRegistered>();
  EXPECT_EQ(registered.kind(), "heat_station");
  EXPECT_EQ(registered.owner_unit(), "heat");
  EXPECT_EQ(registered.title(), "Station 7");
  EXPECT_EQ(registered.place().cell_code(), "370705001001001");
}

TEST(RegisterDevice, AgainTheSameIsNothingAndAnotherIsRefused) {
  RuleCase test = Registered();
  v1::RegisterDevice again = Registration();
  again.mutable_place()->set_area_grade("B");  // the grid changed, not the device
  ASSERT_TRUE(test.When(kDevice, again).ok());
  EXPECT_TRUE(test.events().empty());
  again.set_kind("water_meter");
  EXPECT_EQ(test.When(kDevice, again).code(), Code::kFailedPrecondition);
  again = Registration();
  again.mutable_place()->mutable_point()->set_latitude_deg(36.8);
  EXPECT_EQ(test.When(kDevice, again).code(), Code::kFailedPrecondition);
}

TEST(RegisterDevice, ChecksItsForm) {
  const auto refused = [](auto change) {
    RuleCase test(Define());
    v1::RegisterDevice command = Registration();
    change(command);
    return test.As("gateway").When(kDevice, command).code();
  };
  EXPECT_EQ(refused([](auto& c) { c.clear_id(); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.clear_device(); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.set_device("a/b"); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.set_device(std::string(65, 'a')); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.set_kind("heat/station"); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.set_title(std::string(201, 'a')); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.mutable_place()->clear_cell_code(); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.mutable_place()->clear_point(); }), Code::kInvalidArgument);
  EXPECT_EQ(refused([](auto& c) { c.set_owner_unit("nobody"); }), Code::kNotFound);
  EXPECT_EQ(refused([](auto&) {}), Code::kOk);
}

// ---- alarms ----

TEST(Ingest, TheFirstReadingBelowTheBaselineRaises) {
  RuleCase test = Registered();
  EXPECT_EQ(After(test, Readings({{60, 40}})), Kinds{}) << "at the baseline is well";
  EXPECT_EQ(After(test, Readings({{50, 39.9}})), Kinds{"AlarmRaised"});
  const auto raised = test.Then<v1::AlarmRaised>();
  EXPECT_EQ(raised.alarm(), "station-7/a1");
  EXPECT_EQ(raised.metric(), kMetric);
  EXPECT_EQ(raised.value(), 39.9);
  EXPECT_EQ(raised.least(), 40);
  EXPECT_EQ(raised.measured_at_us(), base::ToMicros(kSampleNow - std::chrono::seconds(50)));
  EXPECT_EQ(raised.class_ref().code(), "component/01-10");
  EXPECT_EQ(raised.condition_id(), "1");
  EXPECT_EQ(raised.place().cell_code(), "370705001001001");
  EXPECT_EQ(raised.device_kind(), "heat_station");
  EXPECT_EQ(raised.owner_unit(), "heat");
}

TEST(Ingest, OneAlarmIsOpenAtATime) {
  RuleCase test = Registered();
  EXPECT_EQ(After(test, Readings({{60, 30}, {50, 31}, {40, 29}})), Kinds{"AlarmRaised"});
  EXPECT_EQ(After(test, Readings({{30, 20}})), Kinds{});
}

TEST(Ingest, ClearsAfterEnoughInARowAndRaisesTheNext) {
  RuleCase test = Registered();
  EXPECT_EQ(After(test, Readings({{90, 30}})), Kinds{"AlarmRaised"});
  EXPECT_EQ(After(test, Readings({{80, 41}, {70, 39}, {60, 41}})), Kinds{}) << "not in a row";
  EXPECT_EQ(After(test, Readings({{60, 41}, {50, 42}})), Kinds{"AlarmCleared"});
  EXPECT_EQ(test.Then<v1::AlarmCleared>().alarm(), "station-7/a1");
  EXPECT_EQ(test.Then<v1::AlarmCleared>().value(), 42);
  EXPECT_EQ(test.Then<v1::AlarmCleared>().measured_at_us(),
            base::ToMicros(kSampleNow - std::chrono::seconds(50)));
  EXPECT_EQ(After(test, Readings({{40, 30}})), Kinds{"AlarmRaised"});
  EXPECT_EQ(test.Then<v1::AlarmRaised>().alarm(), "station-7/a2");
}

TEST(Ingest, ACountEndsWithItsIngestUnlessReadingsAreSentAgain) {
  RuleCase test = Registered();
  After(test, Readings({{90, 30}}));
  EXPECT_EQ(After(test, Readings({{80, 41}})), Kinds{});
  EXPECT_EQ(After(test, Readings({{70, 41}})), Kinds{}) << "readings are not kept";
  EXPECT_EQ(After(test, Readings({{80, 41}, {70, 41}})), Kinds{"AlarmCleared"});
}

TEST(Ingest, CountsInARowWithinOne) {
  RuleCase test = Registered();
  SetBaseline(test, "heat_station/outlet_temperature", 40, 3, 1);
  EXPECT_EQ(After(test, Readings({{90, 30}, {80, 30}, {70, 41}, {60, 30}})), Kinds{});
  EXPECT_EQ(After(test, Readings({{50, 30}, {40, 31}, {30, 32}})), Kinds{"AlarmRaised"});
  EXPECT_EQ(test.Then<v1::AlarmRaised>().value(), 32);
  EXPECT_EQ(After(test, Readings({{20, 41}})), Kinds{"AlarmCleared"});
}

TEST(Ingest, ManyChangesInOne) {
  RuleCase test = Registered();
  EXPECT_EQ(After(test, Readings({{90, 30}, {80, 41}, {70, 42}, {60, 30}, {50, 41}})),
            (Kinds{"AlarmRaised", "AlarmCleared", "AlarmRaised"}));
  EXPECT_EQ(test.Then<v1::AlarmRaised>(1).alarm(), "station-7/a2");
}

TEST(Ingest, DisorderIsPutRight) {
  RuleCase test = Registered();
  EXPECT_EQ(After(test, Readings({{60, 42}, {90, 30}, {70, 41}})),
            (Kinds{"AlarmRaised", "AlarmCleared"}));
}

TEST(Ingest, TheOldAndTheTwiceSentAreIgnored) {
  RuleCase test = Registered();
  EXPECT_EQ(After(test, Readings({{60, 30}, {60, 41}})), Kinds{"AlarmRaised"});
  EXPECT_EQ(After(test, Readings({{70, 41}, {60, 41}})), Kinds{})
      << "measured before it was raised";
  EXPECT_EQ(After(test, Readings({{60, 41}, {50, 41}})), Kinds{}) << "or at that moment";
  EXPECT_EQ(After(test, Readings({{50, 41}, {50, 41}})), Kinds{}) << "one moment, one reading";
  EXPECT_EQ(After(test, Readings({{50, 41}, {40, 41}})), Kinds{"AlarmCleared"});
  EXPECT_EQ(After(test, Readings({{45, 10}})), Kinds{});
}

TEST(Ingest, TheDevicesOwnBaselineWins) {
  RuleCase test = Registered();
  SetBaseline(test, "station-7/outlet_temperature", 20, 0, 0);
  EXPECT_EQ(After(test, Readings({{60, 30}})), Kinds{});
  EXPECT_EQ(After(test, Readings({{50, 19}})), Kinds{"AlarmRaised"}) << "0 means the first";
  EXPECT_EQ(After(test, Readings({{40, 20}})), Kinds{"AlarmCleared"});
}

TEST(Ingest, EachMetricForItself) {
  RuleCase test = Registered();
  SetBaseline(test, "heat_station/pressure", 2, 1, 1);
  v1::Ingest command = Readings({{60, 30}, {50, 1}, {40, 3}, {30, 0}});
  command.mutable_readings(1)->set_metric("pressure");
  command.mutable_readings(2)->set_metric("pressure");
  command.mutable_readings(3)->set_metric("flow");  // without a baseline
  EXPECT_EQ(After(test, command), (Kinds{"AlarmRaised", "AlarmRaised", "AlarmCleared"}));
  EXPECT_EQ(test.Then<v1::AlarmRaised>(0).alarm(), "station-7/a1");
  EXPECT_EQ(test.Then<v1::AlarmRaised>(1).alarm(), "station-7/a2");
  EXPECT_EQ(test.Then<v1::AlarmCleared>().alarm(), "station-7/a2");
}

TEST(Ingest, ChecksItsForm) {
  RuleCase test = Registered();
  v1::Ingest command = Readings({{0, 30}});
  EXPECT_EQ(test.When("station-8",
                      [&] {
                        v1::Ingest other = command;
                        other.set_device("station-8");
                        return other;
                      }())
                .code(),
            Code::kNotFound);
  command.mutable_readings(0)->set_value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kInvalidArgument);
  command = Readings({{-61, 30}});
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kInvalidArgument) << "the future";
  command = Readings({{0, 30}});
  command.mutable_readings(0)->set_measured_at_us(0);
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kInvalidArgument);
  command = Readings({{0, 30}});
  command.mutable_readings(0)->set_metric("a/b");
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kInvalidArgument);
  command.clear_id();
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kInvalidArgument);
}

TEST(Ingest, TheMostReadingsGiveNoMoreEventsThanAnEntryHolds) {
  RuleCase test = Registered();
  SetBaseline(test, "station-7/outlet_temperature", 40, 1, 1);
  v1::Ingest command = Readings({});
  for (int i = 0; i < kReadingsMax; ++i) {
    auto& reading = *command.add_readings();
    reading.set_metric(kMetric);
    reading.set_value(i % 2 == 0 ? 30 : 50);
    reading.set_measured_at_us(1 + i);
  }
  EXPECT_EQ(After(test, command).size(), 250u);
  *command.add_readings() = command.readings(0);
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kResourceExhausted);
}

// ---- acknowledging, and the axes ----

TEST(Acknowledge, OnceByWhoeverIsFirst) {
  RuleCase test = Registered();
  test.As("heat-clerk");
  EXPECT_EQ(test.When(kDevice, Acknowledgement()).code(), Code::kFailedPrecondition);
  test.As("gateway");
  After(test, Readings({{60, 30}}));
  ASSERT_TRUE(test.As("heat-clerk").When(kDevice, Acknowledgement()).ok());
  EXPECT_EQ(test.Then<v1::AlarmAcknowledged>().alarm(), "station-7/a1");
  EXPECT_EQ(test.Then<v1::AlarmAcknowledged>().post_id(), "heat-clerk");
  ASSERT_TRUE(test.As("acceptor").When(kDevice, Acknowledgement()).ok());
  EXPECT_TRUE(test.events().empty()) << "already so";
  test.As("gateway");
  After(test, Readings({{50, 50}, {40, 50}}));
  EXPECT_EQ(test.As("acceptor").When(kDevice, Acknowledgement()).code(), Code::kFailedPrecondition);
  test.As("gateway");
  After(test, Readings({{30, 30}}));
  ASSERT_TRUE(test.As("acceptor").When(kDevice, Acknowledgement()).ok());
  EXPECT_EQ(test.Then<v1::AlarmAcknowledged>().alarm(), "station-7/a2") << "the next one anew";
}

TEST(Acknowledge, ChecksItsForm) {
  RuleCase test = Registered();
  test.As("acceptor");
  v1::Acknowledge command = Acknowledgement();
  command.clear_metric();
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kInvalidArgument);
  command = Acknowledgement();
  command.clear_id();
  EXPECT_EQ(test.When(kDevice, command).code(), Code::kInvalidArgument);
  command = Acknowledgement();
  command.set_device("station-8");
  EXPECT_EQ(test.When("station-8", command).code(), Code::kNotFound);
}

TEST(Axes, EveryCommandFromEveryAxis) {
  struct {
    const char* post;
    bool registers, ingests, acknowledges;
  } const table[] = {{"gateway", true, true, false},         {"base-clerk", true, false, false},
                     {"congress-clerk", true, false, false}, {"acceptor", false, false, true},
                     {"leader", false, false, false},        {"inspector1", false, false, false},
                     {"dispatcher", false, false, false},    {"heat-clerk", false, false, true},
                     {"san-clerk", false, false, false},     {"road-leader", false, false, false},
                     {"assessor", false, false, false}};
  const auto expected = [](bool may) { return may ? Code::kOk : Code::kPermissionDenied; };
  for (const auto& line : table) {
    RuleCase fresh(Define());
    EXPECT_EQ(fresh.As(line.post).When(kDevice, Registration()).code(), expected(line.registers))
        << line.post;
    RuleCase test = Registered();
    After(test, Readings({{60, 30}}));
    test.As(line.post);
    EXPECT_EQ(test.When(kDevice, Readings({{30, 30}})).code(), expected(line.ingests)) << line.post;
    EXPECT_EQ(test.When(kDevice, Acknowledgement()).code(), expected(line.acknowledges))
        << line.post;
  }
}

TEST(Axes, NeitherAnotherAxisNorAMachine) {
  RuleCase test = Registered();
  test.As("gateway").actor().set_axis(common::v1::AXIS_DISPOSAL);  // a company's own gateway
  EXPECT_EQ(test.When(kDevice, Readings({{60, 30}})).code(), Code::kPermissionDenied);
  EXPECT_EQ(test.When(kDevice, Registration()).code(), Code::kPermissionDenied);
  for (const char* post : {"gateway", "acceptor"}) {
    test.As(post).actor().mutable_system()->set_white_list("any");
    EXPECT_EQ(test.When(kDevice, Readings({{60, 30}})).code(), Code::kPermissionDenied);
    EXPECT_EQ(test.When(kDevice, Registration()).code(), Code::kPermissionDenied);
    EXPECT_EQ(test.When(kDevice, Acknowledgement()).code(), Code::kPermissionDenied);
  }
}

}  // namespace
}  // namespace wanmi::alarms
