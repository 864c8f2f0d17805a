// What the command centre decided against what a department does at the same time, in either order.
#include "services/handling/work_test.h"

namespace wanmi::handling {
namespace {

using base::Code;

TEST(Crossings, TheEndOfTheCaseAgainstAFeedback) {
  HandlingCase feedback_first;
  feedback_first.Dispatched();
  EXPECT_TRUE(feedback_first.Give().ok());
  feedback_first.Ended();
  EXPECT_EQ(feedback_first.Stage(), state::STAGE_WITHDRAWN) << "it was not passed on yet";
  HandlingCase end_first;
  end_first.Dispatched();
  end_first.Ended();
  EXPECT_EQ(end_first.Then<v1::WorkWithdrawn>().reason(), "voided");
  EXPECT_TRUE(end_first.OpenOf("roads").empty());
  EXPECT_EQ(end_first.Give().code(), Code::kFailedPrecondition);
  EXPECT_EQ(end_first.Accept().code(), Code::kFailedPrecondition);
  EXPECT_EQ(end_first.Assign("road-crew").code(), Code::kFailedPrecondition);
  EXPECT_EQ(end_first.AskReturn().code(), Code::kFailedPrecondition);
}

TEST(Crossings, TheEndOfTheCaseAgainstAReturn) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_TRUE(city.AskReturn().ok());
  city.Ended();
  EXPECT_EQ(city.Stage(), state::STAGE_WITHDRAWN);
  EXPECT_TRUE(city.ReturnDecided(true).empty());
  EXPECT_TRUE(city.events().empty());
}

TEST(Crossings, SettledWorkIsNotWithdrawn) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_TRUE(city.Give().ok());
  city.Passed(kSampleNow);
  EXPECT_EQ(city.Stage(), state::STAGE_SETTLED);
  EXPECT_TRUE(city.Ended().empty());
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.Row().state(), "settled");
}

TEST(Crossings, AnAssignmentThatEndedBeforeADispatchConcernsNoWork) {
  HandlingCase city;
  EXPECT_TRUE(city.Ended(0).empty());
  EXPECT_TRUE(city.events().empty());
}

TEST(Crossings, AnAnswerToAnEarlierFeedbackOfTheRoundSettlesNothing) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_TRUE(city.Give().ok());
  city.SentBack(kSampleNow);
  EXPECT_EQ(city.Then<v1::FeedbackSettled>().reason(), "no picture of the whole place");
  EXPECT_TRUE(city.Give().ok());
  const int64_t second_us = city.Then<v1::FeedbackGiven>().feedback_at_us();
  EXPECT_GT(second_us, Us(kSampleNow)) << "two of one round never have one time";
  city.SentBack(kSampleNow);
  EXPECT_TRUE(city.events().empty()) << "heard again";
  EXPECT_EQ(city.Stage(), state::STAGE_FEEDBACK);
  city.Passed(base::FromMicros(second_us));
  EXPECT_EQ(city.Stage(), state::STAGE_SETTLED);
  city.Passed(base::FromMicros(second_us));
  EXPECT_TRUE(city.events().empty());
}

TEST(Crossings, ARefusedReturnHeardAgainAfterAFeedbackGivesNothing) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_TRUE(city.AskReturn().ok());
  city.ReturnDecided(false);
  EXPECT_TRUE(city.Give().ok());
  city.ReturnDecided(false);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.Stage(), state::STAGE_FEEDBACK);
}

TEST(Crossings, AcceptanceAgainstTheDutyTimer) {
  HandlingCase climbed;
  climbed.Dispatched("roads", true);
  climbed.At(kSampleNow + minutes(5));
  EXPECT_TRUE(climbed.WhenDue(kWork1).ok());
  EXPECT_TRUE(climbed.Accept("road-clerk").ok())
      << "the one who was called first may still take it";
  HandlingCase asked;
  asked.Dispatched("roads", true);
  EXPECT_TRUE(asked.AskReturn().ok());
  EXPECT_EQ(asked.Due(kWork1), std::nullopt) << "asking a return acknowledges";
}

}  // namespace
}  // namespace wanmi::handling
