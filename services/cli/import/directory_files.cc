#include "services/cli/import/directory_files.h"

#include "rules/form.h"

namespace wanmi::city_import {
namespace {

using common::v1::Axis;
using common::v1::PostKind;

std::string TakeId(const Row& row, std::string_view column) {
  std::string id = row.Must(column);
  if (!id.empty() && !rules::RequireId(column, id).ok()) {
    row.Bad(column, "at most 64 letters, digits, '-', '_' and '.'");
  }
  return id;
}

Axis TakeAxis(const Row& row) {
  using namespace common::v1;  // NOLINT: a table of enum values
  return row.OneOf<Axis>("axis", {{"supervision", AXIS_SUPERVISION},
                                  {"command", AXIS_COMMAND},
                                  {"disposal", AXIS_DISPOSAL},
                                  {"assessment", AXIS_ASSESSMENT},
                                  {"none", AXIS_NONE}});
}

PostKind TakeKind(const Row& row) {
  using namespace common::v1;  // NOLINT: a table of enum values
  return row.OneOf<PostKind>("kind", {{"call_taker", POST_KIND_CALL_TAKER},
                                      {"acceptor", POST_KIND_ACCEPTOR},
                                      {"shift_leader", POST_KIND_SHIFT_LEADER},
                                      {"inspector", POST_KIND_INSPECTOR},
                                      {"team_leader", POST_KIND_TEAM_LEADER},
                                      {"dispatcher", POST_KIND_DISPATCHER},
                                      {"department_clerk", POST_KIND_DEPARTMENT_CLERK},
                                      {"department_leader", POST_KIND_DEPARTMENT_LEADER},
                                      {"crew", POST_KIND_CREW},
                                      {"assessor", POST_KIND_ASSESSOR},
                                      {"leader", POST_KIND_LEADER},
                                      {"base_data_clerk", POST_KIND_BASE_DATA_CLERK},
                                      {"operator", POST_KIND_OPERATOR},
                                      {"gateway", POST_KIND_GATEWAY}});
}

directory::v1::Unit TakeUnit(const Row& row, DirectoryFiles* files) {
  directory::v1::Unit unit;
  unit.set_id(TakeId(row, "id"));
  unit.set_name(row.Must("name"));
  unit.set_axis(TakeAxis(row));
  unit.set_parent_id(row.May("parent"));
  unit.set_group_id(row.May("group"));
  const auto same = [](std::string_view name) { return std::pair{name, name}; };
  unit.set_level(std::string(row.OneOf<std::string_view>(
      "level", {same("city"), same("district"), same("street"), same("community")})));
  unit.set_area_code(row.Must("area"));
  if (unit.area_code().find_first_not_of("0123456789") != std::string::npos)
    row.Bad("area", "an administrative code");
  unit.set_calendar(row.May("calendar"));
  if (!unit.parent_id().empty() && !files->unit_at.contains(unit.parent_id())) {
    row.Bad("parent", "a unit of a line above");
  }
  if (!files->unit_at.emplace(unit.id(), files->unit_at.size()).second)
    row.Bad("id", "each unit once");
  return unit;
}

directory::v1::Post TakePost(const Row& row, DirectoryFiles* files) {
  directory::v1::Post post;
  post.set_id(TakeId(row, "id"));
  post.set_unit_id(row.Must("unit"));
  post.set_kind(TakeKind(row));
  post.set_title(row.Must("title"));
  post.set_staffed_by_program(row.Flag("program"));
  if (!files->Unit(post.unit_id())) row.Bad("unit", "a unit of units.csv");
  if (!files->post_at.emplace(post.id(), files->post_at.size()).second)
    row.Bad("id", "each post once");
  return post;
}

// A person has a row for each post, all with one label and on one axis.
Person TakePerson(const Row& row, const DirectoryFiles& files,
                  std::map<std::string, Person>* known) {
  Person person{TakeId(row, "id"), row.Must("label"), row.Must("post"), row.Flag("on_shift")};
  const directory::v1::Post* post = files.Post(person.post);
  if (!post) {
    row.Bad("post", "a post of posts.csv");
    return person;
  }
  const auto [first, is_new] = known->emplace(person.id, person);
  if (is_new) return person;
  if (first->second.label != person.label)
    row.Bad("label", "the label of their first row, " + first->second.label);
  const directory::v1::Post* other = files.Post(first->second.post);
  if (other && files.Unit(other->unit_id())->axis() != files.Unit(post->unit_id())->axis()) {
    row.Bad("post",
            fmt::format("a post on the axis of {}, since nobody holds posts on two", other->id()));
  }
  return person;
}

}  // namespace

const directory::v1::Unit* DirectoryFiles::Unit(std::string_view id) const {
  const auto found = unit_at.find(id);
  return units && found != unit_at.end() ? &(*units)[found->second] : nullptr;
}

const directory::v1::Post* DirectoryFiles::Post(std::string_view id) const {
  const auto found = post_at.find(id);
  return posts && found != post_at.end() ? &(*posts)[found->second] : nullptr;
}

const Person* DirectoryFiles::HolderOf(std::string_view post) const {
  if (!persons) return nullptr;
  for (const Person& person : *persons) {
    if (person.post == post) return &person;
  }
  return nullptr;
}

DirectoryFiles ReadDirectoryFiles(const Input& input) {
  DirectoryFiles files;
  files.units = input.Rows<directory::v1::Unit>(
      "units.csv", {"id", "name", "axis", "parent", "group", "level", "area", "calendar"},
      [&](const Row& row) { return TakeUnit(row, &files); });
  if (!input.Needs("posts.csv", "units.csv", files.units.has_value())) return files;
  files.posts =
      input.Rows<directory::v1::Post>("posts.csv", {"id", "unit", "kind", "title", "program"},
                                      [&](const Row& row) { return TakePost(row, &files); });
  if (!input.Needs("persons.csv", "posts.csv", files.posts.has_value())) return files;
  std::map<std::string, Person> known;
  files.persons =
      input.Rows<Person>("persons.csv", {"id", "label", "post", "on_shift"},
                         [&](const Row& row) { return TakePerson(row, files, &known); });
  return files;
}

}  // namespace wanmi::city_import
