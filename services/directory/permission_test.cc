// Who may do what in the directory: every command by every axis and post kind.
#include <gtest/gtest.h>

#include <functional>

#include "services/directory/service.h"
#include "testkit/rule_case.h"

namespace wanmi::directory {
namespace {

using base::Code;
using testkit::RuleCase;

template <class Command>
Command Of(std::string_view person, std::string_view post) {
  Command command;
  command.set_person_id(std::string(person));
  command.set_post_id(std::string(post));
  return command;
}

struct Case {
  const char* name;
  std::function<Code(RuleCase&)> send;
};

std::vector<Case> Commands() {
  v1::OpenUnit unit;
  unit.mutable_unit()->set_id("new");
  unit.mutable_unit()->set_name("new");
  unit.mutable_unit()->set_axis(common::v1::AXIS_NONE);
  unit.mutable_unit()->set_level("city");
  v1::OpenPost post;
  post.mutable_post()->set_id("new");
  post.mutable_post()->set_unit_id("sup");
  post.mutable_post()->set_title("new");
  post.mutable_post()->set_kind(common::v1::POST_KIND_ACCEPTOR);
  v1::RegisterPerson person;
  person.set_person_id("p2");
  return {
      {"OpenUnit", [=](RuleCase& c) { return c.When("unit/new", unit).code(); }},
      {"OpenPost", [=](RuleCase& c) { return c.When("post/new", post).code(); }},
      {"RegisterPerson", [=](RuleCase& c) { return c.When("person/p2", person).code(); }},
      {"AssignPost",
       [](RuleCase& c) { return c.When("person/p1", Of<v1::AssignPost>("p1", "eye2")).code(); }},
      {"LeavePost",
       [](RuleCase& c) { return c.When("person/p1", Of<v1::LeavePost>("p1", "eye")).code(); }},
      {"StartShift",
       [](RuleCase& c) { return c.When("person/p1", Of<v1::StartShift>("p1", "eye")).code(); }},
      {"EndShift",
       [](RuleCase& c) { return c.When("person/p1", Of<v1::EndShift>("p1", "eye")).code(); }},
  };
}

// p1 holds the post eye of the unit sup.
RuleCase City() {
  RuleCase city(Define());
  v1::UnitOpened unit;
  unit.mutable_unit()->set_id("sup");
  unit.mutable_unit()->set_axis(common::v1::AXIS_SUPERVISION);
  city.Given("unit/sup", unit);
  for (const char* id : {"eye", "eye2"}) {
    v1::PostOpened post;
    post.mutable_post()->set_id(id);
    post.mutable_post()->set_unit_id("sup");
    post.mutable_post()->set_kind(common::v1::POST_KIND_INSPECTOR);
    city.Given(std::string("post/") + id, post);
  }
  v1::PersonRegistered person;
  person.set_person_id("p1");
  city.Given("person/p1", person);
  v1::PostAssigned assigned;
  assigned.mutable_holding()->set_person_id("p1");
  assigned.mutable_holding()->set_post_id("eye");
  assigned.mutable_holding()->set_from_us(1);
  city.Given("person/p1", assigned);
  return city;
}

common::v1::Actor ActorOn(common::v1::Axis axis, common::v1::PostKind kind) {
  common::v1::Actor actor;
  actor.set_person_id("p-other");
  actor.set_post_id("other");
  actor.set_unit_id("elsewhere");
  actor.set_axis(axis);
  actor.set_post_kind(kind);
  return actor;
}

TEST(DirectoryPermission, OnlyTheBaseDataOfficeKeepsTheDirectory) {
  for (const Case& command : Commands()) {
    for (int axis = 1; axis <= 5; ++axis) {
      for (int kind = 1; kind <= 14; ++kind) {
        RuleCase city = City();
        city.actor() = ActorOn(common::v1::Axis(axis), common::v1::PostKind(kind));
        const bool base_data =
            axis == common::v1::AXIS_NONE && (kind == common::v1::POST_KIND_BASE_DATA_CLERK ||
                                              kind == common::v1::POST_KIND_OPERATOR);
        EXPECT_EQ(command.send(city), base_data ? Code::kOk : Code::kPermissionDenied)
            << command.name << " by " << city.actor().ShortDebugString();
      }
    }
  }
}

TEST(DirectoryPermission, TheBootstrapMayAndNoOtherPartOfWanmiMay) {
  for (const Case& command : Commands()) {
    RuleCase city = City();
    city.AsReaction().actor().mutable_system()->set_service("bootstrap");
    EXPECT_EQ(command.send(city), Code::kOk) << command.name;
    RuleCase other = City();
    other.actor() = ActorOn(common::v1::AXIS_NONE, common::v1::POST_KIND_OPERATOR);
    other.actor().mutable_system()->set_service("directory");
    EXPECT_EQ(command.send(other), Code::kPermissionDenied) << command.name;
  }
}

TEST(DirectoryPermission, AShiftIsToldByThePersonOrTheirTeamLeader) {
  const auto start = Of<v1::StartShift>("p1", "eye");
  RuleCase self = City();
  self.actor() = ActorOn(common::v1::AXIS_SUPERVISION, common::v1::POST_KIND_INSPECTOR);
  self.actor().set_person_id("p1");
  EXPECT_EQ(self.When("person/p1", start).code(), Code::kOk);
  EXPECT_EQ(self.When("person/p1", Of<v1::LeavePost>("p1", "eye")).code(), Code::kPermissionDenied);

  RuleCase team = City();
  team.actor() = ActorOn(common::v1::AXIS_SUPERVISION, common::v1::POST_KIND_TEAM_LEADER);
  EXPECT_EQ(team.When("person/p1", start).code(), Code::kPermissionDenied);  // of another unit
  team.actor().set_unit_id("sup");
  EXPECT_EQ(team.When("person/p1", start).code(), Code::kOk);
  EXPECT_EQ(team.When("person/p1", Of<v1::EndShift>("p1", "eye")).code(), Code::kOk);
}

}  // namespace
}  // namespace wanmi::directory
