#include <gtest/gtest.h>

#include "rules/directory_rows.h"
#include "rules/reference.h"
#include "services/directory/api.h"
#include "services/directory/domain.h"
#include "services/directory/service.h"
#include "testkit/rule_case.h"

namespace wanmi::directory {
namespace {

using base::Code;
using common::v1::Axis;
using common::v1::PostKind;
using rules::directory_rows::kHolders;
using rules::directory_rows::kHoldings;
using rules::directory_rows::kShifts;

v1::OpenUnit Unit(std::string_view id, Axis axis, std::string_view parent = "") {
  v1::OpenUnit command;
  command.mutable_unit()->set_id(std::string(id));
  command.mutable_unit()->set_name(std::string(id));
  command.mutable_unit()->set_axis(axis);
  command.mutable_unit()->set_level("district");
  command.mutable_unit()->set_parent_id(std::string(parent));
  return command;
}
v1::OpenPost Post(std::string_view id, std::string_view unit, PostKind kind) {
  v1::OpenPost command;
  command.mutable_post()->set_id(std::string(id));
  command.mutable_post()->set_unit_id(std::string(unit));
  command.mutable_post()->set_title(std::string(id));
  command.mutable_post()->set_kind(kind);
  return command;
}
template <class Command>
Command Of(std::string_view person, std::string_view post) {
  Command command;
  command.set_person_id(std::string(person));
  command.set_post_id(std::string(post));
  return command;
}
v1::RegisterPerson Person(std::string_view id, std::string_view ciphertext = "sealed") {
  v1::RegisterPerson command;
  command.set_person_id(std::string(id));
  if (!ciphertext.empty()) {
    command.mutable_sealed_name()->set_subject(PersonStream(id));
    command.mutable_sealed_name()->set_ciphertext(std::string(ciphertext));
  }
  return command;
}

// A city of two units with a post each, and one person. The bootstrap acts.
class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() : city_(Define()) {
    city_.AsReaction().actor().mutable_system()->set_service("bootstrap");
    Must("unit/sup", Unit("sup", common::v1::AXIS_SUPERVISION));
    Must("unit/roads", Unit("roads", common::v1::AXIS_DISPOSAL));
    Must("post/eye", Post("eye", "sup", common::v1::POST_KIND_INSPECTOR));
    Must("post/eye2", Post("eye2", "sup", common::v1::POST_KIND_INSPECTOR));
    Must("post/crew", Post("crew", "roads", common::v1::POST_KIND_CREW));
    Must("person/p1", Person("p1"));
  }
  template <class Command>
  void Must(std::string_view stream, const Command& command) {
    const base::Status status = city_.When(stream, command);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  template <class Command>
  Code Try(std::string_view stream, const Command& command) {
    return city_.When(stream, command).code();
  }
  rules::Reference Reference() { return {city_.rows(), city_.rulebook(), testkit::kSampleNow}; }

  testkit::RuleCase city_;
};

TEST_F(DirectoryTest, ACommandGoesToTheStreamOfItsSubject) {
  v1::Command command;
  *command.mutable_open_unit() = Unit("sup", common::v1::AXIS_SUPERVISION);
  EXPECT_EQ(Target(command), "unit/sup");
  *command.mutable_open_post() = Post("eye", "sup", common::v1::POST_KIND_INSPECTOR);
  EXPECT_EQ(Target(command), "post/eye");
  *command.mutable_end_shift() = Of<v1::EndShift>("p1", "eye");
  EXPECT_EQ(Target(command), "person/p1");
}

TEST_F(DirectoryTest, AUnitMayBeRenamedButNeverChangesItsAxis) {
  auto renamed = Unit("sup", common::v1::AXIS_SUPERVISION);
  Must("unit/sup", renamed);
  EXPECT_TRUE(city_.events().empty());
  renamed.mutable_unit()->set_name("监督中心");
  renamed.mutable_unit()->set_group_id("bureau");
  Must("unit/sup", renamed);
  EXPECT_EQ(city_.Then<v1::UnitOpened>().unit().name(), "监督中心");
  EXPECT_EQ(Reference().GroupOf("sup"), "bureau");
  EXPECT_EQ(Try("unit/sup", Unit("sup", common::v1::AXIS_DISPOSAL)), Code::kFailedPrecondition);
  EXPECT_EQ(Reference().Unit("sup")->axis(), common::v1::AXIS_SUPERVISION);
}

TEST_F(DirectoryTest, AUnitOfAWrongFormIsRefused) {
  auto no_axis = Unit("x", common::v1::AXIS_UNSPECIFIED);
  EXPECT_EQ(Try("unit/x", no_axis), Code::kInvalidArgument);
  auto slash = Unit("x/y", common::v1::AXIS_NONE);
  EXPECT_EQ(Try("unit/x/y", slash), Code::kInvalidArgument);
  auto level = Unit("x", common::v1::AXIS_NONE);
  level.mutable_unit()->set_level("planet");
  EXPECT_EQ(Try("unit/x", level), Code::kInvalidArgument);
  auto area = Unit("x", common::v1::AXIS_NONE);
  area.mutable_unit()->set_area_code("37O705");
  EXPECT_EQ(Try("unit/x", area), Code::kInvalidArgument);
  auto nameless = Unit("x", common::v1::AXIS_NONE);
  nameless.mutable_unit()->clear_name();
  EXPECT_EQ(Try("unit/x", nameless), Code::kInvalidArgument);
}

TEST_F(DirectoryTest, AUnitStandsUnderAnOpenUnitAndNeverUnderItself) {
  EXPECT_EQ(Try("unit/a", Unit("a", common::v1::AXIS_NONE, "nobody")), Code::kNotFound);
  Must("unit/a", Unit("a", common::v1::AXIS_NONE));
  Must("unit/b", Unit("b", common::v1::AXIS_NONE, "a"));
  EXPECT_EQ(Try("unit/a", Unit("a", common::v1::AXIS_NONE, "b")), Code::kFailedPrecondition);
  EXPECT_EQ(Try("unit/a", Unit("a", common::v1::AXIS_NONE, "a")), Code::kFailedPrecondition);
}

TEST_F(DirectoryTest, APostKeepsItsUnitAndKind) {
  EXPECT_EQ(Try("post/x", Post("x", "nobody", common::v1::POST_KIND_CREW)), Code::kNotFound);
  EXPECT_EQ(Try("post/x", Post("x", "sup", common::v1::POST_KIND_UNSPECIFIED)),
            Code::kInvalidArgument);
  EXPECT_EQ(Try("post/eye", Post("eye", "roads", common::v1::POST_KIND_INSPECTOR)),
            Code::kFailedPrecondition);
  EXPECT_EQ(Try("post/eye", Post("eye", "sup", common::v1::POST_KIND_SHIFT_LEADER)),
            Code::kFailedPrecondition);
  auto titled = Post("eye", "sup", common::v1::POST_KIND_INSPECTOR);
  titled.mutable_post()->set_title("监督员");
  Must("post/eye", titled);
  EXPECT_EQ(Reference().PostsOfUnit("sup", common::v1::POST_KIND_INSPECTOR).front().title(),
            "监督员");
}

TEST_F(DirectoryTest, ANameIsSealedOrRefused) {
  auto clear = Person("p2");
  clear.set_name("a name");
  EXPECT_EQ(Try("person/p2", clear), Code::kInvalidArgument);
  auto foreign = Person("p2");
  foreign.mutable_sealed_name()->set_subject("person/p1");
  EXPECT_EQ(Try("person/p2", foreign), Code::kInvalidArgument);
  Must("person/p1", Person("p1", "corrected"));
  EXPECT_EQ(city_.StateOf<state::State>("person/p1").name().ciphertext(), "corrected");
  Must("person/p1", Person("p1", ""));
  EXPECT_TRUE(city_.events().empty());
}

TEST_F(DirectoryTest, AssigningNeedsAKnownPersonAndAnOpenPost) {
  EXPECT_EQ(Try("person/p9", Of<v1::AssignPost>("p9", "eye")), Code::kNotFound);
  EXPECT_EQ(Try("person/p1", Of<v1::AssignPost>("p1", "nobody")), Code::kNotFound);
  Must("person/p1", Of<v1::AssignPost>("p1", "eye"));
  EXPECT_EQ(city_.Then<v1::PostAssigned>().holding().from_us(),
            base::ToMicros(testkit::kSampleNow));
  EXPECT_TRUE(Reference().ResolveActor("p1", "eye").ok());
  EXPECT_TRUE(kHolders.Get(city_.rows(), base::Key().Text("eye").Tail("p1")));
  auto earlier = Of<v1::AssignPost>("p1", "eye");
  earlier.set_from_us(1);
  EXPECT_EQ(Try("person/p1", earlier), Code::kFailedPrecondition);
}

TEST_F(DirectoryTest, NobodyHoldsPostsOnTwoAxesAtATime) {
  Must("person/p1", Of<v1::AssignPost>("p1", "eye"));
  Must("person/p1", Of<v1::AssignPost>("p1", "eye2"));  // the same axis
  EXPECT_EQ(Try("person/p1", Of<v1::AssignPost>("p1", "crew")), Code::kFailedPrecondition);
  city_.Later(std::chrono::hours(1));
  Must("person/p1", Of<v1::LeavePost>("p1", "eye"));
  EXPECT_EQ(Try("person/p1", Of<v1::AssignPost>("p1", "crew")), Code::kFailedPrecondition);
  Must("person/p1", Of<v1::LeavePost>("p1", "eye2"));
  auto backdated = Of<v1::AssignPost>("p1", "crew");
  backdated.set_from_us(base::ToMicros(testkit::kSampleNow));
  EXPECT_EQ(Try("person/p1", backdated), Code::kFailedPrecondition);
  Must("person/p1", Of<v1::AssignPost>("p1", "crew"));
  EXPECT_EQ(city_.Kinds(), std::vector<std::string>{"PostAssigned"});
}

TEST_F(DirectoryTest, APlannedHoldingCountsFromItsTime) {
  auto tomorrow = Of<v1::AssignPost>("p1", "eye");
  tomorrow.set_from_us(base::ToMicros(testkit::kSampleNow + std::chrono::hours(24)));
  Must("person/p1", tomorrow);
  EXPECT_FALSE(Reference().ResolveActor("p1", "eye").ok());
  EXPECT_EQ(Try("person/p1", Of<v1::StartShift>("p1", "eye")), Code::kFailedPrecondition);
  Must("person/p1", Of<v1::LeavePost>("p1", "eye"));
  const auto holding = kHoldings.Get(city_.rows(), base::Key().Text("p1").Tail("eye"));
  EXPECT_EQ(holding->until_us(), holding->from_us());
}

TEST_F(DirectoryTest, LeavingAPostEndsItsShift) {
  Must("person/p1", Of<v1::AssignPost>("p1", "eye"));
  Must("person/p1", Of<v1::StartShift>("p1", "eye"));
  EXPECT_TRUE(Reference().OnShift("eye"));
  city_.Later(std::chrono::hours(1));
  auto leave = Of<v1::LeavePost>("p1", "eye");
  leave.set_reason("moved");
  Must("person/p1", leave);
  EXPECT_EQ(city_.Kinds(), (std::vector<std::string>{"ShiftEnded", "PostLeft"}));
  EXPECT_EQ(city_.Then<v1::PostLeft>().reason(), "moved");
  EXPECT_FALSE(Reference().OnShift("eye"));
  const rules::Reference later(city_.rows(), city_.rulebook(),
                               testkit::kSampleNow + std::chrono::hours(2));
  EXPECT_FALSE(later.ResolveActor("p1", "eye").ok());
  EXPECT_EQ(Try("person/p1", Of<v1::LeavePost>("p1", "crew")), Code::kNotFound);
}

TEST_F(DirectoryTest, AShiftIsOfThePostHeld) {
  EXPECT_EQ(Try("person/p1", Of<v1::StartShift>("p1", "eye")), Code::kFailedPrecondition);
  Must("person/p1", Of<v1::AssignPost>("p1", "eye"));
  Must("person/p1", Of<v1::StartShift>("p1", "eye"));
  city_.Later(std::chrono::hours(8));
  Must("person/p1", Of<v1::EndShift>("p1", "eye"));
  const v1::Shift shift = city_.Then<v1::ShiftEnded>().shift();
  EXPECT_EQ(shift.until_us() - shift.from_us(), 8ll * 3600 * 1'000'000);
  EXPECT_FALSE(kShifts.Get(city_.rows(), base::Key().Text("eye").Tail("p1")));
  Must("person/p1", Of<v1::EndShift>("p1", "eye"));
  EXPECT_TRUE(city_.events().empty());
}

TEST_F(DirectoryTest, LimitsOfOnePerson) {
  for (int i = 0; i < kHoldingsMax; ++i) {
    const std::string post = fmt::format("eye-{}", i);
    Must("post/" + post, Post(post, "sup", common::v1::POST_KIND_INSPECTOR));
    Must("person/p1", Of<v1::AssignPost>("p1", post));
  }
  EXPECT_EQ(Try("person/p1", Of<v1::AssignPost>("p1", "eye")), Code::kResourceExhausted);
  for (int i = 0; i < kPastMax + 5; ++i) {
    Must("person/p1", Of<v1::LeavePost>("p1", "eye-0"));
    Must("person/p1", Of<v1::AssignPost>("p1", "eye-0"));
  }
  EXPECT_EQ(city_.StateOf<state::State>("person/p1").past_size(), kPastMax);
}

TEST_F(DirectoryTest, Queries) {
  v1::GetUnit get;
  get.set_unit_id("roads");
  EXPECT_EQ(city_.Ask<v1::Unit>("GetUnit", get)->axis(), common::v1::AXIS_DISPOSAL);
  get.set_unit_id("nobody");
  EXPECT_EQ(city_.Ask<v1::Unit>("GetUnit", get).status().code(), Code::kNotFound);

  v1::ListUnits list;
  list.mutable_page()->set_size(1);
  const auto first = city_.Ask<v1::UnitPage>("ListUnits", list);
  EXPECT_EQ(first->units(0).id(), "roads");
  list.mutable_page()->set_token(first->next());
  const auto second = city_.Ask<v1::UnitPage>("ListUnits", list);
  EXPECT_EQ(second->units(0).id(), "sup");
  EXPECT_EQ(second->next(), "");

  v1::ListPosts posts;
  EXPECT_EQ(city_.Ask<v1::PostPage>("ListPosts", posts).status().code(), Code::kInvalidArgument);
  posts.set_unit_id("sup");
  EXPECT_EQ(city_.Ask<v1::PostPage>("ListPosts", posts)->posts_size(), 2);
}

class FakeVault final : public rules::Preparation {
 public:
  base::Result<common::v1::Sealed> Seal(std::string_view subject, std::string_view clear) override {
    common::v1::Sealed sealed;
    sealed.set_subject(std::string(subject));
    sealed.set_ciphertext(std::string(clear.rbegin(), clear.rend()));
    return sealed;
  }
  base::Status Ask(std::string_view, std::string_view, const google::protobuf::Message&,
                   google::protobuf::Message*) override {
    return base::Unavailable("nobody is asked");
  }
  base::Time now() const override { return testkit::kSampleNow; }
};

TEST_F(DirectoryTest, PrepareSealsTheNameAndTrustsNoSealOfTheClient) {
  FakeVault vault;
  v1::Command command;
  command.mutable_register_person()->set_person_id("p1");
  command.mutable_register_person()->set_name("abc");
  command.mutable_register_person()->mutable_sealed_name()->set_ciphertext("forged");
  ASSERT_TRUE(Prepare(&command, vault).ok());
  EXPECT_EQ(command.register_person().name(), "");
  EXPECT_EQ(command.register_person().sealed_name().subject(), "person/p1");
  EXPECT_EQ(command.register_person().sealed_name().ciphertext(), "cba");
  command.mutable_register_person()->set_person_id("a/b");
  command.mutable_register_person()->set_name("abc");
  EXPECT_EQ(Prepare(&command, vault).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace wanmi::directory
