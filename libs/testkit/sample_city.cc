#include "testkit/sample_city.h"

#include "rules/directory_rows.h"
#include "rules/rulebook_rows.h"

namespace wanmi::testkit {
namespace {

using common::v1::Axis;
using common::v1::PostKind;

void AddUnit(base::RowWriter& rows, const char* id, Axis axis, const char* group = "",
             const char* parent = "") {
  directory::v1::Unit unit;
  unit.set_id(id);
  unit.set_name(id);
  unit.set_axis(axis);
  unit.set_group_id(group);
  unit.set_parent_id(parent);
  unit.set_level("district");
  unit.set_area_code("370705");
  rules::directory_rows::kUnits.Put(rows, unit.id(), unit);
}

void AddPost(base::RowWriter& rows, const char* unit, const char* id, PostKind kind) {
  directory::v1::Post post;
  post.set_id(id);
  post.set_unit_id(unit);
  post.set_title(id);
  post.set_kind(kind);
  rules::directory_rows::kPosts.Put(rows, id, post);
  rules::directory_rows::kPostsOfUnit.Put(rows, base::Key().Text(unit).Tail(id), post);
  directory::v1::Holding holding;
  holding.set_person_id(SamplePersonOf(id));
  holding.set_post_id(id);
  holding.set_from_us(1);
  rules::directory_rows::kHoldings.Put(rows, base::Key().Text(holding.person_id()).Tail(id),
                                       holding);
  rules::directory_rows::kHolders.Put(rows, base::Key().Text(id).Tail(holding.person_id()),
                                      holding);
  if (kind == common::v1::POST_KIND_INSPECTOR) {
    directory::v1::Shift shift;
    shift.set_post_id(id);
    shift.set_person_id(holding.person_id());
    shift.set_from_us(1);
    rules::directory_rows::kShifts.Put(rows, base::Key().Text(id).Tail(holding.person_id()), shift);
  }
}

// A document of one version, in force since 1970.
class DocumentWriter {
 public:
  DocumentWriter(base::RowWriter& rows, std::string kind, std::string name = "city")
      : rows_(rows), kind_(std::move(kind)), name_(std::move(name)) {
    rulebook::v1::Document document;
    document.set_kind(kind_);
    document.set_name(name_);
    document.set_version(1);
    document.set_state(rulebook::v1::Document::STATE_PUBLISHED);
    document.set_effective_at_us(1);
    rules::rulebook_rows::kDocuments.Put(rows_, rules::rulebook_rows::VersionKey(kind_, name_, 1),
                                         document);
    rules::rulebook_rows::kEffective.Put(
        rows_, rules::rulebook_rows::EffectiveKey(kind_, name_, 1, 1), document);
  }
  rulebook::v1::Item& Add(std::string_view key) {
    Flush();
    item_.set_key(std::string(key));
    return item_;
  }
  ~DocumentWriter() { Flush(); }

 private:
  void Flush() {
    if (item_.key().empty()) return;
    rules::rulebook_rows::kItems.Put(
        rows_, rules::rulebook_rows::VersionKey(kind_, name_, 1).Tail(item_.key()), item_);
    item_.Clear();
  }
  base::RowWriter& rows_;
  const std::string kind_, name_;
  rulebook::v1::Item item_;
};

void AddSource(DocumentWriter& sources, const char* code, bool pre_check,
               const char* white_list = "", bool found = false, bool call_back = false,
               int first_answer_minutes = 0) {
  auto& source = *sources.Add(code).mutable_source();
  source.set_code(code);
  source.set_name(code);
  source.set_pre_check(pre_check);
  source.set_call_back(call_back);
  source.set_priority(3);
  source.set_counts_as_found(found);
  source.set_filing_white_list(white_list);
  source.set_first_answer_minutes(first_answer_minutes);
}

struct LimitSpec {
  const char* name;
  double amount;
  rulebook::v1::LimitUnit unit;
};

void AddCondition(DocumentWriter& standards, const char* code, const char* id, bool urgent,
                  std::initializer_list<LimitSpec> limits) {
  auto& condition = *standards.Add(fmt::format("2013/{}/{}", code, id)).mutable_condition();
  *condition.mutable_class_ref() = SampleClass(code);
  condition.set_id(id);
  condition.set_text(fmt::format("condition {} of {}", id, code));
  condition.set_closing_condition("restored");
  condition.set_urgent(urgent);
  for (const auto& spec : limits) {
    auto& limit = *condition.add_limits();
    limit.set_name(spec.name);
    limit.set_amount(spec.amount);
    limit.set_unit(spec.unit);
  }
}

void AddRule(DocumentWriter& manual, const char* id, const char* class_prefix, const char* unit,
             const char* problem_source = "", const char* white_list = "rule-dispatch") {
  auto& rule = *manual.Add(id).mutable_dispatch_rule();
  rule.set_id(id);
  rule.set_class_prefix(class_prefix);
  rule.set_disposing_unit(unit);
  rule.set_problem_source(problem_source);
  rule.set_white_list(white_list);
}

void AddWhiteList(DocumentWriter& lists, const char* name, const char* what, const char* post,
                  std::initializer_list<const char*> classes = {}) {
  auto& list = *lists.Add(name).mutable_white_list();
  list.set_name(name);
  list.set_what(what);
  list.set_signed_by_post(post);
  for (const char* prefix : classes) list.add_class_prefixes(prefix);
}

void AddCalendar(base::RowWriter& rows, const char* name, bool every_day, int from, int until) {
  DocumentWriter calendar(rows, "calendar", name);
  auto& year = *calendar.Add("2026").mutable_calendar_year();
  year.set_year(2026);
  year.set_utc_offset_minutes(480);
  year.set_every_day(every_day);
  for (const int holiday : {20261001, 20261002, 20261003}) year.add_holidays(holiday);
  year.add_makeup_workdays(20260920);
  if (from != until) {
    auto& period = *year.add_periods();
    period.set_from_minute(from);
    period.set_until_minute(until);
  }
}

void WriteSources(base::RowWriter& rows) {
  DocumentWriter sources(rows, "sources");
  AddSource(sources, "12345", true);
  AddSource(sources, "app", true, "", false, true, 60);
  AddSource(sources, "inspector", false, "", true);
  AddSource(sources, "sensor", false, "sensor-filing");
  AddSource(sources, "superior", false, "order-filing");
  AddSource(sources, "self", false);
}

void WriteClasses(base::RowWriter& rows) {
  DocumentWriter classes(rows, "classes");
  for (const char* code :
       {"component/01-01", "component/01-10", "event/01-10", "event/03-11", "event/09-09"}) {
    auto& entry = *classes.Add(fmt::format("2013/{}", code)).mutable_class_entry();
    *entry.mutable_class_ref() = SampleClass(code);
    entry.set_name(code);
  }
}

void WriteStandards(base::RowWriter& rows) {
  using namespace rulebook::v1;  // NOLINT: a table of enum values
  DocumentWriter standards(rows, "filing_standards");
  AddCondition(standards, "component/01-01", "1", true,
               {{"make safe", 2, LIMIT_UNIT_URGENT_HOUR}, {"repair", 1, LIMIT_UNIT_WORKING_DAY}});
  AddCondition(standards, "component/01-01", "2", false, {{"repair", 2, LIMIT_UNIT_WORKING_DAY}});
  AddCondition(standards, "component/01-10", "1", false, {{"repair", 1, LIMIT_UNIT_URGENT_HOUR}});
  AddCondition(standards, "event/01-10", "1", false, {{"clear", 4, LIMIT_UNIT_WORKING_HOUR}});
  AddCondition(standards, "event/03-11", "1", false, {{"clear", 2, LIMIT_UNIT_URGENT_HOUR}});
  AddCondition(standards, "event/09-09", "1", false, {{"clear", 1, LIMIT_UNIT_WORKING_DAY}});
}

void WriteManual(base::RowWriter& rows) {
  DocumentWriter manual(rows, "disposal_manual");
  AddRule(manual, "r1", "component/01", "roads");
  AddRule(manual, "r2", "component/01-10", "heat");
  AddRule(manual, "r3", "event/01", "sanitation");
  AddRule(manual, "r4", "event/03-11", "sanitation", "", "");  // proposed, a dispatcher confirms
  AddRule(manual, "r5", "event/03-11", "roads", "building_site", "");
}

void WriteWhiteLists(base::RowWriter& rows) {
  DocumentWriter lists(rows, "white_lists");
  AddWhiteList(lists, "sensor-filing", "file", "leader", {"component/01-10"});
  AddWhiteList(lists, "order-filing", "file", "leader");
  AddWhiteList(lists, "rule-dispatch", "dispatch", "dispatcher");
  AddWhiteList(lists, "auto-close", "close", "leader", {"event/01-10"});
  AddWhiteList(lists, "auto-pass", "pass_feedback", "dispatcher", {"event/01-10"});
}

void WriteSettings(base::RowWriter& rows) {
  DocumentWriter settings(rows, "settings");
  const auto number = [&](const char* name, double value) {
    auto& setting = *settings.Add(name).mutable_setting();
    setting.set_name(name);
    setting.set_number(value);
  };
  number("check_limit_minutes", 30);
  number("evidence_tolerance_m", 50);
  number("return_window_working_hours", 2);
  number("acknowledge_minutes", 5);
  number("acceptor_may_file", 0);
  for (const auto& [name, text] : {std::pair{"closing_white_list", "auto-close"},
                                   std::pair{"feedback_white_list", "auto-pass"}}) {
    auto& setting = *settings.Add(name).mutable_setting();
    setting.set_name(name);
    setting.set_text(text);
  }
}

void WriteBaselines(base::RowWriter& rows) {
  DocumentWriter baselines(rows, "baselines");
  auto& baseline = *baselines.Add("heat_station/outlet_temperature").mutable_baseline();
  baseline.set_device_kind("heat_station");
  baseline.set_metric("outlet_temperature");
  baseline.set_least(40);
  baseline.set_readings(1);
  baseline.set_clear_readings(2);
  *baseline.mutable_class_ref() = SampleClass("component/01-10");
  baseline.set_condition_id("1");
}

}  // namespace

std::string SamplePersonOf(std::string_view post_id) { return fmt::format("p-{}", post_id); }

void WriteSampleDirectory(base::RowWriter& rows) {
  using namespace common::v1;  // NOLINT: a table of enum values reads better without prefixes
  AddUnit(rows, "sup", AXIS_SUPERVISION);
  AddUnit(rows, "cmd", AXIS_COMMAND);
  AddUnit(rows, "sanitation", AXIS_DISPOSAL, "clean");
  AddUnit(rows, "cleanco", AXIS_DISPOSAL, "clean", "sanitation");
  AddUnit(rows, "roads", AXIS_DISPOSAL);
  AddUnit(rows, "heat", AXIS_DISPOSAL);
  AddUnit(rows, "office", AXIS_ASSESSMENT);
  AddUnit(rows, "base", AXIS_NONE);
  AddUnit(rows, "congress", AXIS_NONE);
  AddPost(rows, "sup", "acceptor", POST_KIND_ACCEPTOR);
  AddPost(rows, "sup", "acceptor2", POST_KIND_ACCEPTOR);
  AddPost(rows, "sup", "leader", POST_KIND_SHIFT_LEADER);
  AddPost(rows, "sup", "leader2", POST_KIND_SHIFT_LEADER);
  AddPost(rows, "sup", "inspector1", POST_KIND_INSPECTOR);
  AddPost(rows, "sup", "inspector2", POST_KIND_INSPECTOR);
  AddPost(rows, "sup", "team", POST_KIND_TEAM_LEADER);
  AddPost(rows, "sup", "gateway", POST_KIND_GATEWAY);
  AddPost(rows, "cmd", "dispatcher", POST_KIND_DISPATCHER);
  AddPost(rows, "cmd", "dispatcher2", POST_KIND_DISPATCHER);
  AddPost(rows, "sanitation", "san-clerk", POST_KIND_DEPARTMENT_CLERK);
  AddPost(rows, "sanitation", "san-leader", POST_KIND_DEPARTMENT_LEADER);
  AddPost(rows, "sanitation", "san-crew", POST_KIND_CREW);
  AddPost(rows, "cleanco", "cleanco-clerk", POST_KIND_DEPARTMENT_CLERK);
  AddPost(rows, "roads", "road-clerk", POST_KIND_DEPARTMENT_CLERK);
  AddPost(rows, "roads", "road-leader", POST_KIND_DEPARTMENT_LEADER);
  AddPost(rows, "roads", "road-crew", POST_KIND_CREW);
  AddPost(rows, "heat", "heat-clerk", POST_KIND_DEPARTMENT_CLERK);
  AddPost(rows, "office", "assessor", POST_KIND_ASSESSOR);
  AddPost(rows, "base", "base-clerk", POST_KIND_BASE_DATA_CLERK);
  AddPost(rows, "congress", "congress-clerk", POST_KIND_BASE_DATA_CLERK);
}

void WriteSampleRulebook(base::RowWriter& rows) {
  WriteSources(rows);
  WriteClasses(rows);
  WriteStandards(rows);
  WriteManual(rows);
  WriteWhiteLists(rows);
  WriteSettings(rows);
  WriteBaselines(rows);
  AddCalendar(rows, "city", false, 0, 0);
  AddCalendar(rows, "inspection", true, 7 * 60 + 30, 22 * 60 + 30);
}

common::v1::ClassRef SampleClass(std::string_view code) {
  common::v1::ClassRef class_ref;
  class_ref.set_edition("2013");
  class_ref.set_code(std::string(code));
  return class_ref;
}

common::v1::Place SamplePlace() {
  common::v1::Place place;
  place.mutable_point()->set_longitude_deg(119.1600);
  place.mutable_point()->set_latitude_deg(36.7100);
  place.set_crs("WGS-84");
  place.set_accuracy_m(5);
  place.set_cell_code("370705001001001");
  place.set_community_code("370705001001");
  place.set_street_code("370705001");
  place.set_district_code("370705");
  place.set_area_grade("A");
  auto& inspection = *place.add_responsibilities();
  inspection.set_layer("inspection");
  inspection.set_grid_id("370705001001/inspection");
  inspection.set_post_id("inspector1");
  return place;
}

common::v1::Evidence SamplePicture(base::Time taken_at, std::string_view device_id) {
  common::v1::Evidence evidence;
  evidence.set_sha256_hex(std::string(64, 'a'));
  evidence.set_kind(common::v1::EVIDENCE_KIND_PICTURE);
  *evidence.mutable_point() = SamplePlace().point();
  evidence.set_accuracy_m(5);
  evidence.set_taken_at_us(base::ToMicros(taken_at));
  evidence.set_device_id(std::string(device_id));
  return evidence;
}

}  // namespace wanmi::testkit
