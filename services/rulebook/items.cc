#include "services/rulebook/items.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "rules/form.h"
#include "rules/level.h"

namespace wanmi::rulebook {
namespace {

using base::InvalidArgument;
using v1::Item;

constexpr size_t kKeyBytesMax = 128;
constexpr size_t kTextBytesMax = 2'000;

struct Kind {
  std::string_view name;
  Item::ValueCase value;
};
constexpr std::array<Kind, 9> kKinds = {{{"classes", Item::kClassEntry},
                                         {"filing_standards", Item::kCondition},
                                         {"sources", Item::kSource},
                                         {"disposal_manual", Item::kDispatchRule},
                                         {"calendar", Item::kCalendarYear},
                                         {"white_lists", Item::kWhiteList},
                                         {"settings", Item::kSetting},
                                         {"baselines", Item::kBaseline},
                                         {rules::kLevelKind, Item::kLevel}}};

const Kind* FindKind(std::string_view name) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const Kind& kind) { return kind.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

base::Status CheckClassRef(const common::v1::ClassRef& ref) {
  RETURN_IF_ERROR(rules::RequireId("the edition", ref.edition()));
  const std::string& code = ref.code();
  if (!code.starts_with("component/") && !code.starts_with("event/")) {
    return InvalidArgument(
        "expected a class code such as component/01-01 or event/01-10, found '{}'", code);
  }
  return rules::RequireText("the class code", code, rules::kIdBytesMax);
}

base::Status CheckCondition(const v1::FilingCondition& condition) {
  RETURN_IF_ERROR(CheckClassRef(condition.class_ref()));
  RETURN_IF_ERROR(rules::RequireId("the condition's id", condition.id()));
  RETURN_IF_ERROR(rules::RequireText("the condition's text", condition.text(), kTextBytesMax));
  RETURN_IF_ERROR(
      rules::LimitText("the closing condition", condition.closing_condition(), kTextBytesMax));
  if (condition.limits().empty()) return InvalidArgument("expected at least one limit, found none");
  for (const auto& limit : condition.limits()) {
    if (!(limit.amount() > 0) || !std::isfinite(limit.amount())) {
      return InvalidArgument("expected a limit greater than 0, found {}", limit.amount());
    }
    if (limit.unit() == v1::LIMIT_UNIT_UNSPECIFIED || !v1::LimitUnit_IsValid(limit.unit())) {
      return InvalidArgument("expected the unit of the limit {}, found none", limit.amount());
    }
    const std::string& grade = limit.area_grade();
    if (!grade.empty() && grade != "A" && grade != "B" && grade != "C") {
      return InvalidArgument("expected an area grade of A, B, C or none, found '{}'", grade);
    }
  }
  return {};
}

base::Status CheckSource(const v1::Source& source) {
  RETURN_IF_ERROR(rules::RequireId("the source's code", source.code()));
  RETURN_IF_ERROR(rules::RequireText("the source's name", source.name(), kTextBytesMax));
  if (source.priority() < 1)
    return InvalidArgument("expected a priority from 1 on, found {}", source.priority());
  if (source.first_answer_minutes() < 0) {
    return InvalidArgument("expected minutes of the first answer or 0, found {}",
                           source.first_answer_minutes());
  }
  return {};
}

base::Status CheckDispatchRule(const v1::DispatchRule& rule) {
  RETURN_IF_ERROR(rules::RequireId("the rule's id", rule.id()));
  RETURN_IF_ERROR(rules::RequireId("the disposing unit", rule.disposing_unit()));
  const std::string& area = rule.area_prefix();
  if (!std::all_of(area.begin(), area.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return InvalidArgument("expected an administrative code or none as area, found '{}'", area);
  }
  return {};
}

base::Status CheckDay(int32_t day, int32_t year) {
  const int month = day / 100 % 100, of_month = day % 100;
  if (day / 10'000 == year && month >= 1 && month <= 12 && of_month >= 1 && of_month <= 31)
    return {};
  return InvalidArgument("expected a day of {} as yyyymmdd, found {}", year, day);
}

base::Status CheckCalendarYear(const v1::CalendarYear& year) {
  if (year.year() < 1970 || year.year() > 9999)
    return InvalidArgument("expected a year, found {}", year.year());
  for (const auto day : year.holidays()) RETURN_IF_ERROR(CheckDay(day, year.year()));
  for (const auto day : year.makeup_workdays()) {
    RETURN_IF_ERROR(CheckDay(day, year.year()));
    if (std::find(year.holidays().begin(), year.holidays().end(), day) != year.holidays().end()) {
      return InvalidArgument("expected {} to be a holiday or a working day, found both", day);
    }
  }
  int32_t last = 0;
  for (const auto& period : year.periods()) {
    if (period.from_minute() < last || period.from_minute() >= period.until_minute() ||
        period.until_minute() > 24 * 60) {
      return InvalidArgument(
          "expected working periods in order within 0 to 1440 minutes, found {} to {}",
          period.from_minute(), period.until_minute());
    }
    last = period.until_minute();
  }
  if (std::abs(year.utc_offset_minutes()) > 14 * 60) {
    return InvalidArgument("expected a distance from UTC of at most 840 minutes, found {}",
                           year.utc_offset_minutes());
  }
  return {};
}

base::Status CheckWhiteList(const v1::WhiteList& list) {
  RETURN_IF_ERROR(rules::RequireId("the white list's name", list.name()));
  RETURN_IF_ERROR(rules::RequireId("the post that signs", list.signed_by_post()));
  constexpr std::array<std::string_view, 4> kWhat = {"file", "dispatch", "pass_feedback", "close"};
  if (std::find(kWhat.begin(), kWhat.end(), list.what()) == kWhat.end()) {
    return InvalidArgument(
        "expected a white list to permit file, dispatch, pass_feedback or close, "
        "found '{}'",
        list.what());
  }
  return {};
}

base::Status CheckSetting(const v1::Setting& setting) {
  RETURN_IF_ERROR(rules::RequireId("the setting's name", setting.name()));
  if (!std::isfinite(setting.number()))
    return InvalidArgument("expected a number, found {}", setting.number());
  return rules::LimitText("the setting's text", setting.text(), kTextBytesMax);
}

base::Status CheckBaseline(const v1::Baseline& baseline) {
  RETURN_IF_ERROR(rules::RequireId("the metric", baseline.metric()));
  RETURN_IF_ERROR(rules::RequireId("the device's kind", baseline.device_kind()));
  RETURN_IF_ERROR(CheckClassRef(baseline.class_ref()));
  RETURN_IF_ERROR(rules::RequireId("the condition's id", baseline.condition_id()));
  if (baseline.readings() < 1 || baseline.clear_readings() < 1) {
    return InvalidArgument(
        "expected at least one reading that raises and one that clears, found {} and {}",
        baseline.readings(), baseline.clear_readings());
  }
  if (!std::isfinite(baseline.least()))
    return InvalidArgument("expected a number, found {}", baseline.least());
  return {};
}

base::Status CheckLevel(const v1::CityLevel& level) {
  if (level.level() > 1) return {};
  return InvalidArgument("expected a level above 1, found {}", level.level());
}

base::Status CheckValue(const Item& item) {
  switch (item.value_case()) {
    case Item::kClassEntry:
      return CheckClassRef(item.class_entry().class_ref());
    case Item::kCondition:
      return CheckCondition(item.condition());
    case Item::kSource:
      return CheckSource(item.source());
    case Item::kDispatchRule:
      return CheckDispatchRule(item.dispatch_rule());
    case Item::kCalendarYear:
      return CheckCalendarYear(item.calendar_year());
    case Item::kWhiteList:
      return CheckWhiteList(item.white_list());
    case Item::kSetting:
      return CheckSetting(item.setting());
    case Item::kBaseline:
      return CheckBaseline(item.baseline());
    case Item::kLevel:
      return CheckLevel(item.level());
    case Item::VALUE_NOT_SET:
      break;
  }
  return InvalidArgument("expected a value, found none");
}

std::string ClassKey(const common::v1::ClassRef& ref) { return ref.edition() + "/" + ref.code(); }

}  // namespace

base::Status CheckKind(std::string_view kind) {
  if (FindKind(kind)) return {};
  return InvalidArgument(
      "expected a kind of document (classes, filing_standards, sources, "
      "disposal_manual, calendar, white_lists, settings, baselines, level), found '{}'",
      kind);
}

std::string KeyOf(const Item& item) {
  switch (item.value_case()) {
    case Item::kClassEntry:
      return ClassKey(item.class_entry().class_ref());
    case Item::kCondition:
      return ClassKey(item.condition().class_ref()) + "/" + item.condition().id();
    case Item::kSource:
      return item.source().code();
    case Item::kDispatchRule:
      return item.dispatch_rule().id();
    case Item::kCalendarYear:
      return std::to_string(item.calendar_year().year());
    case Item::kWhiteList:
      return item.white_list().name();
    case Item::kSetting:
      return item.setting().name();
    case Item::kBaseline: {
      const v1::Baseline& baseline = item.baseline();
      const bool of_kind = baseline.device_id().empty();
      return (of_kind ? baseline.device_kind() : baseline.device_id()) + "/" + baseline.metric();
    }
    case Item::kLevel:
      return std::string(rules::kLevelKind);
    case Item::VALUE_NOT_SET:
      break;
  }
  return {};
}

base::Status CheckItem(std::string_view kind, const Item& item) {
  const std::string where = fmt::format("item '{}' of {}", item.key(), kind);
  const Kind* known = FindKind(kind);
  CHECK(known, "the kind {} was checked before its items", kind);
  if (item.value_case() != known->value) {
    return InvalidArgument("expected the value of that kind, found another or none").With(where);
  }
  if (auto status = rules::RequireText("a key", item.key(), kKeyBytesMax); !status.ok())
    return status.With(where);
  if (auto status = CheckValue(item); !status.ok()) return status.With(where);
  if (item.key() != KeyOf(item)) {
    return InvalidArgument("expected the key '{}', which rules look it up by", KeyOf(item))
        .With(where);
  }
  return {};
}

}  // namespace wanmi::rulebook
