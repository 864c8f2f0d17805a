// What may arrive in either order, from two upstreams or from an upstream and a person: what
// dispatch decides first wins, the late one gives nothing, and the states are equal at the end.
#include <functional>

#include "services/dispatch/case_test.h"

namespace wanmi::dispatch {
namespace {

using base::Code;
using testkit::kSampleNow;

using Step = std::function<void(DispatchCase&)>;

const Step kVoid = [](DispatchCase& city) { EXPECT_TRUE(city.Voided().empty()); };
Step FeedbackOf(int round) {
  return [round](DispatchCase& city) {
    EXPECT_TRUE(city.Feedback(round, kSampleNow + hours(1)).empty());
  };
}
Step ReturnOf(int round) {
  return [round](DispatchCase& city) {
    EXPECT_TRUE(city.ReturnAsked(round, kSampleNow + hours(1)).empty());
  };
}
Step CheckFailure(int number) {
  return [number](DispatchCase& city) { EXPECT_TRUE(city.CheckFails(number).empty()); };
}

// The state after both orders, which must be one.
void ExpectSameEnd(const Step& given, const Step& one, const Step& other) {
  DispatchCase first, second;
  given(first), given(second);
  one(first), other(first);
  EXPECT_TRUE(first.events().empty() || first.Stage() == state::STAGE_ENDED);
  other(second), one(second);
  EXPECT_EQ(first.Now().SerializeAsString(), second.Now().SerializeAsString())
      << first.Now().ShortDebugString() << "\n"
      << second.Now().ShortDebugString();
  EXPECT_EQ(first.Due(kCase), second.Due(kCase));
  EXPECT_EQ(first.Row().state(), second.Row().state());
  EXPECT_EQ(first.Listed("", "roads"), second.Listed("", "roads"));
}

const Step kInDisposal = [](DispatchCase& city) { city.Filed("component/01-01"); };
const Step kChecking = [](DispatchCase& city) {
  city.Filed("component/01-01");
  city.Feedback(1, kSampleNow + hours(1));
  EXPECT_TRUE(city.Pass().ok());
};

TEST(Crossings, TheEndOfTheCaseAgainstAFeedback) {
  ExpectSameEnd(kInDisposal, kVoid, FeedbackOf(1));
}
TEST(Crossings, TheEndOfTheCaseAgainstAFeedbackThatNeedsNoDispatcher) {
  ExpectSameEnd([](DispatchCase& city) { city.Filed("event/01-10"); }, kVoid, FeedbackOf(1));
}
TEST(Crossings, TheEndOfTheCaseAgainstAReturn) { ExpectSameEnd(kInDisposal, kVoid, ReturnOf(1)); }
TEST(Crossings, TheEndOfTheCaseAgainstAFailedCheck) {
  ExpectSameEnd(kChecking, kVoid, CheckFailure(1));
}

TEST(Crossings, AfterTheEndNothingIsDecided) {
  DispatchCase city;
  kChecking(city);
  kVoid(city);
  for (const auto& late : {FeedbackOf(1), ReturnOf(1), CheckFailure(1), kVoid,
                           Step([](DispatchCase& c) { c.PhaseEnds(0); }),
                           Step([](DispatchCase& c) { c.Filed("component/01-01"); }),
                           Step([](DispatchCase& c) { c.Closed(); })}) {
    late(city);
    EXPECT_TRUE(city.events().empty());
  }
  EXPECT_EQ(city.Dispatch("roads").code(), Code::kFailedPrecondition);
  EXPECT_EQ(city.Pass().code(), Code::kFailedPrecondition);
  EXPECT_EQ(city.SendBack().code(), Code::kFailedPrecondition);
  EXPECT_EQ(city.DecideReturn(true).code(), Code::kFailedPrecondition);
  EXPECT_EQ(city.Due(kCase), std::nullopt);
}

TEST(Crossings, ReturnAndFeedbackOfOneWorkTheFirstWins) {
  DispatchCase feedback_first;
  kInDisposal(feedback_first);
  FeedbackOf(1)(feedback_first);
  ReturnOf(1)(feedback_first);
  EXPECT_TRUE(feedback_first.events().empty());
  EXPECT_EQ(feedback_first.Stage(), state::STAGE_FEEDBACK);

  DispatchCase return_first;
  kInDisposal(return_first);
  ReturnOf(1)(return_first);
  FeedbackOf(1)(return_first);
  EXPECT_TRUE(return_first.events().empty());
  EXPECT_EQ(return_first.Stage(), state::STAGE_RETURN_ASKED);
}

TEST(Crossings, AGrantedReturnAgainstAFeedbackOfThatRound) {
  DispatchCase city;
  kInDisposal(city);
  ReturnOf(1)(city);
  EXPECT_TRUE(city.DecideReturn(true).ok());
  FeedbackOf(1)(city);
  EXPECT_TRUE(city.events().empty());
  EXPECT_TRUE(city.Dispatch("heat").ok());
  FeedbackOf(1)(city);
  EXPECT_TRUE(city.events().empty()) << "of a round that has gone";
  ReturnOf(1)(city);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.Now().unit_id(), "heat");
}

TEST(Crossings, ARefusedReturnIsNotAskedAgainInThatRound) {
  DispatchCase city;
  kInDisposal(city);
  ReturnOf(1)(city);
  EXPECT_TRUE(city.DecideReturn(false).ok());
  ReturnOf(1)(city);
  EXPECT_TRUE(city.events().empty());
}

TEST(Crossings, SendingBackAgainstPassingTheFirstWins) {
  DispatchCase back;
  kInDisposal(back);
  FeedbackOf(1)(back);
  EXPECT_TRUE(back.SendBack().ok());
  EXPECT_EQ(back.Pass().code(), Code::kFailedPrecondition);
  EXPECT_EQ(back.Stage(), state::STAGE_DISPOSAL);
  FeedbackOf(1)(back);
  EXPECT_TRUE(back.events().empty()) << "the one that was sent back, heard again";
  EXPECT_TRUE(back.Feedback(1, kSampleNow + hours(2)).empty());
  EXPECT_EQ(back.Kinds(), Kinds{"FeedbackTaken"}) << "a new one of the same round";
}

TEST(Crossings, SendingBackAgainstTheEnd) {
  ExpectSameEnd(
      [](DispatchCase& city) {
        kInDisposal(city);
        FeedbackOf(1)(city);
      },
      kVoid, [](DispatchCase& city) { (void)city.SendBack(); });
}

TEST(Crossings, TheDeadlineAgainstAFeedbackGivenBeforeIt) {
  DispatchCase noticed;
  kInDisposal(noticed);
  noticed.At(Local("2026-03-11", 15, 1));
  EXPECT_TRUE(noticed.WhenDue(kCase).ok());
  noticed.Feedback(1, Local("2026-03-11", 14));
  EXPECT_TRUE(noticed.Then<v1::FeedbackTaken>().on_time()) << "the notice decides nothing";
  EXPECT_EQ(noticed.Then<v1::FeedbackTaken>().consumed_s(), 3 * 3600);
}

TEST(Crossings, AFailedCheckHeardAgainGivesNothing) {
  DispatchCase city;
  kChecking(city);
  CheckFailure(1)(city);
  EXPECT_EQ(city.Kinds(), Kinds{"CaseDispatched"});
  CheckFailure(1)(city);
  EXPECT_TRUE(city.events().empty());
  city.Feedback(2, kSampleNow + hours(2));
  EXPECT_TRUE(city.Pass().ok());
  CheckFailure(1)(city);
  EXPECT_TRUE(city.events().empty()) << "the check of the round before, while round 2 is looked at";
  CheckFailure(2)(city);
  EXPECT_EQ(city.Then<v1::CaseDispatched>().round(), 3);
}

TEST(Crossings, AFailedPreCheckIsNoneOfOurs) {
  DispatchCase city;
  kChecking(city);
  city.CheckFails(1, verification::v1::CHECK_KIND_PRE);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.Stage(), state::STAGE_CHECKING);
}

TEST(Crossings, APhaseThatEndedWhileItIsReworkedGivesNothing) {
  DispatchCase city;
  city.Filed("component/01-01", {kFourHours, kFourHours});
  city.Feedback(1, kSampleNow + hours(1));
  EXPECT_TRUE(city.Pass().ok());
  CheckFailure(1)(city);
  EXPECT_TRUE(city.PhaseEnds(0).empty());
  EXPECT_TRUE(city.events().empty());
}

}  // namespace
}  // namespace wanmi::dispatch
