#include "services/rulebook/items.h"

#include <gtest/gtest.h>

#include <functional>

namespace wanmi::rulebook {
namespace {

using v1::Item;

void SetClass(common::v1::ClassRef* ref) {
  ref->set_edition("2013");
  ref->set_code("event/01-10");
}

Item ClassItem() {
  Item item;
  item.set_key("2013/event/01-10");
  SetClass(item.mutable_class_entry()->mutable_class_ref());
  return item;
}
Item ConditionItem() {
  Item item;
  item.set_key("2013/event/01-10/1");
  SetClass(item.mutable_condition()->mutable_class_ref());
  item.mutable_condition()->set_id("1");
  item.mutable_condition()->set_text("refuse on the road");
  auto& limit = *item.mutable_condition()->add_limits();
  limit.set_amount(4);
  limit.set_unit(v1::LIMIT_UNIT_WORKING_HOUR);
  return item;
}
Item SourceItem() {
  Item item;
  item.set_key("12345");
  item.mutable_source()->set_code("12345");
  item.mutable_source()->set_name("hotline");
  item.mutable_source()->set_priority(2);
  return item;
}
Item RuleItem() {
  Item item;
  item.set_key("r1");
  item.mutable_dispatch_rule()->set_id("r1");
  item.mutable_dispatch_rule()->set_disposing_unit("roads");
  item.mutable_dispatch_rule()->set_area_prefix("370705");
  return item;
}
Item CalendarItem() {
  Item item;
  item.set_key("2026");
  item.mutable_calendar_year()->set_year(2026);
  item.mutable_calendar_year()->add_holidays(20261001);
  item.mutable_calendar_year()->add_makeup_workdays(20260920);
  return item;
}
Item WhiteListItem() {
  Item item;
  item.set_key("auto");
  item.mutable_white_list()->set_name("auto");
  item.mutable_white_list()->set_what("close");
  item.mutable_white_list()->set_signed_by_post("leader");
  return item;
}
Item SettingItem() {
  Item item;
  item.set_key("window");
  item.mutable_setting()->set_name("window");
  return item;
}
Item BaselineItem() {
  Item item;
  item.set_key("heat_station/outlet");
  auto& baseline = *item.mutable_baseline();
  baseline.set_device_kind("heat_station");
  baseline.set_metric("outlet");
  SetClass(baseline.mutable_class_ref());
  baseline.set_condition_id("1");
  baseline.set_readings(1);
  baseline.set_clear_readings(1);
  return item;
}

struct Bad {
  const char* what;
  std::string_view kind;
  Item item;
  std::function<void(Item&)> spoil;
};

TEST(Items, EachKindTakesItsOwnValueAndNoOther) {
  const std::vector<std::pair<std::string_view, Item>> good = {
      {"classes", ClassItem()},     {"filing_standards", ConditionItem()},
      {"sources", SourceItem()},    {"disposal_manual", RuleItem()},
      {"calendar", CalendarItem()}, {"white_lists", WhiteListItem()},
      {"settings", SettingItem()},  {"baselines", BaselineItem()}};
  for (const auto& [kind, item] : good) {
    EXPECT_TRUE(CheckKind(kind).ok());
    for (const auto& [other_kind, other] : good) {
      const base::Status status = CheckItem(kind, other);
      EXPECT_EQ(status.ok(), kind == other_kind)
          << kind << " with " << other_kind << " " << status.message();
    }
  }
  EXPECT_FALSE(CheckKind("recipes").ok());
}

TEST(Items, ABadItemIsNamed) {
  const std::vector<Bad> bads = {
      {"key", "classes", ClassItem(), [](Item& i) { i.set_key("2013/event/01-11"); }},
      {"class", "classes", ClassItem(),
       [](Item& i) { i.mutable_class_entry()->mutable_class_ref()->set_code("01-10"); }},
      {"edition", "classes", ClassItem(),
       [](Item& i) { i.mutable_class_entry()->mutable_class_ref()->clear_edition(); }},
      {"no limit", "filing_standards", ConditionItem(),
       [](Item& i) { i.mutable_condition()->clear_limits(); }},
      {"limit 0", "filing_standards", ConditionItem(),
       [](Item& i) { i.mutable_condition()->mutable_limits(0)->set_amount(0); }},
      {"no unit", "filing_standards", ConditionItem(),
       [](Item& i) { i.mutable_condition()->mutable_limits(0)->clear_unit(); }},
      {"grade", "filing_standards", ConditionItem(),
       [](Item& i) { i.mutable_condition()->mutable_limits(0)->set_area_grade("D"); }},
      {"priority", "sources", SourceItem(), [](Item& i) { i.mutable_source()->set_priority(0); }},
      {"minutes", "sources", SourceItem(),
       [](Item& i) { i.mutable_source()->set_first_answer_minutes(-1); }},
      {"area", "disposal_manual", RuleItem(),
       [](Item& i) { i.mutable_dispatch_rule()->set_area_prefix("x"); }},
      {"unit", "disposal_manual", RuleItem(),
       [](Item& i) { i.mutable_dispatch_rule()->clear_disposing_unit(); }},
      {"day", "calendar", CalendarItem(),
       [](Item& i) { i.mutable_calendar_year()->set_holidays(0, 20251001); }},
      {"both", "calendar", CalendarItem(),
       [](Item& i) { i.mutable_calendar_year()->add_makeup_workdays(20261001); }},
      {"period", "calendar", CalendarItem(),
       [](Item& i) { i.mutable_calendar_year()->add_periods()->set_from_minute(9); }},
      {"what", "white_lists", WhiteListItem(),
       [](Item& i) { i.mutable_white_list()->set_what("void"); }},
      {"signer", "white_lists", WhiteListItem(),
       [](Item& i) { i.mutable_white_list()->clear_signed_by_post(); }},
      {"number", "settings", SettingItem(),
       [](Item& i) { i.mutable_setting()->set_number(std::numeric_limits<double>::quiet_NaN()); }},
      {"readings", "baselines", BaselineItem(),
       [](Item& i) { i.mutable_baseline()->set_readings(0); }},
      {"device", "baselines", BaselineItem(),
       [](Item& i) { i.mutable_baseline()->set_device_id("h-1"); }},
  };
  for (const Bad& bad : bads) {
    Item item = bad.item;
    bad.spoil(item);
    const base::Status status = CheckItem(bad.kind, item);
    EXPECT_EQ(status.code(), base::Code::kInvalidArgument) << bad.what;
    EXPECT_NE(status.message().find("'" + item.key() + "'"), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace wanmi::rulebook
