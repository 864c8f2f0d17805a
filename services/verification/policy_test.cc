#include <gtest/gtest.h>

#include "services/verification/domain.h"
#include "services/verification/service.h"
#include "testkit/rule_case.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::verification {
namespace {

using testkit::kSampleNow;
using testkit::RuleCase;
using Kinds = std::vector<std::string>;
using IntakeEvent = intake::v1::Event;

intake::v1::PostCheckAsked PostAsked() {
  intake::v1::PostCheckAsked asked;
  asked.set_check("r1/c1/k2");
  *asked.mutable_class_ref() = testkit::SampleClass("event/01-10");
  *asked.mutable_place() = testkit::SamplePlace();
  asked.set_closing_condition("restored");
  auto& handling = *asked.mutable_handling();
  handling.set_unit_id("sanitation");
  handling.set_group_id("clean");
  handling.add_person_ids("p-san-crew");
  handling.add_device_ids("phone-9");
  handling.set_feedback_at_us(base::ToMicros(kSampleNow) - 1);
  return asked;
}

TEST(OnIntake, PreCheckAskedOpensAPreCheck) {
  RuleCase test(Define());
  intake::v1::PreCheckAsked asked;
  asked.set_check("r1/k1");
  *asked.mutable_place() = testkit::SamplePlace();
  asked.set_case_id("r1/c1");  // beside an urgent disposal
  EXPECT_TRUE(test.WhenHeard<IntakeEvent>("intake", "r1", asked).empty());
  EXPECT_EQ(test.Kinds(), (Kinds{"CheckOpened", "CheckAssigned"}));
  EXPECT_EQ(test.events()[0].stream, "r1/k1");
  EXPECT_EQ(test.Then<v1::CheckOpened>().kind(), v1::CHECK_KIND_PRE);
  EXPECT_EQ(test.Then<v1::CheckOpened>().about(), "r1");
  EXPECT_EQ(test.Then<v1::CheckOpened>().opened_at_us(), base::ToMicros(kSampleNow));
  EXPECT_TRUE(test.WhenHeard<IntakeEvent>("intake", "r1", asked).empty());
  EXPECT_TRUE(test.Kinds().empty()) << "a second time nothing";
}

TEST(OnIntake, PostCheckAskedCarriesWhoHasAnInterest) {
  RuleCase test(Define());
  EXPECT_TRUE(test.WhenHeard<IntakeEvent>("intake", "r1/c1", PostAsked()).empty());
  const auto opened = test.Then<v1::CheckOpened>();
  EXPECT_EQ(test.events()[0].stream, "r1/c1/k2");
  EXPECT_EQ(opened.kind(), v1::CHECK_KIND_POST);
  EXPECT_EQ(opened.about(), "r1/c1");
  EXPECT_EQ(opened.unit_id(), "sanitation");
  EXPECT_EQ(opened.group_id(), "clean");
  EXPECT_EQ(opened.person_ids(0), "p-san-crew");
  EXPECT_EQ(opened.device_ids(0), "phone-9");
  EXPECT_EQ(opened.feedback_at_us(), base::ToMicros(kSampleNow) - 1);
  EXPECT_EQ(opened.closing_condition(), "restored");
}

TEST(OnIntake, AVoidedCaseWithdrawsTheCheckThatItNames) {
  intake::v1::CaseVoided voided;
  voided.set_open_check("r1/c1/k2");
  RuleCase by_void(Define());
  by_void.WhenHeard<IntakeEvent>("intake", "r1/c1", PostAsked());
  EXPECT_TRUE(by_void.WhenHeard<IntakeEvent>("intake", "r1/c1", voided).empty());
  EXPECT_EQ(by_void.Kinds(), Kinds{"CheckWithdrawn"});
  EXPECT_TRUE(by_void.WhenHeard<IntakeEvent>("intake", "r1/c1", PostAsked()).empty());
  EXPECT_TRUE(by_void.Kinds().empty()) << "an ended check is not opened again";
}

// Beside an urgent case. Between the answer and the void the first decided wins.
TEST(OnIntake, AVoidedUrgentCaseWithdrawsThePreCheckThatItNames) {
  intake::v1::PreCheckAsked asked;
  asked.set_check("r1/k1");
  *asked.mutable_place() = testkit::SamplePlace();
  asked.set_case_id("r1/c1");
  intake::v1::CaseVoided voided;
  voided.set_pre_check("r1/k1");
  v1::AnswerCheck answer;
  answer.set_id("a1");
  answer.set_check("r1/k1");
  answer.set_passed(true);
  *answer.add_evidence() = testkit::SamplePicture(kSampleNow);

  RuleCase void_first(Define());
  void_first.WhenHeard<IntakeEvent>("intake", "r1", asked);
  EXPECT_TRUE(void_first.WhenHeard<IntakeEvent>("intake", "r1/c1", voided).empty());
  EXPECT_EQ(void_first.Kinds(), Kinds{"CheckWithdrawn"});
  EXPECT_EQ(void_first.Then<v1::CheckWithdrawn>().kind(), v1::CHECK_KIND_PRE);
  EXPECT_EQ(void_first.Then<v1::CheckWithdrawn>().about(), "r1");
  EXPECT_EQ(void_first.Due("r1/k1"), std::nullopt) << "no timer is left to run out";
  EXPECT_EQ(void_first.As("inspector1").When("r1/k1", answer).code(),
            base::Code::kFailedPrecondition);

  RuleCase answer_first(Define());
  answer_first.WhenHeard<IntakeEvent>("intake", "r1", asked);
  EXPECT_TRUE(answer_first.As("inspector1").When("r1/k1", answer).ok());
  EXPECT_TRUE(answer_first.WhenHeard<IntakeEvent>("intake", "r1/c1", voided).empty());
  EXPECT_TRUE(answer_first.Kinds().empty());
}

TEST(OnIntake, WithoutAnOpenCheckNothingIsWithdrawn) {
  RuleCase test(Define());
  test.WhenHeard<IntakeEvent>("intake", "r1/c1", PostAsked());
  test.WhenHeard<IntakeEvent>("intake", "r1/c1", intake::v1::CaseVoided());
  EXPECT_TRUE(test.Kinds().empty());
  test.WhenHeard<IntakeEvent>("intake", "r1/c1", intake::v1::CaseClosed());
  EXPECT_TRUE(test.Kinds().empty());
  EXPECT_TRUE(test.Due("r1/c1/k2").has_value());
}

}  // namespace
}  // namespace wanmi::verification
