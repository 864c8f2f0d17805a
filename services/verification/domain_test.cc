#include "services/verification/domain.h"

#include <gtest/gtest.h>

#include "rules/directory_rows.h"
#include "rules/rulebook_rows.h"
#include "services/verification/service.h"
#include "testkit/rule_case.h"

namespace wanmi::verification {
namespace {

using base::Code;
using std::chrono::hours;
using std::chrono::minutes;
using testkit::kSampleNow;
using testkit::RuleCase;
using testkit::SamplePicture;
using Kinds = std::vector<std::string>;

constexpr char kPre[] = "r1/k1";
constexpr char kPost[] = "r1/c1/k1";

v1::OpenCheck PreOpen() {
  v1::OpenCheck open;
  open.set_kind(v1::CHECK_KIND_PRE);
  open.set_about("r1");
  *open.mutable_class_ref() = testkit::SampleClass("event/01-10");
  *open.mutable_place() = testkit::SamplePlace();
  return open;
}

// Sanitation (group clean) gave a feedback at 08:30 with phone-9.
v1::OpenCheck PostOpen() {
  v1::OpenCheck open = PreOpen();
  open.set_kind(v1::CHECK_KIND_POST);
  open.set_about("r1/c1");
  open.set_closing_condition("restored");
  open.set_unit_id("sanitation");
  open.set_group_id("clean");
  open.add_person_ids("p-san-crew");
  open.add_device_ids("phone-9");
  open.set_feedback_at_us(base::ToMicros(kSampleNow - minutes(30)));
  return open;
}

v1::AnswerCheck Answer(const char* check, base::Time taken_at = kSampleNow, bool passed = true) {
  v1::AnswerCheck answer;
  answer.set_id("a1");
  answer.set_check(check);
  answer.set_passed(passed);
  *answer.add_evidence() = SamplePicture(taken_at);
  return answer;
}

RuleCase Opened(const char* check, const v1::OpenCheck& open) {
  RuleCase test(Define());
  EXPECT_TRUE(test.When(check, open).ok());
  return test;
}

void EndShift(RuleCase& test, const std::string& post) {
  rules::directory_rows::kShifts.Delete(test.directory(), base::Key().Text(post).Tail("p-" + post));
}

void SetText(RuleCase& test, const char* setting, const char* text) {
  rulebook::v1::Item item;
  item.set_key(setting);
  item.mutable_setting()->set_name(setting);
  item.mutable_setting()->set_text(text);
  rules::rulebook_rows::kItems.Put(
      test.rulebook(), rules::rulebook_rows::VersionKey("settings", "city", 1).Tail(setting), item);
}

// ---- turns ----

TEST(Turns, TheInspectorOfThePlaceIsFirst) {
  RuleCase test = Opened(kPre, PreOpen());
  EXPECT_EQ(test.Kinds(), (Kinds{"CheckOpened", "CheckAssigned"}));
  const auto turn = test.Then<v1::CheckAssigned>();
  EXPECT_EQ(turn.post_id(), "inspector1");
  EXPECT_EQ(turn.unit_id(), "sup");
  EXPECT_EQ(turn.step(), 1);
  EXPECT_EQ(turn.due_at_us(), base::ToMicros(kSampleNow + minutes(30)));
  EXPECT_EQ(turn.calendar(), "inspection");
  EXPECT_EQ(turn.calendar_version(), 1);
}

TEST(Turns, APreCheckGoesDownTheLineAndExpires) {
  RuleCase test = Opened(kPre, PreOpen());
  const std::pair<const char*, int> line[] = {{"inspector2", 2}, {"team", 3}, {"acceptor", 4}};
  for (const auto& [post, step] : line) {
    EXPECT_EQ(test.WhenDue(kPre).code(), Code::kFailedPrecondition) << "before its time";
    ASSERT_TRUE(test.Later(minutes(30)).WhenDue(kPre).ok());
    const auto turn = test.Then<v1::CheckAssigned>();
    EXPECT_EQ(turn.post_id(), post);
    EXPECT_EQ(turn.step(), step);
  }
  ASSERT_TRUE(test.Later(minutes(30)).WhenDue(kPre).ok());
  EXPECT_EQ(test.Kinds(), Kinds{"CheckExpired"});
  EXPECT_EQ(test.Then<v1::CheckExpired>().about(), "r1");
  EXPECT_EQ(test.Due(kPre), std::nullopt);
  EXPECT_EQ(test.As("inspector1").When(kPre, Answer(kPre, kSampleNow + hours(2))).code(),
            Code::kFailedPrecondition);
}

TEST(Turns, APostCheckStaysAtTheDeskForGood) {
  RuleCase test = Opened(kPost, PostOpen());
  for (int turn = 0; turn < 3; ++turn) ASSERT_TRUE(test.Later(minutes(30)).WhenDue(kPost).ok());
  EXPECT_EQ(test.Then<v1::CheckAssigned>().post_id(), "acceptor");
  EXPECT_EQ(test.Due(kPost), std::nullopt);
  test.Later(hours(100)).As("leader");
  ASSERT_TRUE(test.When(kPost, Answer(kPost, kSampleNow + hours(100))).ok());
  EXPECT_EQ(test.Then<v1::CheckPassed>().post_id(), "leader");
  EXPECT_EQ(test.Then<v1::CheckPassed>().assigned_post(), "acceptor");
  EXPECT_FALSE(test.Then<v1::CheckPassed>().on_time());
}

TEST(Turns, WhoIsNotOnShiftIsPassedOver) {
  RuleCase test(Define());
  EndShift(test, "inspector1");
  ASSERT_TRUE(test.When(kPre, PreOpen()).ok());
  EXPECT_EQ(test.Then<v1::CheckAssigned>().post_id(), "inspector2");
  EXPECT_EQ(test.Then<v1::CheckAssigned>().step(), 2);
  EndShift(test, "inspector2");
  ASSERT_TRUE(test.When("r2/k1", PreOpen()).ok());
  EXPECT_EQ(test.Then<v1::CheckAssigned>().post_id(), "team");
}

TEST(Turns, AtTheDeskWhoIsOnShiftIsFirst) {
  directory::v1::Shift shift;
  shift.set_post_id("leader2");
  RuleCase test = Opened(kPre, PreOpen());
  rules::directory_rows::kShifts.Put(test.directory(),
                                     base::Key().Text("leader2").Tail("p-leader2"), shift);
  for (int turn = 0; turn < 3; ++turn) ASSERT_TRUE(test.Later(minutes(30)).WhenDue(kPre).ok());
  EXPECT_EQ(test.Then<v1::CheckAssigned>().post_id(), "leader2");
}

TEST(Turns, ALimitCountsStaffedHoursOnly) {
  RuleCase test(Define());
  test.At(kSampleNow + hours(13) + minutes(20));  // 22:20; staffed until 22:30, again from 07:30
  ASSERT_TRUE(test.When(kPre, PreOpen()).ok());
  EXPECT_EQ(test.Then<v1::CheckAssigned>().due_at_us(),
            base::ToMicros(kSampleNow + hours(22) + minutes(50)));  // 07:50
}

TEST(Turns, AnOldTurnsEndChangesNothing) {
  RuleCase test = Opened(kPre, PreOpen());
  v1::ExpireCheck first;
  first.set_due_at_us(base::ToMicros(kSampleNow + minutes(30)));
  EXPECT_EQ(test.When(kPre, first).code(), Code::kFailedPrecondition) << "it has not ended yet";
  ASSERT_TRUE(test.Later(minutes(30)).WhenDue(kPre).ok());
  ASSERT_TRUE(test.When(kPre, first).ok());
  EXPECT_TRUE(test.events().empty());
}

TEST(Turns, WhoWorkedOnTheCaseIsPassedOverInAPostCheck) {
  v1::OpenCheck open = PostOpen();
  open.add_person_ids("p-inspector1");
  RuleCase test = Opened(kPost, open);
  EXPECT_EQ(test.Then<v1::CheckAssigned>().post_id(), "inspector2");
  open.set_kind(v1::CHECK_KIND_PRE);
  ASSERT_TRUE(test.When(kPre, open).ok());
  EXPECT_EQ(test.Then<v1::CheckAssigned>().post_id(), "inspector1")
      << "a PreCheck knows no interest";
}

TEST(Turns, AUnitWithAnInterestIsPassedOverAsAWhole) {
  for (const bool by_group : {false, true}) {
    v1::OpenCheck open = PostOpen();
    open.set_unit_id(by_group ? "roads" : "sup");
    open.set_group_id(by_group ? "sup" : "");
    RuleCase test = Opened(kPost, open);
    const auto turn = test.Then<v1::CheckAssigned>();
    EXPECT_EQ(turn.post_id(), "");
    EXPECT_EQ(turn.unit_id(), "");
    EXPECT_EQ(turn.step(), 4);
    EXPECT_EQ(test.As("inspector2").When(kPost, Answer(kPost)).code(), Code::kPermissionDenied);
  }
}

TEST(Turns, WithoutAnInspectorThePlaceGoesToTheCitysDesk) {
  v1::OpenCheck open = PreOpen();
  open.mutable_place()->clear_responsibilities();
  RuleCase test = Opened(kPre, open);
  EXPECT_EQ(test.Kinds(), (Kinds{"CheckOpened", "CheckExpired"})) << "nobody is there to look";
  SetText(test, "check_desk_post", "leader2");
  ASSERT_TRUE(test.When("r2/k1", open).ok());
  EXPECT_EQ(test.Then<v1::CheckAssigned>().post_id(), "leader2");
  EXPECT_EQ(test.Then<v1::CheckAssigned>().step(), 4);
}

TEST(Turns, APostOffTheSupervisionAxisIsNoInspector) {
  v1::OpenCheck open = PreOpen();
  open.mutable_place()->mutable_responsibilities(0)->set_post_id("san-clerk");
  RuleCase test = Opened(kPre, open);
  EXPECT_EQ(test.Kinds(), (Kinds{"CheckOpened", "CheckExpired"}));
}

// ---- answers ----

TEST(Answers, PassAndFailSayWhatWasSeen) {
  for (const bool passed : {true, false}) {
    RuleCase test = Opened(kPost, PostOpen());
    test.Later(minutes(5)).As("inspector2");  // another inspector of the unit may
    ASSERT_TRUE(test.When(kPost, Answer(kPost, kSampleNow, passed)).ok());
    EXPECT_EQ(test.Kinds(), Kinds{passed ? "CheckPassed" : "CheckFailed"});
    if (!passed) continue;
    const auto answered = test.Then<v1::CheckPassed>();
    EXPECT_EQ(answered.kind(), v1::CHECK_KIND_POST);
    EXPECT_EQ(answered.about(), "r1/c1");
    EXPECT_EQ(answered.post_id(), "inspector2");
    EXPECT_EQ(answered.assigned_post(), "inspector1");
    EXPECT_EQ(answered.answered_at_us(), base::ToMicros(kSampleNow + minutes(5)));
    EXPECT_TRUE(answered.on_time());
    EXPECT_FALSE(answered.without_fix());
    ASSERT_EQ(answered.metres_off_size(), 1);
    EXPECT_NEAR(answered.metres_off(0), 0, 0.01);
  }
}

TEST(Answers, OnTimeEndsWithTheTurn) {
  for (const int late_minutes : {0, 1}) {
    RuleCase test = Opened(kPre, PreOpen());
    const base::Time now = kSampleNow + minutes(30 + late_minutes);  // no timer has fired yet
    test.At(now).As("inspector1");
    ASSERT_TRUE(test.When(kPre, Answer(kPre, now)).ok());
    EXPECT_EQ(test.Then<v1::CheckPassed>().on_time(), late_minutes == 0);
  }
}

TEST(Answers, OnlyOnceAndOnlyIfThereIsSuchACheck) {
  RuleCase test = Opened(kPre, PreOpen());
  test.As("inspector1");
  EXPECT_EQ(test.When("r9/k1", Answer("r9/k1")).code(), Code::kNotFound);
  ASSERT_TRUE(test.When(kPre, Answer(kPre)).ok());
  EXPECT_EQ(test.When(kPre, Answer(kPre)).code(), Code::kFailedPrecondition);
}

TEST(Answers, TheDeskAnswersInItsTurnOnly) {
  for (const char* post : {"acceptor", "leader"}) {
    RuleCase test = Opened(kPre, PreOpen());
    EXPECT_EQ(test.As(post).When(kPre, Answer(kPre)).code(), Code::kPermissionDenied);
    for (int turn = 0; turn < 3; ++turn) ASSERT_TRUE(test.Later(minutes(30)).WhenDue(kPre).ok());
    EXPECT_TRUE(test.As(post).When(kPre, Answer(kPre, kSampleNow + minutes(90))).ok());
  }
  RuleCase test = Opened(kPre, PreOpen());
  EXPECT_EQ(test.As("gateway").When(kPre, Answer(kPre)).code(), Code::kPermissionDenied);
}

TEST(Answers, AnotherUnitsInspectorIsRefused) {
  RuleCase test = Opened(kPre, PreOpen());
  test.As("inspector1").actor().set_unit_id("sup-of-another-district");
  EXPECT_EQ(test.When(kPre, Answer(kPre)).code(), Code::kPermissionDenied);
}

TEST(Answers, AMachineNeverLooks) {
  RuleCase test = Opened(kPre, PreOpen());
  test.As("inspector1").actor().mutable_system()->set_white_list("auto-check");
  EXPECT_EQ(test.When(kPre, Answer(kPre)).code(), Code::kPermissionDenied);
}

TEST(Answers, NobodyWithAnInterestChecks) {
  v1::OpenCheck open = PostOpen();
  open.add_person_ids("p-inspector1");
  RuleCase person = Opened(kPost, open);
  EXPECT_EQ(person.As("inspector1").When(kPost, Answer(kPost)).code(), Code::kPermissionDenied);
  EXPECT_TRUE(person.As("inspector2").When(kPost, Answer(kPost)).ok());

  // Of the crew that worked, whichever post they look in; handling names them all.
  RuleCase crew = Opened(kPost, PostOpen());
  crew.As("inspector1").actor().set_person_id("p-san-crew");
  EXPECT_EQ(crew.When(kPost, Answer(kPost)).code(), Code::kPermissionDenied);

  RuleCase pre = Opened(kPre, [&] { return open.set_kind(v1::CHECK_KIND_PRE), open; }());
  EXPECT_TRUE(pre.As("inspector1").When(kPre, Answer(kPre)).ok());
}

TEST(Answers, ADeviceOfTheHandlingIsRefusedWithinTheHour) {
  for (const auto& [after_feedback, refused] :
       {std::pair{minutes(60), true}, {minutes(61), false}}) {
    const base::Time taken_at = kSampleNow - minutes(30) + after_feedback;
    v1::AnswerCheck answer = Answer(kPost, taken_at);
    answer.mutable_evidence(0)->set_device_id("phone-9");
    RuleCase test = Opened(kPost, PostOpen());
    EXPECT_EQ(test.At(taken_at).As("inspector1").When(kPost, answer).code(),
              refused ? Code::kPermissionDenied : Code::kOk);
    RuleCase hand = Opened(kPost, PostOpen());
    hand.At(taken_at).As("inspector1").actor().set_device_id("phone-9");
    EXPECT_EQ(hand.When(kPost, Answer(kPost, taken_at)).code(),
              refused ? Code::kPermissionDenied : Code::kOk);
  }
}

// ---- withdrawal, and the two axes ----

TEST(Withdrawal, EndsAnOpenCheckAndNothingElse) {
  v1::WithdrawCheck withdraw;
  withdraw.set_reason("voided");
  RuleCase test = Opened(kPost, PostOpen());
  ASSERT_TRUE(test.When("r9/c1/k1", withdraw).ok());
  EXPECT_TRUE(test.events().empty());
  ASSERT_TRUE(test.When(kPost, withdraw).ok());
  EXPECT_EQ(test.Kinds(), Kinds{"CheckWithdrawn"});
  EXPECT_EQ(test.Due(kPost), std::nullopt);
  EXPECT_EQ(test.As("inspector1").When(kPost, Answer(kPost)).code(), Code::kFailedPrecondition);

  RuleCase answered = Opened(kPost, PostOpen());
  ASSERT_TRUE(answered.As("inspector1").When(kPost, Answer(kPost)).ok());
  ASSERT_TRUE(answered.AsReaction().When(kPost, withdraw).ok());
  EXPECT_TRUE(answered.events().empty());
}

TEST(Axes, EveryCommandFromEveryAxis) {
  const std::pair<const char*, bool> posts[] = {
      {"inspector1", true}, {"team", true},      {"dispatcher", false}, {"san-clerk", false},
      {"san-crew", false},  {"assessor", false}, {"base-clerk", false}};
  for (const auto& [post, may_answer] : posts) {
    RuleCase test = Opened(kPost, PostOpen());
    test.As(post);
    EXPECT_EQ(test.When("r2/k1", PreOpen()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(test.When(kPost, v1::WithdrawCheck()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(test.When(kPost, v1::ExpireCheck()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(test.When(kPost, Answer(kPost)).code(),
              may_answer ? Code::kOk : Code::kPermissionDenied)
        << post;
  }
  RuleCase test = Opened(kPost, PostOpen());
  EXPECT_EQ(test.AsReaction().When(kPost, Answer(kPost)).code(), Code::kPermissionDenied);
}

}  // namespace
}  // namespace wanmi::verification
