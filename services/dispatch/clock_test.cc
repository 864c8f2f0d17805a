// Whose time is it, and when is it used up: rework, sending back, returns and deadlines.
#include "services/dispatch/case_test.h"

namespace wanmi::dispatch {
namespace {

using base::Code;
using testkit::kSampleNow;

// ---- C5: whose time is it ----

TEST(Clock, AFailedCheckRunsOnWithWhatWasLeft) {
  DispatchCase city;
  city.Filed("component/01-01");  // Wednesday 09:00, 4 working hours: due 15:00
  city.At(Local("2026-03-11", 11, 5)).Feedback(1, Local("2026-03-11", 11));
  EXPECT_EQ(city.Then<v1::FeedbackTaken>().consumed_s(), 2 * 3600);
  EXPECT_TRUE(city.Then<v1::FeedbackTaken>().on_time());
  EXPECT_TRUE(city.At(Local("2026-03-11", 16)).Pass().ok());
  EXPECT_EQ(city.Due(kCase), std::nullopt) << "the clock stands while the check is open";
  city.At(Local("2026-03-12", 10)).CheckFails(1);
  const auto rework = city.Then<v1::CaseDispatched>();
  EXPECT_TRUE(rework.rework());
  EXPECT_EQ(rework.round(), 2);
  EXPECT_EQ(rework.unit_id(), "roads");
  EXPECT_EQ(rework.budget_s(), 2 * 3600);
  EXPECT_EQ(base::FromMicros(rework.due_at_us()), Local("2026-03-12", 12));
  EXPECT_EQ(rework.return_window_until_us(), 0) << "rework cannot be returned";
  EXPECT_EQ(rework.lines(0).why(),
            "the limit 'clear' is 4 working hours; 2 h 0 min were used before, 2 h 0 min are left");
}

TEST(Clock, ReworkOfReworkNeverGetsANewLimit) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.Feedback(1, Local("2026-03-11", 11));
  EXPECT_TRUE(city.Pass().ok());
  city.At(Local("2026-03-12", 10)).CheckFails(1);
  city.At(Local("2026-03-12", 11, 30)).Feedback(2, Local("2026-03-12", 11, 30));
  EXPECT_TRUE(city.Pass().ok());
  city.At(Local("2026-03-13", 9)).CheckFails(2);
  EXPECT_EQ(city.Then<v1::CaseDispatched>().budget_s(), 30 * 60);
  EXPECT_EQ(city.DueAt(), Local("2026-03-13", 9, 30));
}

TEST(Clock, WithNothingLeftReworkIsLateAtOnceAndNoticedOnce) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.At(Local("2026-03-11", 15)).Feedback(1, Local("2026-03-11", 15));
  EXPECT_TRUE(city.Then<v1::FeedbackTaken>().on_time()) << "at the deadline is in time";
  EXPECT_TRUE(city.Pass().ok());
  city.At(Local("2026-03-12", 10)).CheckFails(1);
  EXPECT_EQ(city.Then<v1::CaseDispatched>().budget_s(), 0);
  EXPECT_EQ(city.DueAt(), Local("2026-03-12", 10));
  EXPECT_TRUE(city.WhenDue(kCase).ok());
  EXPECT_EQ(city.Kinds(), Kinds{"DeadlinePassed"});
  EXPECT_EQ(city.Due(kCase), std::nullopt);
  city.Feedback(2, Local("2026-03-12", 10, 1));
  EXPECT_FALSE(city.Then<v1::FeedbackTaken>().on_time());
}

TEST(Clock, AFeedbackSentBackCountsAsNeverGiven) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.At(Local("2026-03-11", 10)).Feedback(1, Local("2026-03-11", 10));
  EXPECT_EQ(city.Due(kCase), std::nullopt);
  EXPECT_TRUE(city.At(Local("2026-03-11", 14, 30)).SendBack().ok());
  const auto back = city.Then<v1::FeedbackSentBack>();
  EXPECT_EQ(back.feedback_at_us(), Us(Local("2026-03-11", 10)));
  EXPECT_EQ(base::FromMicros(back.due_at_us()), Local("2026-03-11", 15)) << "as before";
  EXPECT_EQ(city.Due(kCase), Local("2026-03-11", 15));
  EXPECT_EQ(city.Now().ledger().consumed_s(), 0);
  EXPECT_EQ(city.Now().ledger().standing_since_us(), 0) << "it runs";
  city.At(Local("2026-03-11", 14, 45)).Feedback(1, Local("2026-03-11", 14, 45));
  EXPECT_EQ(city.Then<v1::FeedbackTaken>().consumed_s(), 3 * 3600 + 45 * 60);
}

TEST(Clock, OnTimeIsOfTheFeedbacksOwnTime) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.At(Local("2026-03-11", 17)).Feedback(1, Local("2026-03-11", 14, 59));
  EXPECT_TRUE(city.Then<v1::FeedbackTaken>().on_time()) << "heard late, given in time";
  DispatchCase late;
  late.Filed("component/01-01");
  late.Feedback(1, Local("2026-03-11", 15) + base::Span(1));
  EXPECT_FALSE(late.Then<v1::FeedbackTaken>().on_time());
  EXPECT_EQ(late.Now().ledger().consumed_s(), 4 * 3600);
}

TEST(Clock, OverdueIsWhatLiesWithTheUnitBehindItsDeadline) {
  DispatchCase city;
  city.Filed("component/01-01");
  EXPECT_EQ(city.Gauges().at("wanmi_dispatch_open_cases disposal"), 1);
  EXPECT_EQ(city.Gauges().at("wanmi_dispatch_overdue_cases roads"), 0);
  city.At(city.DueAt() + base::Span(1));
  EXPECT_EQ(city.Gauges().at("wanmi_dispatch_overdue_cases roads"), 1);
  city.Feedback(1, Local("2026-03-11", 15));
  EXPECT_EQ(city.Gauges().at("wanmi_dispatch_open_cases feedback"), 1);
  EXPECT_EQ(city.Gauges().at("wanmi_dispatch_overdue_cases roads"), 0) << "the unit has done it";
}

// ---- returns ----

TEST(Return, GrantedCostsNothingAndTheNextUnitGetsItsFullLimit) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.At(Local("2026-03-11", 10, 30)).ReturnAsked(1, Local("2026-03-11", 10, 30));
  EXPECT_EQ(city.Kinds(), Kinds{"ReturnTaken"});
  EXPECT_TRUE(city.Then<v1::ReturnTaken>().within_window());
  EXPECT_EQ(city.Listed("return_asked"), Kinds{kCase});
  EXPECT_TRUE(city.At(Local("2026-03-11", 11)).DecideReturn(true).ok());
  EXPECT_EQ(city.Then<v1::ReturnGranted>().unit_id(), "roads");
  EXPECT_EQ(city.Stage(), state::STAGE_UNMATCHED) << "the same unit is not proposed again";
  EXPECT_EQ(city.Due(kCase), std::nullopt);
  EXPECT_EQ(city.Row().lines_size(), 0);
  EXPECT_TRUE(city.Dispatch("heat").ok());
  EXPECT_EQ(city.Then<v1::CaseDispatched>().budget_s(), 4 * 3600);
  EXPECT_EQ(city.DueAt(), Local("2026-03-11", 17));
}

TEST(Return, TheSameUnitAgainNeedsAReasonAndHasWhatItHad) {
  DispatchCase city;
  city.Filed("component/01-01", kTwoPhases, false);
  city.At(kSampleNow + hours(1)).ReturnAsked(1, kSampleNow + hours(1));
  EXPECT_TRUE(city.DecideReturn(true).ok());
  EXPECT_EQ(city.Dispatch("roads").code(), Code::kInvalidArgument);
  EXPECT_TRUE(city.Dispatch("roads", "the street office has ruled so").ok());
  EXPECT_EQ(city.Then<v1::CaseDispatched>().budget_s(), 2 * 3600) << "its hour cost nothing";
  EXPECT_EQ(city.Now().units_tried_size(), 1);
}

TEST(Return, RefusedCostsEverything) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.At(Local("2026-03-11", 10)).ReturnAsked(1, Local("2026-03-11", 10));
  EXPECT_EQ(city.Due(kCase), Local("2026-03-11", 15)) << "the clock does not stand";
  EXPECT_EQ(city.DecideReturn(false, "").code(), Code::kInvalidArgument);
  EXPECT_TRUE(city.At(Local("2026-03-11", 14)).DecideReturn(false).ok());
  EXPECT_EQ(city.Kinds(), Kinds{"ReturnRefused"});
  EXPECT_EQ(city.DueAt(), Local("2026-03-11", 15));
  city.Feedback(1, Local("2026-03-11", 14, 30));
  EXPECT_EQ(city.Then<v1::FeedbackTaken>().consumed_s(), 3 * 3600 + 30 * 60);
}

TEST(Return, AfterItsWindowItIsRefusedByItself) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.ReturnAsked(1, Local("2026-03-11", 11) + base::Span(1));
  EXPECT_EQ(city.Kinds(), (Kinds{"ReturnTaken", "ReturnRefused"}));
  EXPECT_FALSE(city.Then<v1::ReturnTaken>().within_window());
  EXPECT_EQ(city.Stage(), state::STAGE_DISPOSAL);
  EXPECT_EQ(city.DecideReturn(true).code(), Code::kFailedPrecondition);
}

TEST(Return, AProposalOfAnotherUnitStays) {
  DispatchCase city;
  city.Filed("event/03-11");
  EXPECT_TRUE(city.Dispatch("roads", "they spilled it").ok());
  city.ReturnAsked(1, kSampleNow);
  EXPECT_TRUE(city.DecideReturn(true).ok());
  EXPECT_EQ(city.Stage(), state::STAGE_PROPOSED);
  EXPECT_EQ(city.Row().proposed_unit(), "sanitation");
}

// ---- deadlines ----

TEST(Deadline, IsNoticedOnce) {
  DispatchCase city;
  city.Filed("component/01-01");
  EXPECT_EQ(city.WhenDue(kCase).code(), Code::kFailedPrecondition) << "not due yet";
  EXPECT_TRUE(city.Deadline(Us(Local("2026-03-11", 15))).ok());
  EXPECT_TRUE(city.events().empty()) << "decided again: it has not passed";
  city.At(Local("2026-03-11", 15, 1));
  EXPECT_TRUE(city.WhenDue(kCase).ok());
  const auto passed = city.Then<v1::DeadlinePassed>();
  EXPECT_EQ(passed.stage(), "disposal");
  EXPECT_EQ(passed.deadline_us(), Us(Local("2026-03-11", 15)));
  EXPECT_EQ(passed.noticed_at_us(), Us(Local("2026-03-11", 15, 1)));
  EXPECT_EQ(passed.unit_id(), "roads");
  EXPECT_TRUE(city.Row().overdue());
  EXPECT_EQ(city.Due(kCase), std::nullopt);
  city.Feedback(1, Local("2026-03-11", 16));
  EXPECT_TRUE(city.SendBack().ok());
  EXPECT_EQ(city.Due(kCase), std::nullopt) << "the same deadline again";
}

TEST(Deadline, OfAClockThatStandsOrAnotherOneIsNotNoticed) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.At(Local("2026-03-11", 16));
  EXPECT_TRUE(city.Deadline(Us(Local("2026-03-11", 14))).ok());
  EXPECT_TRUE(city.events().empty());
  city.Feedback(1, Local("2026-03-11", 14));
  EXPECT_TRUE(city.Deadline(Us(Local("2026-03-11", 15))).ok());
  EXPECT_TRUE(city.events().empty());
}

}  // namespace
}  // namespace wanmi::dispatch
