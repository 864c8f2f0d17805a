// PostChecks, phases, closing, voiding, urging; and what crosses.
#include "rules/rulebook_rows.h"
#include "services/intake/sample_test.h"

namespace wanmi::intake::testing {
namespace {

v1::Close CloseOf(bool met = true) {
  v1::Close close;
  close.set_id("close");
  close.set_closing_condition_met(met);
  return close;
}
v1::AskVoid VoidOf(std::string_view reason = "untrue") {
  v1::AskVoid ask;
  ask.set_id("ask");
  ask.set_reason(std::string(reason));
  return ask;
}
v1::GrantVoid GrantOf() {
  v1::GrantVoid grant;
  grant.set_id("grant");
  return grant;
}
v1::RefuseVoid RefuseOf(std::string_view reason = "it is true") {
  v1::RefuseVoid refuse;
  refuse.set_id("refuse");
  refuse.set_reason(std::string(reason));
  return refuse;
}

TEST(PostCheckTest, IsAskedForOncePerRound) {
  IntakeCase city;
  city.Filed("r1");
  auto passed = FeedbackOf(1);
  for (int i = 0; i < 25; ++i) {
    *passed.mutable_handling()->add_evidence() = testkit::SamplePicture(testkit::kSampleNow);
  }
  city.Feedback("r1/c1", passed);
  EXPECT_EQ(city.Kinds(), Kinds{"PostCheckAsked"});
  EXPECT_EQ(city.Then<v1::PostCheckAsked>().check(), "r1/c1/k1");
  EXPECT_EQ(city.Then<v1::PostCheckAsked>().closing_condition(), "restored");
  EXPECT_EQ(city.Then<v1::PostCheckAsked>().handling().evidence_size(), 20);
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "checking");
  city.Feedback("r1/c1", passed);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.WhenHeard<dispatch::v1::Event>("dispatch", "r9/c1", passed)[0].code(),
            base::Code::kNotFound);
}

TEST(PostCheckTest, FailedGoesBackAndTheOlderRoundIsPast) {
  IntakeCase city;
  city.Filed("r1").Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", false);
  EXPECT_EQ(city.Kinds(), Kinds{"PostCheckNoted"});
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "filed");
  city.PostCheck("r1/c1/k1", false);
  EXPECT_TRUE(city.events().empty());
  city.Feedback("r1/c1", FeedbackOf(1));
  EXPECT_TRUE(city.events().empty());
  city.Feedback("r1/c1", FeedbackOf(2));
  EXPECT_EQ(city.Then<v1::PostCheckAsked>().check(), "r1/c1/k2");
  city.Feedback("r1/c1", FeedbackOf(1));  // of an older round
  EXPECT_TRUE(city.events().empty());
  city.PostCheck("r1/c1/k1", true);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "checking");
}

TEST(PostCheckTest, OfAPhaseEndsThePhase) {
  IntakeCase city;
  city.Filed("r1", "component/01-01");
  city.Feedback("r1/c1", FeedbackOf(1, false, v1::OUTCOME_MADE_SAFE)).PostCheck("r1/c1/k1", true);
  EXPECT_EQ(city.Kinds(), (Kinds{"PostCheckNoted", "PhaseEnded"}));
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "filed");
  city.Feedback("r1/c1", FeedbackOf(2)).PostCheck("r1/c1/k2", true);
  EXPECT_EQ(city.Kinds(), Kinds{"PostCheckNoted"});
  EXPECT_EQ(city.Under(), "");
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "awaiting_close");
}

TEST(PostCheckTest, OfNothingFoundEndsDisposalInAnyPhase) {
  IntakeCase city;
  city.Filed("r1", "component/01-01");
  city.Feedback("r1/c1", FeedbackOf(1, false, v1::OUTCOME_NOTHING_FOUND))
      .PostCheck("r1/c1/k1", true);
  EXPECT_EQ(city.Kinds(), Kinds{"PostCheckNoted"});
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "awaiting_close");
}

TEST(PostCheckTest, ExpiredWaitsForTheSameCheck) {
  IntakeCase city;
  city.Filed("r1", "component/01-01", "2").Feedback("r1/c1", FeedbackOf(1));
  city.Check<verification::v1::CheckExpired>("r1/c1/k1", verification::v1::CHECK_KIND_POST);
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "checking");
  EXPECT_TRUE(city.CaseRow("r1/c1").check_expired());
  city.Check<verification::v1::CheckExpired>("r1/c1/k1", verification::v1::CHECK_KIND_POST);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", CloseOf()), base::Code::kFailedPrecondition);
  city.PostCheck("r1/c1/k1", true);  // the desk looked at last
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "awaiting_close");
  EXPECT_FALSE(city.CaseRow("r1/c1").check_expired());
}

TEST(CloseTest, IsForTheShiftLeaderAfterThePassedCheck) {
  IntakeCase city;
  city.Filed("r1", "component/01-01", "2");
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", CloseOf()), base::Code::kFailedPrecondition);
  city.Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  EXPECT_EQ(city.CodeOf("acceptor", "r1/c1", CloseOf()), base::Code::kPermissionDenied);
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", CloseOf(false)), base::Code::kFailedPrecondition);
  city.Do("leader", "r1/c1", CloseOf());
  const auto closed = city.Then<v1::CaseClosed>();
  EXPECT_EQ(closed.number(), "3707052026031100000");
  EXPECT_EQ(closed.handling().unit_id(), "sanitation");
  EXPECT_EQ(closed.source(), "inspector");
  EXPECT_EQ(closed.closed_at_us(), base::ToMicros(testkit::kSampleNow));
  EXPECT_TRUE(closed.counts_as_found());
  EXPECT_EQ(closed.reports(0), "r1");
  EXPECT_EQ(closed.signed_by_post(), "");
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "closed");
  city.Do("leader2", "r1/c1", CloseOf());  // already so
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.CodeOf("leader", "r9/c1", CloseOf()), base::Code::kNotFound);
}

TEST(CloseTest, IsDoneByASignedWhiteListInTheSameDecision) {
  IntakeCase city;
  city.Filed("r1").Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  EXPECT_EQ(city.Kinds(), (Kinds{"PostCheckNoted", "CaseClosed"}));
  EXPECT_EQ(city.Then<v1::CaseClosed>().white_list(), "auto-close");
  EXPECT_EQ(city.Then<v1::CaseClosed>().signed_by_post(), "leader");
  EXPECT_EQ(city.Under(), "auto-close, signed by leader of sup");
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "closed");
}

TEST(CloseTest, WhiteListOfTheWrongAxisClosesNothing) {
  IntakeCase city;
  rulebook::v1::Item item;
  item.set_key("auto-close");
  item.mutable_white_list()->set_what("close");
  item.mutable_white_list()->set_signed_by_post("dispatcher");
  const auto key = rules::rulebook_rows::VersionKey("white_lists", "city", 1).Tail("auto-close");
  rules::rulebook_rows::kItems.Put(city.rulebook(), key, item);
  city.Filed("r1").Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  EXPECT_EQ(city.Kinds(), Kinds{"PostCheckNoted"});
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "awaiting_close");
}

TEST(CloseTest, WaitsWhileAVoidIsAsked) {
  IntakeCase city;
  city.Filed("r1").Do("dispatcher", "r1/c1", VoidOf());
  city.Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  EXPECT_EQ(city.Kinds(), Kinds{"PostCheckNoted"});  // no white list closes over a void
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", CloseOf()), base::Code::kFailedPrecondition);
  city.Do("leader", "r1/c1", RefuseOf()).Do("leader", "r1/c1", CloseOf());
  EXPECT_EQ(city.Kinds(), Kinds{"CaseClosed"});
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", VoidOf()), base::Code::kFailedPrecondition);
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", GrantOf()), base::Code::kFailedPrecondition);
}

TEST(VoidTest, NeedsTwoPersons) {
  IntakeCase city;
  city.Filed("r1");
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", GrantOf()),
            base::Code::kFailedPrecondition);  // not asked
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", VoidOf("")), base::Code::kInvalidArgument);
  city.Do("leader", "r1/c1", VoidOf());
  EXPECT_TRUE(city.CaseRow("r1/c1").void_asked());
  EXPECT_EQ(city.CodeOf("acceptor", "r1/c1", VoidOf()), base::Code::kFailedPrecondition);
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", GrantOf()), base::Code::kPermissionDenied);
  // Nor in another post that the same person holds.
  city.As("leader2").actor().set_person_id("p-leader");
  EXPECT_EQ(city.When("r1/c1", GrantOf()).code(), base::Code::kPermissionDenied);
  city.Do("leader2", "r1/c1", GrantOf());
  EXPECT_EQ(city.Then<v1::CaseVoided>().reason(), "untrue");
  EXPECT_EQ(city.Then<v1::CaseVoided>().reports(0), "r1");
  EXPECT_EQ(city.Then<v1::CaseVoided>().open_check(), "");
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "voided");
  EXPECT_FALSE(city.CaseRow("r1/c1").void_asked());
  city.Do("leader2", "r1/c1", GrantOf());
  EXPECT_TRUE(city.events().empty());
}

TEST(VoidTest, IsGrantedFromEachOpenState) {
  IntakeCase city;
  city.Filed("r1", "component/01-01", "2").Feedback("r1/c1", FeedbackOf(1));
  city.Do("acceptor", "r1/c1", VoidOf()).Do("leader", "r1/c1", GrantOf());
  EXPECT_EQ(city.Then<v1::CaseVoided>().open_check(), "r1/c1/k1");  // nobody need go there
  city.Filed("r2", "component/01-01", "2")
      .Feedback("r2/c1", FeedbackOf(1))
      .PostCheck("r2/c1/k1", true);
  city.Do("acceptor", "r2/c1", VoidOf()).Do("leader", "r2/c1", GrantOf());
  EXPECT_EQ(city.CaseRow("r2/c1").state(), "voided");
}

TEST(VoidTest, IsRefusedWithAReasonAndMayBeAskedAgain) {
  IntakeCase city;
  city.Filed("r1").Do("acceptor", "r1/c1", VoidOf());
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", RefuseOf("")), base::Code::kInvalidArgument);
  city.Do("leader", "r1/c1", RefuseOf());
  EXPECT_FALSE(city.CaseRow("r1/c1").void_asked());
  EXPECT_EQ(city.CodeOf("leader", "r1/c1", RefuseOf()), base::Code::kFailedPrecondition);
  city.Do("acceptor", "r1/c1", VoidOf("once more"));
}

TEST(UrgeTest, CountsEachPushOnce) {
  IntakeCase city;
  city.Filed("r1");
  v1::Urge urge;
  urge.set_id("u1");
  urge.set_report("r2");
  city.Do("acceptor", "r1/c1", urge);
  EXPECT_EQ(city.Then<v1::CaseUrged>().report(), "r2");
  urge.set_id("u2");
  city.Do("dispatcher", "r1/c1", urge);
  EXPECT_EQ(city.Then<v1::CaseUrged>().times(), 2);
  urge.set_id("u1");
  city.Do("acceptor", "r1/c1", urge);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.CaseRow("r1/c1").urged(), 2);
  urge.set_id("");
  EXPECT_EQ(city.CodeOf("acceptor", "r1/c1", urge), base::Code::kInvalidArgument);
  for (int i = 0; i < 70; ++i) {
    urge.set_id("x" + std::to_string(i));
    city.Do("acceptor", "r1/c1", urge);
  }
  EXPECT_EQ(city.StateOf<state::State>("r1/c1").filed_case().urge_ids_size(), 64);
  EXPECT_EQ(city.CaseRow("r1/c1").urged(), 72);
  city.Do("acceptor", "r1/c1", VoidOf()).Do("leader", "r1/c1", GrantOf());
  urge.set_id("late");
  EXPECT_EQ(city.CodeOf("acceptor", "r1/c1", urge), base::Code::kFailedPrecondition);
}

// The failure of round 1 is verification's, the feedback of round 2 dispatch's: the newer round
// wins.
TEST(CrossingTest, FailedCheckAndFeedbackOfTheNextRound) {
  IntakeCase one, other;
  for (IntakeCase* city : {&one, &other}) city->Filed("r1").Feedback("r1/c1", FeedbackOf(1));
  one.PostCheck("r1/c1/k1", false).Feedback("r1/c1", FeedbackOf(2));
  other.Feedback("r1/c1", FeedbackOf(2)).PostCheck("r1/c1/k1", false);
  EXPECT_EQ(one.StateOf<state::State>("r1/c1").DebugString(),
            other.StateOf<state::State>("r1/c1").DebugString());
  EXPECT_EQ(one.CaseRow("r1/c1").DebugString(), other.CaseRow("r1/c1").DebugString());
  EXPECT_EQ(other.CaseRow("r1/c1").state(), "checking");
  other.PostCheck("r1/c1/k2", true);
  EXPECT_EQ(other.CaseRow("r1/c1").state(), "closed");
}

// An expired check marks nothing once a newer round has come.
TEST(CrossingTest, ExpiredCheckAndFeedbackOfTheNextRound) {
  IntakeCase one, other;
  const auto expire = [](IntakeCase& city) {
    city.Check<verification::v1::CheckExpired>("r1/c1/k1", verification::v1::CHECK_KIND_POST);
  };
  for (IntakeCase* city : {&one, &other}) city->Filed("r1").Feedback("r1/c1", FeedbackOf(1));
  expire(one);
  one.Feedback("r1/c1", FeedbackOf(2));
  other.Feedback("r1/c1", FeedbackOf(2));
  expire(other);
  EXPECT_EQ(one.StateOf<state::State>("r1/c1").DebugString(),
            other.StateOf<state::State>("r1/c1").DebugString());
}

// Void × feedback, void × check: whichever intake decides first.
TEST(CrossingTest, VoidWinsOverALaterFeedbackAndCheck) {
  IntakeCase city;
  city.Filed("r1").Do("acceptor", "r1/c1", VoidOf()).Do("leader", "r1/c1", GrantOf());
  city.Feedback("r1/c1", FeedbackOf(1));
  EXPECT_TRUE(city.events().empty());
  city.Filed("r2").Feedback("r2/c1", FeedbackOf(1));
  city.Do("acceptor", "r2/c1", VoidOf()).Do("leader", "r2/c1", GrantOf());
  city.PostCheck("r2/c1/k1", true);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.CaseRow("r2/c1").state(), "voided");
}

TEST(CrossingTest, FeedbackWinsOverALaterVoid) {
  IntakeCase city;
  city.Filed("r1").Do("acceptor", "r1/c1", VoidOf());
  city.Feedback("r1/c1", FeedbackOf(1));
  EXPECT_EQ(city.Kinds(), Kinds{"PostCheckAsked"});
  city.Do("leader", "r1/c1", GrantOf());
  EXPECT_EQ(city.Then<v1::CaseVoided>().open_check(), "r1/c1/k1");
}

TEST(CrossingTest, ClosedCaseTakesNoLateFacts) {
  IntakeCase city;
  city.Filed("r1").Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  city.Feedback("r1/c1", FeedbackOf(2));
  EXPECT_TRUE(city.events().empty());
  city.PostCheck("r1/c1/k1", false);
  EXPECT_TRUE(city.events().empty());
}

TEST(CrossingTest, FeedbackAfterThePassedLastCheckIsRefused) {
  IntakeCase city;
  city.Filed("r1", "component/01-01", "2")
      .Feedback("r1/c1", FeedbackOf(1))
      .PostCheck("r1/c1/k1", true);
  const auto refusals = city.WhenHeard<dispatch::v1::Event>("dispatch", "r1/c1", FeedbackOf(2));
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].code(), base::Code::kFailedPrecondition);
}

}  // namespace
}  // namespace wanmi::intake::testing
