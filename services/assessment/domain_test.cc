#include "services/assessment/domain.h"

#include <gtest/gtest.h>

#include "services/assessment/service.h"
#include "testkit/rule_case.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::assessment {
namespace {

using base::Code;
using testkit::RuleCase;
using IntakeEvent = intake::v1::Event;
using Kinds = std::vector<std::string>;

constexpr char kCase[] = "r1/c1";

intake::v1::CaseFiled Filed() {
  intake::v1::CaseFiled filed;
  filed.set_number("3707052026031100001");
  filed.set_filed_at_us(100);
  *filed.mutable_place() = testkit::SamplePlace();
  *filed.mutable_class_ref() = testkit::SampleClass("event/01-10");
  return filed;
}

intake::v1::CaseClosed Closed() {
  intake::v1::CaseClosed closed;
  closed.set_number("3707052026031100001");
  closed.set_filed_at_us(100);
  closed.set_closed_at_us(900);
  closed.set_source("12345");
  *closed.mutable_place() = testkit::SamplePlace();
  *closed.mutable_class_ref() = testkit::SampleClass("event/01-10");
  auto& handling = *closed.mutable_handling();
  handling.set_unit_id("cleanco");
  handling.set_accountable_unit("sanitation");
  handling.set_outcome(intake::v1::OUTCOME_DONE);
  handling.set_round(1);
  handling.set_units_tried(1);
  handling.set_on_time(true);
  handling.set_dispatched_at_us(200);
  handling.set_feedback_at_us(500);
  handling.set_due_at_us(600);
  return closed;
}

v1::ScoreRow Score(const intake::v1::CaseClosed& closed) {
  RuleCase test(Define());
  EXPECT_TRUE(test.WhenHeard<IntakeEvent>("intake", kCase, closed).empty());
  return test.Then<v1::CaseScored>().row();
}

TEST(CountFiled, CountsACaseOnce) {
  RuleCase test(Define());
  EXPECT_TRUE(test.WhenHeard<IntakeEvent>("intake", kCase, Filed()).empty());
  const auto counted = test.Then<v1::CaseCounted>();
  EXPECT_EQ(counted.number(), "3707052026031100001");
  EXPECT_EQ(counted.street_code(), "370705001");
  EXPECT_EQ(counted.district_code(), "370705");
  EXPECT_EQ(counted.filed_at_us(), 100);
  EXPECT_EQ(counted.class_ref().code(), "event/01-10");
  EXPECT_TRUE(test.WhenHeard<IntakeEvent>("intake", kCase, Filed()).empty());
  EXPECT_TRUE(test.Kinds().empty());
}

TEST(ScoreCase, MakesTheRowOfTheClosedCase) {
  const v1::ScoreRow row = Score(Closed());
  EXPECT_EQ(row.case_id(), kCase);
  EXPECT_EQ(row.number(), "3707052026031100001");
  EXPECT_EQ(row.unit_id(), "cleanco");
  EXPECT_EQ(row.accountable_unit(), "sanitation");
  EXPECT_EQ(row.street_code(), "370705001");
  EXPECT_EQ(row.source(), "12345");
  EXPECT_TRUE(row.on_time());
  EXPECT_TRUE(row.counts());
  EXPECT_EQ(row.rework(), 0);
  EXPECT_EQ(row.returns(), 0);
  EXPECT_FALSE(row.wrong_dispatch());
  EXPECT_EQ(row.filed_at_us(), 100);
  EXPECT_EQ(row.dispatched_at_us(), 200);
  EXPECT_EQ(row.feedback_at_us(), 500);
  EXPECT_EQ(row.due_at_us(), 600);
  EXPECT_EQ(row.closed_at_us(), 900);
}

TEST(ScoreCase, OnTimeIsTheLedgersWordAndNoTimeIsComparedAgain) {
  auto closed = Closed();
  closed.mutable_handling()->set_on_time(false);
  EXPECT_FALSE(Score(closed).on_time());
}

TEST(ScoreCase, NothingFoundDoesNotCount) {
  for (const auto outcome : {intake::v1::OUTCOME_DONE, intake::v1::OUTCOME_MADE_SAFE,
                             intake::v1::OUTCOME_NOTHING_FOUND, intake::v1::OUTCOME_CANNOT}) {
    auto closed = Closed();
    closed.mutable_handling()->set_outcome(outcome);
    EXPECT_EQ(Score(closed).counts(), outcome != intake::v1::OUTCOME_NOTHING_FOUND);
  }
}

TEST(ScoreCase, ReworkIsNeitherAPhaseNorAReturn) {
  struct {
    int round, phase, returns, rework;
  } const table[] = {{1, 0, 0, 0}, {3, 0, 0, 2}, {2, 1, 0, 0},
                     {2, 0, 1, 0}, {5, 1, 1, 2}, {0, 0, 0, 0}};
  for (const auto& line : table) {
    auto closed = Closed();
    closed.mutable_handling()->set_round(line.round);
    closed.mutable_handling()->set_phase(line.phase);
    closed.mutable_handling()->set_returns(line.returns);
    const v1::ScoreRow row = Score(closed);
    EXPECT_EQ(row.rework(), line.rework) << "round " << line.round;
    EXPECT_EQ(row.returns(), line.returns);
  }
}

TEST(ScoreCase, MoreThanOneUnitIsAWrongDispatch) {
  auto closed = Closed();
  closed.mutable_handling()->set_units_tried(2);
  EXPECT_TRUE(Score(closed).wrong_dispatch());
}

TEST(ScoreCase, WithoutAnAccountableUnitTheDisposerIs) {
  auto closed = Closed();
  closed.mutable_handling()->clear_accountable_unit();
  EXPECT_EQ(Score(closed).accountable_unit(), "cleanco");
}

TEST(Ends, AreFinal) {
  RuleCase scored(Define());
  scored.WhenHeard<IntakeEvent>("intake", kCase, Closed());
  EXPECT_TRUE(scored.WhenHeard<IntakeEvent>("intake", kCase, Closed()).empty());
  EXPECT_TRUE(scored.Kinds().empty()) << "a repeat gives nothing";
  const auto refusals = scored.WhenHeard<IntakeEvent>("intake", kCase, intake::v1::CaseVoided());
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].code(), Code::kFailedPrecondition);

  RuleCase voided(Define());
  intake::v1::CaseVoided voiding;
  voiding.set_reason("untrue");
  voided.WhenHeard<IntakeEvent>("intake", kCase, voiding);
  EXPECT_EQ(voided.Then<v1::CaseExempted>().reason(), "untrue");
  EXPECT_TRUE(voided.WhenHeard<IntakeEvent>("intake", kCase, voiding).empty());
  EXPECT_TRUE(voided.Kinds().empty());
  EXPECT_EQ(voided.WhenHeard<IntakeEvent>("intake", kCase, Closed()).size(), 1u);
  EXPECT_TRUE(voided.WhenHeard<IntakeEvent>("intake", kCase, Filed()).empty());
  EXPECT_TRUE(voided.Kinds().empty()) << "an ended case is not counted again";
}

TEST(Axes, NobodyMayCallAnyCommand) {
  for (const char* post : {"acceptor", "leader", "inspector1", "dispatcher", "san-clerk",
                           "san-leader", "assessor", "base-clerk", "gateway"}) {
    RuleCase test(Define());
    test.As(post);
    v1::ScoreCase score;
    *score.mutable_closed() = Closed();
    v1::CountFiled count;
    *count.mutable_filed() = Filed();
    EXPECT_EQ(test.When(kCase, score).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(test.When(kCase, v1::ScoreVoid()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(test.When(kCase, count).code(), Code::kPermissionDenied) << post;
  }
}

TEST(Axes, NoCommandHasATargetForAClient) {
  v1::Command command;
  command.mutable_score_case();
  EXPECT_EQ(Target(command), "");
}

}  // namespace
}  // namespace wanmi::assessment
