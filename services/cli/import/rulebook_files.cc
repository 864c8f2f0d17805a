#include "services/cli/import/rulebook_files.h"

#include <algorithm>
#include <map>
#include <set>

#include "services/cli/import/calendar_files.h"
#include "services/rulebook/items.h"

namespace wanmi::city_import {
namespace {

using rulebook::v1::Item;
using rulebook::v1::LimitUnit;

using Columns = std::initializer_list<std::string_view>;

// One after the other, since later files are checked with earlier ones.
class Rulebook {
 public:
  Rulebook(const Input& input, const City& city, const DirectoryFiles& directory,
           const GridFiles& grid)
      : input_(input), city_(city), directory_(directory), grid_(grid) {}

  std::vector<DocumentFile> Read() {
    ReadClasses();
    ReadConditions();
    ReadSources();
    ReadWhiteLists();
    CheckFilingLists();
    ReadManual();
    ReadSettings();
    ReadBaselines();
    ReadCalendars(input_, city_, directory_, &documents_);
    std::erase_if(documents_,
                  [&](const DocumentFile& one) { return input_.report->Blames(one.file); });
    return std::move(documents_);
  }

 private:
  // Reads a file into a document, if each of its rows gives an item that the rulebook takes.
  template <class Take>
  void ReadDocument(std::string_view kind, const std::string& file, Columns columns, Take take) {
    std::set<std::string> keys;
    auto items = input_.Rows<Item>(file, columns, [&](const Row& row) {
      const size_t errors_before = input_.report->errors.size();
      Item item = take(row);
      item.set_key(rulebook::KeyOf(item));
      const std::string_view first = *columns.begin();
      const bool read = input_.report->errors.size() == errors_before;
      const base::Status status = rulebook::CheckItem(kind, item);
      if (read && !status.ok()) row.Bad("", "an item that the rulebook takes", status.message());
      if (!keys.insert(item.key()).second)
        row.Bad(first, "each key once", "'" + item.key() + "' again");
      return item;
    });
    if (items) documents_.push_back({std::string(kind), "city", file, std::move(*items)});
  }
  const DocumentFile* Find(std::string_view kind) const {
    const auto found = std::find_if(documents_.begin(), documents_.end(),
                                    [&](const DocumentFile& one) { return one.kind == kind; });
    return found == documents_.end() ? nullptr : &*found;
  }
  bool Has(std::string_view kind, std::string_view key) const {
    const DocumentFile* document = Find(kind);
    return document && std::any_of(document->items.begin(), document->items.end(),
                                   [&](const Item& item) { return item.key() == key; });
  }

  void ReadClasses();
  void ReadConditions();
  void ReadSources();
  void ReadWhiteLists();
  void CheckFilingLists();
  void ReadManual();
  void ReadSettings();
  void ReadBaselines();
  Item TakeCondition(const Row& row, const std::set<std::string>& urgent);
  std::optional<std::map<std::string, int>> ReadUrgent();
  void CheckRule(const Row& row, const rulebook::v1::DispatchRule& rule);
  bool IsClassPrefix(const std::string& prefix) const;

  const Input& input_;
  const City& city_;
  const DirectoryFiles& directory_;
  const GridFiles& grid_;
  std::vector<DocumentFile> documents_;
  std::map<std::string, std::string> class_names_;  // by edition/code
  std::map<std::string, int> conditions_of_;        // how many a class has, by edition/code
};

void SetClass(const Row& row, common::v1::ClassRef* ref) {
  ref->set_edition(row.Must("edition"));
  ref->set_code(
      fmt::format("{}/{}-{}", row.Must("kind"), row.Must("major_code"), row.Must("minor_code")));
}

std::string KeyOf(const common::v1::ClassRef& ref) { return ref.edition() + "/" + ref.code(); }

void Rulebook::ReadClasses() {
  ReadDocument("classes", city_.classes,
               {"kind", "edition", "major_code", "major_name", "minor_code", "minor_name", "mark"},
               [&](const Row& row) {
                 Item item;
                 auto& entry = *item.mutable_class_entry();
                 SetClass(row, entry.mutable_class_ref());
                 entry.set_major_name(row.Must("major_name"));
                 entry.set_name(row.Must("minor_name"));
                 class_names_[KeyOf(entry.class_ref())] = entry.name();
                 return item;
               });
}

// The keys of the conditions that are urgent, and the lines that say so.
std::optional<std::map<std::string, int>> Rulebook::ReadUrgent() {
  const auto table = input_.Open("urgent.csv", {"edition", "code", "condition"});
  if (!table) return std::nullopt;
  std::map<std::string, int> urgent;
  for (const auto& line : table->lines) {
    const Row row(*table, line, input_.report);
    const std::string key =
        fmt::format("{}/{}/{}", row.Must("edition"), row.Must("code"), row.Must("condition"));
    if (!urgent.emplace(key, line.line).second) row.Bad("code", "each condition once");
  }
  if (input_.report->Blames("urgent.csv")) return std::nullopt;
  return urgent;
}

Item Rulebook::TakeCondition(const Row& row, const std::set<std::string>& urgent) {
  using namespace rulebook::v1;  // NOLINT: a table of enum values
  Item item;
  auto& condition = *item.mutable_condition();
  SetClass(row, condition.mutable_class_ref());
  const std::string class_key = KeyOf(condition.class_ref());
  const auto known = class_names_.find(class_key);
  if (known == class_names_.end()) {
    row.Bad("minor_code", "a class of " + city_.classes, "'" + class_key + "'");
  } else if (row.May("minor_name") != known->second) {
    row.Warn("minor_name", fmt::format("the name that the class table has for {}, '{}'", class_key,
                                       known->second));
  }
  condition.set_id(std::to_string(++conditions_of_[class_key]));
  condition.set_text(row.Must("filing_condition"));
  condition.set_closing_condition(row.May("closing_condition"));
  auto& limit = *condition.add_limits();
  limit.set_name("处置");
  limit.set_amount(row.Number("limit_value"));
  limit.set_unit(row.OneOf<LimitUnit>("limit_unit", {{"urgent_hour", LIMIT_UNIT_URGENT_HOUR},
                                                     {"urgent_day", LIMIT_UNIT_URGENT_DAY},
                                                     {"working_hour", LIMIT_UNIT_WORKING_HOUR},
                                                     {"working_day", LIMIT_UNIT_WORKING_DAY}}));
  if (!(limit.amount() > 0)) row.Bad("limit_value", "a limit greater than 0");
  condition.set_urgent(urgent.contains(class_key + "/" + condition.id()));
  return item;
}

void Rulebook::ReadConditions() {
  const std::string& file = city_.filing_standards;
  const auto urgent = ReadUrgent();
  const bool ready = input_.Needs(file, city_.classes, Find("classes") != nullptr) &&
                     input_.Needs(file, "urgent.csv", urgent.has_value());
  if (!ready) return;
  std::set<std::string> keys;
  for (const auto& [key, line] : *urgent) keys.insert(key);
  ReadDocument("filing_standards", file,
               {"edition", "kind", "major_code", "minor_code", "minor_name", "filing_condition",
                "limit_value", "limit_unit", "closing_condition"},
               [&](const Row& row) { return TakeCondition(row, keys); });
  for (const auto& [key, line] : *urgent) {
    if (!Find("filing_standards") || Has("filing_standards", key)) continue;
    input_.report->errors.push_back(
        {"urgent.csv", line, "condition", "a condition of " + file, "'" + key + "'"});
  }
  // What is urgent must be known before a condition may be filed under.
  if (Find("filing_standards") &&
      !input_.Needs(file, "urgent.csv", !input_.report->Blames("urgent.csv"))) {
    documents_.pop_back();
  }
}

void Rulebook::ReadSources() {
  ReadDocument("sources", "sources.csv",
               {"code", "name", "pre_check", "call_back", "priority", "counts_as_found",
                "filing_white_list", "first_answer_minutes"},
               [&](const Row& row) {
                 Item item;
                 auto& source = *item.mutable_source();
                 source.set_code(row.Must("code"));
                 source.set_name(row.Must("name"));
                 source.set_pre_check(row.Flag("pre_check"));
                 source.set_call_back(row.Flag("call_back"));
                 source.set_priority(static_cast<int32_t>(row.Integer("priority", 1, 9)));
                 source.set_counts_as_found(row.Flag("counts_as_found"));
                 if (source.code() == "self" && source.counts_as_found()) {
                   row.Bad("counts_as_found",
                           "no: a department's own find is never found by supervision");
                 }
                 source.set_filing_white_list(row.May("filing_white_list"));
                 source.set_first_answer_minutes(
                     static_cast<int32_t>(row.Integer("first_answer_minutes", 0, 100'000)));
                 return item;
               });
}

void Rulebook::ReadWhiteLists() {
  const bool ready = input_.Needs("white_lists.csv", "posts.csv", directory_.posts.has_value()) &&
                     input_.Needs("white_lists.csv", "sources.csv", Find("sources") != nullptr) &&
                     input_.Needs("white_lists.csv", city_.classes, Find("classes") != nullptr);
  if (!ready) return;
  const auto take = [&](const Row& row) {
    Item item;
    auto& list = *item.mutable_white_list();
    list.set_name(row.Must("name"));
    const auto same = [](std::string_view name) { return std::pair{name, name}; };
    list.set_what(std::string(row.OneOf<std::string_view>(
        "what", {same("file"), same("dispatch"), same("pass_feedback"), same("close")})));
    list.set_signed_by_post(row.Must("signed_by_post"));
    // Machines file and close in the name of the supervision axis, and dispatch in that of command.
    const bool supervision = list.what() == "file" || list.what() == "close";
    const auto axis = supervision ? common::v1::AXIS_SUPERVISION : common::v1::AXIS_COMMAND;
    const directory::v1::Post* post = directory_.Post(list.signed_by_post());
    if (!post || directory_.Unit(post->unit_id())->axis() != axis) {
      row.Bad("signed_by_post", fmt::format("a post of posts.csv on the axis of {}",
                                            supervision ? "supervision" : "command"));
    }
    for (const auto& prefix : row.Words("class_prefixes")) {
      if (!IsClassPrefix(prefix))
        row.Bad("class_prefixes", "the beginnings of classes", "'" + prefix + "'");
      list.add_class_prefixes(prefix);
    }
    for (const auto& source : row.Words("sources")) {
      if (!Has("sources", source)) row.Bad("sources", "sources of sources.csv", "'" + source + "'");
      list.add_sources(source);
    }
    return item;
  };
  ReadDocument("white_lists", "white_lists.csv",
               {"name", "what", "signed_by_post", "class_prefixes", "sources"}, take);
}

// A source's white list can be looked up only now.
void Rulebook::CheckFilingLists() {
  const DocumentFile* sources = Find("sources");
  const DocumentFile* lists = Find("white_lists");
  if (!sources || !lists) return;
  for (const Item& source : sources->items) {
    const std::string& wanted = source.source().filing_white_list();
    const bool found = std::any_of(lists->items.begin(), lists->items.end(), [&](const Item& item) {
      return item.key() == wanted && item.white_list().what() == "file";
    });
    if (wanted.empty() || found) continue;
    input_.report->errors.push_back({"sources.csv", 0, "filing_white_list",
                                     "a list of white_lists.csv that permits file",
                                     fmt::format("'{}' at source {}", wanted, source.key())});
  }
}

bool Rulebook::IsClassPrefix(const std::string& prefix) const {
  return std::any_of(class_names_.begin(), class_names_.end(), [&](const auto& one) {
    return std::string_view(one.first).substr(one.first.find('/') + 1).starts_with(prefix);
  });
}

void Rulebook::CheckRule(const Row& row, const rulebook::v1::DispatchRule& rule) {
  const auto disposes = [&](const std::string& unit) {
    const directory::v1::Unit* found = directory_.Unit(unit);
    return found && found->axis() == common::v1::AXIS_DISPOSAL;
  };
  constexpr const char* kUnit = "a unit of units.csv on the disposal axis";
  if (!disposes(rule.disposing_unit())) row.Bad("disposing_unit", kUnit);
  if (!rule.accountable_unit().empty() && !disposes(rule.accountable_unit()))
    row.Bad("accountable_unit", kUnit);
  for (const auto& unit : rule.told_units()) {
    if (!directory_.Unit(unit)) row.Bad("told_units", "units of units.csv", "'" + unit + "'");
  }
  if (!IsClassPrefix(rule.class_prefix())) row.Bad("class_prefix", "the beginning of a class");
  const auto& regions = *grid_.regions;
  const bool area = std::any_of(regions.begin(), regions.end(), [&](const auto& region) {
    return region.code() == rule.area_prefix();
  });
  if (!rule.area_prefix().empty() && !area)
    row.Bad("area_prefix", "a region of the divisions, or nothing");
  if (!rule.white_list().empty()) {
    const auto& lists = Find("white_lists")->items;
    const bool found = std::any_of(lists.begin(), lists.end(), [&](const Item& item) {
      return item.key() == rule.white_list() && item.white_list().what() == "dispatch";
    });
    if (!found)
      row.Bad("white_list", "a list of white_lists.csv that permits dispatch, or nothing");
  }
}

void Rulebook::ReadManual() {
  constexpr const char* kFile = "disposal_manual.csv";
  const bool ready = input_.Needs(kFile, "units.csv", directory_.units.has_value()) &&
                     input_.Needs(kFile, city_.divisions, grid_.regions.has_value()) &&
                     input_.Needs(kFile, city_.classes, Find("classes") != nullptr) &&
                     input_.Needs(kFile, "white_lists.csv", Find("white_lists") != nullptr);
  if (!ready) return;
  ReadDocument("disposal_manual", kFile,
               {"id", "edition", "class_prefix", "area_prefix", "problem_source", "disposing_unit",
                "accountable_unit", "told_units", "white_list"},
               [&](const Row& row) {
                 Item item;
                 auto& rule = *item.mutable_dispatch_rule();
                 rule.set_id(row.Must("id"));
                 rule.set_edition(row.May("edition"));
                 rule.set_class_prefix(row.May("class_prefix"));
                 rule.set_area_prefix(row.May("area_prefix"));
                 rule.set_problem_source(row.May("problem_source"));
                 rule.set_disposing_unit(row.Must("disposing_unit"));
                 rule.set_accountable_unit(row.May("accountable_unit"));
                 for (auto& unit : row.Words("told_units")) rule.add_told_units(std::move(unit));
                 rule.set_white_list(row.May("white_list"));
                 CheckRule(row, rule);
                 return item;
               });
}

void Rulebook::ReadSettings() {
  ReadDocument("settings", "settings.csv", {"name", "number", "text"}, [&](const Row& row) {
    Item item;
    item.mutable_setting()->set_name(row.Must("name"));
    item.mutable_setting()->set_number(row.Number("number"));
    item.mutable_setting()->set_text(row.May("text"));
    return item;
  });
}

void Rulebook::ReadBaselines() {
  if (!input_.Needs("baselines.csv", city_.filing_standards, Find("filing_standards") != nullptr))
    return;
  const auto take = [&](const Row& row) {
    Item item;
    auto& baseline = *item.mutable_baseline();
    baseline.set_device_kind(row.Must("device_kind"));
    baseline.set_device_id(row.May("device"));
    baseline.set_metric(row.Must("metric"));
    baseline.set_least(row.Number("least"));
    baseline.set_readings(static_cast<int32_t>(row.Integer("readings", 1, 1'000)));
    baseline.set_clear_readings(static_cast<int32_t>(row.Integer("clear_readings", 1, 1'000)));
    baseline.mutable_class_ref()->set_edition(row.Must("edition"));
    baseline.mutable_class_ref()->set_code(row.Must("code"));
    baseline.set_condition_id(row.Must("condition"));
    if (!Has("filing_standards", KeyOf(baseline.class_ref()) + "/" + baseline.condition_id())) {
      row.Bad("condition", "a condition of " + city_.filing_standards);
    }
    return item;
  };
  ReadDocument("baselines", "baselines.csv",
               {"device_kind", "device", "metric", "least", "readings", "clear_readings", "edition",
                "code", "condition"},
               take);
}

}  // namespace

std::vector<DocumentFile> ReadRulebookFiles(const Input& input, const City& city,
                                            const DirectoryFiles& directory,
                                            const GridFiles& grid) {
  return Rulebook(input, city, directory, grid).Read();
}

}  // namespace wanmi::city_import
