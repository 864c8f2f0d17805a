#include "rules/reference.h"

#include <algorithm>

#include "rules/directory_rows.h"

namespace wanmi::rules {
namespace {

bool HoldsAt(const directory::v1::Holding& holding, base::Time now) {
  const int64_t now_us = base::ToMicros(now);
  return holding.from_us() <= now_us && (holding.until_us() == 0 || now_us < holding.until_us());
}

}  // namespace

std::optional<directory::v1::Unit> Reference::Unit(std::string_view id) const {
  return directory_rows::kUnits.Get(directory_, id);
}

std::optional<directory::v1::Post> Reference::Post(std::string_view id) const {
  return directory_rows::kPosts.Get(directory_, id);
}

std::vector<directory::v1::Post> Reference::PostsOfUnit(std::string_view unit_id,
                                                        common::v1::PostKind kind) const {
  std::vector<directory::v1::Post> posts;
  directory_rows::kPostsOfUnit.Scan(directory_, base::Key().Text(unit_id),
                                    [&](std::string_view, directory::v1::Post&& post) {
                                      if (post.kind() == kind) posts.push_back(std::move(post));
                                      return posts.size() < 64;
                                    });
  return posts;
}

std::vector<std::string> Reference::HoldersOf(std::string_view post_id) const {
  std::vector<std::string> persons;
  directory_rows::kHolders.Scan(directory_, base::Key().Text(post_id),
                                [&](std::string_view, directory::v1::Holding&& holding) {
                                  if (HoldsAt(holding, now_))
                                    persons.push_back(holding.person_id());
                                  return persons.size() < 64;
                                });
  return persons;
}

bool Reference::OnShift(std::string_view post_id) const {
  bool on = false;
  directory_rows::kShifts.Scan(directory_, base::Key().Text(post_id),
                               [&](std::string_view, directory::v1::Shift&&) {
                                 on = true;
                                 return false;
                               });
  return on;
}

std::string Reference::GroupOf(std::string_view unit_id) const {
  const auto unit = Unit(unit_id);
  return unit && !unit->group_id().empty() ? unit->group_id() : std::string(unit_id);
}

base::Result<common::v1::Actor> Reference::ResolveActor(std::string_view person_id,
                                                        std::string_view post_id) const {
  const auto post = Post(post_id);
  if (!post) {
    return base::Unauthenticated(
        "expected a post of the directory, found '{}'; name person and post "
        "in wanmi-person and wanmi-post",
        post_id);
  }
  const auto holding =
      directory_rows::kHoldings.Get(directory_, base::Key().Text(person_id).Tail(post_id));
  if (!holding || !HoldsAt(*holding, now_)) {
    return base::Unauthenticated("expected a person who holds the post {} now, found '{}'", post_id,
                                 person_id);
  }
  const auto unit = Unit(post->unit_id());
  CHECK(unit, "post {} is of a unit that the directory has, {}", post_id, post->unit_id());
  common::v1::Actor actor;
  actor.set_person_id(std::string(person_id));
  actor.set_post_id(std::string(post_id));
  actor.set_unit_id(unit->id());
  actor.set_group_id(GroupOf(unit->id()));
  actor.set_axis(unit->axis());
  actor.set_post_kind(post->kind());
  return actor;
}

base::Result<common::v1::Actor> Reference::ResolveWhiteList(std::string_view service,
                                                            std::string_view white_list) const {
  const auto* item = LookFor("white_lists", white_list);
  if (!item) {
    return base::FailedPrecondition("expected a published white list '{}', found none", white_list);
  }
  const auto post = Post(item->white_list().signed_by_post());
  if (!post) {
    return base::FailedPrecondition(
        "white list '{}' is signed by post '{}', which the directory "
        "does not have",
        white_list, item->white_list().signed_by_post());
  }
  const auto unit = Unit(post->unit_id());
  CHECK(unit, "post {} is of a unit that the directory has, {}", post->id(), post->unit_id());
  common::v1::Actor actor;
  actor.set_post_id(post->id());
  actor.set_unit_id(unit->id());
  actor.set_group_id(GroupOf(unit->id()));
  actor.set_axis(unit->axis());
  actor.set_post_kind(post->kind());
  actor.mutable_system()->set_service(std::string(service));
  actor.mutable_system()->set_white_list(std::string(white_list));
  return actor;
}

int64_t Reference::VersionNow(std::string_view kind, std::string_view name) const {
  const int64_t version = documents_->VersionAt(kind, name, now_);
  if (version == 0) return 0;
  const bool known =
      std::any_of(used_.begin(), used_.end(), [&](const common::v1::DocumentRef& ref) {
        return ref.kind() == kind && ref.name() == name && ref.version() == version;
      });
  if (!known) {
    common::v1::DocumentRef& ref = used_.emplace_back();
    ref.set_kind(std::string(kind));
    ref.set_name(std::string(name));
    ref.set_version(version);
  }
  return version;
}

const Documents::Items* Reference::Look(std::string_view kind, std::string_view name) const {
  const int64_t version = VersionNow(kind, name);
  return version == 0 ? nullptr : &documents_->Of(kind, name, version);
}

const rulebook::v1::Item* Reference::LookFor(std::string_view kind, std::string_view key,
                                             std::string_view name) const {
  const Documents::Items* items = Look(kind, name);
  if (!items) return nullptr;
  const auto found = items->find(key);
  return found == items->end() ? nullptr : &found->second;
}

std::optional<rulebook::v1::Item> Reference::Find(std::string_view kind, std::string_view key,
                                                  std::string_view name) const {
  const auto* item = LookFor(kind, key, name);
  if (!item) return std::nullopt;
  return *item;
}

std::vector<rulebook::v1::Item> Reference::Items(std::string_view kind, std::string_view prefix,
                                                 std::string_view name) const {
  std::vector<rulebook::v1::Item> found;
  const Documents::Items* items = Look(kind, name);
  if (!items) return found;
  for (auto at = items->lower_bound(prefix); at != items->end() && at->first.starts_with(prefix);
       ++at) {
    found.push_back(at->second);
  }
  return found;
}

std::optional<rulebook::v1::Source> Reference::Source(std::string_view code) const {
  const auto* item = LookFor("sources", code);
  if (!item) return std::nullopt;
  return item->source();
}

std::optional<rulebook::v1::ClassEntry> Reference::Class(
    const common::v1::ClassRef& class_ref) const {
  const auto* item = LookFor("classes", class_ref.edition() + "/" + class_ref.code());
  if (!item) return std::nullopt;
  return item->class_entry();
}

std::optional<rulebook::v1::FilingCondition> Reference::Condition(
    const common::v1::ClassRef& class_ref, std::string_view condition_id) const {
  const auto* item = LookFor("filing_standards", fmt::format("{}/{}/{}", class_ref.edition(),
                                                             class_ref.code(), condition_id));
  if (!item) return std::nullopt;
  return item->condition();
}

std::optional<rulebook::v1::DispatchRule> Reference::DispatchRule(
    const common::v1::ClassRef& class_ref, std::string_view community_code,
    std::string_view problem_source) const {
  std::optional<rulebook::v1::DispatchRule> best;
  // A stated source outweighs a narrower place, and a place a narrower class: in Zhuhai the source
  // of the problem names the body that approved it, whatever was found (C15).
  int best_weight = -1;
  const Documents::Items* rules = Look("disposal_manual");
  if (!rules) return best;
  for (const auto& [key, item] : *rules) {
    const auto& rule = item.dispatch_rule();
    const bool matches = (rule.edition().empty() || rule.edition() == class_ref.edition()) &&
                         class_ref.code().starts_with(rule.class_prefix()) &&
                         community_code.starts_with(rule.area_prefix()) &&
                         (rule.problem_source().empty() || rule.problem_source() == problem_source);
    if (!matches) continue;
    const int weight = (rule.problem_source().empty() ? 0 : 10'000) +
                       static_cast<int>(rule.area_prefix().size()) * 100 +
                       static_cast<int>(rule.class_prefix().size());
    if (weight > best_weight) best = rule, best_weight = weight;
  }
  return best;
}

std::optional<rulebook::v1::WhiteList> Reference::WhiteList(std::string_view name,
                                                            std::string_view what,
                                                            const common::v1::ClassRef& class_ref,
                                                            std::string_view source) const {
  if (name.empty()) return std::nullopt;
  const auto* item = LookFor("white_lists", name);
  if (!item || item->white_list().what() != what) return std::nullopt;
  const auto& list = item->white_list();
  const bool class_permitted =
      list.class_prefixes().empty() ||
      std::any_of(list.class_prefixes().begin(), list.class_prefixes().end(),
                  [&](const std::string& prefix) { return class_ref.code().starts_with(prefix); });
  const bool source_permitted =
      list.sources().empty() ||
      std::find(list.sources().begin(), list.sources().end(), source) != list.sources().end();
  if (!class_permitted || !source_permitted) return std::nullopt;
  return list;
}

double Reference::Number(std::string_view setting, double otherwise) const {
  const auto* item = LookFor("settings", setting);
  return item ? item->setting().number() : otherwise;
}

std::string Reference::Text(std::string_view setting, std::string_view otherwise) const {
  const auto* item = LookFor("settings", setting);
  return item ? item->setting().text() : std::string(otherwise);
}

calendar::Calendar Reference::Calendar(std::string_view name) const {
  calendar::Calendar result;
  result.name = name;
  result.version = VersionNow("calendar", name);
  const Documents::Items* years = Look("calendar", name);
  if (!years) return result;
  for (const auto& [key, item] : *years) {
    const auto& year = item.calendar_year();
    auto& days = result.years[year.year()];
    days.holidays.insert(year.holidays().begin(), year.holidays().end());
    days.makeup_workdays.insert(year.makeup_workdays().begin(), year.makeup_workdays().end());
    result.works_every_day = year.every_day();
    if (year.utc_offset_minutes() != 0) {
      result.utc_offset = std::chrono::minutes(year.utc_offset_minutes());
    }
    if (!year.periods().empty()) {
      result.periods.clear();
      for (const auto& period : year.periods()) {
        result.periods.push_back({period.from_minute(), period.until_minute()});
      }
    }
  }
  return result;
}

}  // namespace wanmi::rules
