#include "rules/rulebook_rows.h"
#include "services/dispatch/case_test.h"

namespace wanmi::dispatch {
namespace {

using base::Code;
using testkit::kSampleNow;

template <class Kind>
void Rewrite(DispatchCase& city, std::string_view kind, const std::string& key, Kind change) {
  const auto row = rules::rulebook_rows::VersionKey(kind, "city", 1).Tail(key);
  auto item = *rules::rulebook_rows::kItems.Get(city.rulebook(), row);
  change(item);
  rules::rulebook_rows::kItems.Put(city.rulebook(), row, item);
}

void GateOff(DispatchCase& city) {
  rulebook::v1::Item item;
  item.set_key("feedback_gate");
  item.mutable_setting()->set_name("feedback_gate");
  item.mutable_setting()->set_text("off");
  rules::rulebook_rows::kItems.Put(
      city.rulebook(), rules::rulebook_rows::VersionKey("settings", "city", 1).Tail(item.key()),
      item);
}

// ---- the case arrives ----

TEST(TakeCase, IsDispatchedAtOnceByASignedWhiteList) {
  DispatchCase city;
  EXPECT_TRUE(city.Filed("event/01-10").empty());
  EXPECT_EQ(city.Kinds(), (Kinds{"CaseTaken", "CaseDispatched"}));
  EXPECT_EQ(city.Then<v1::CaseTaken>().proposed_unit(), "sanitation");
  EXPECT_EQ(city.Then<v1::CaseTaken>().rule_id(), "r3");
  const auto dispatched = city.Then<v1::CaseDispatched>();
  EXPECT_EQ(dispatched.unit_id(), "sanitation");
  EXPECT_EQ(dispatched.group_id(), "clean");
  EXPECT_EQ(dispatched.accountable_unit(), "sanitation");
  EXPECT_EQ(dispatched.round(), 1);
  EXPECT_EQ(dispatched.phase(), 0);
  EXPECT_EQ(dispatched.dispatched_at_us(), Us(kSampleNow));
  EXPECT_EQ(dispatched.due_at_us(), Us(Local("2026-03-11", 15)));
  EXPECT_EQ(dispatched.return_window_until_us(), Us(Local("2026-03-11", 11)));
  EXPECT_EQ(dispatched.budget_s(), 4 * 3600);
  EXPECT_EQ(dispatched.calendar(), "city");
  EXPECT_EQ(dispatched.calendar_version(), 1);
  EXPECT_FALSE(dispatched.estimated());
  EXPECT_NE(dispatched.reason().find("signed by dispatcher"), std::string::npos);
  EXPECT_EQ(city.Under(), "rule-dispatch, signed by dispatcher of cmd");
}

TEST(TakeCase, WaitsForADispatcherWithoutAWhiteList) {
  DispatchCase city;
  city.Filed("event/03-11");
  EXPECT_EQ(city.Kinds(), Kinds{"CaseTaken"});
  EXPECT_EQ(city.Stage(), state::STAGE_PROPOSED);
  EXPECT_EQ(city.Listed("proposed"), Kinds{kCase});
  EXPECT_EQ(city.Due(kCase), std::nullopt);
}

TEST(TakeCase, TheSourceOfTheProblemChoosesTheRule) {
  DispatchCase city;
  city.Filed("event/03-11", {kFourHours}, false, "building_site");
  EXPECT_EQ(city.Then<v1::CaseTaken>().proposed_unit(), "roads");
}

TEST(TakeCase, IsUnmatchedWithoutARule) {
  DispatchCase city;
  city.Filed("event/09-09", {kFourHours}, true);
  EXPECT_EQ(city.Kinds(), Kinds{"CaseTaken"});
  EXPECT_EQ(city.Stage(), state::STAGE_UNMATCHED);
  EXPECT_EQ(city.Listed("unmatched"), Kinds{kCase});
}

TEST(TakeCase, UrgentIsDispatchedAsFiledWhereARuleMatches) {
  DispatchCase city;
  city.Filed("event/03-11", {{"make safe", 2, rulebook::v1::LIMIT_UNIT_URGENT_HOUR}}, true);
  EXPECT_EQ(city.Kinds(), (Kinds{"CaseTaken", "CaseDispatched"}));
  EXPECT_TRUE(city.Then<v1::CaseDispatched>().urgent());
  EXPECT_TRUE(city.Then<v1::CaseDispatched>().continuous());
  EXPECT_EQ(city.DueAt(), kSampleNow + hours(2));
  EXPECT_EQ(city.Under(), "") << "an urgent case needs no list";
}

TEST(TakeCase, AWhiteListThatSupervisionSignedDispatchesNothing) {
  DispatchCase city;
  Rewrite(city, "white_lists", "rule-dispatch",
          [](auto& item) { item.mutable_white_list()->set_signed_by_post("leader"); });
  city.Filed("event/01-10");
  EXPECT_EQ(city.Kinds(), Kinds{"CaseTaken"});
  EXPECT_EQ(city.Under(), "");
  EXPECT_EQ(city.Stage(), state::STAGE_PROPOSED);
}

TEST(TakeCase, ARuleNamingAUnitThatMayNotDisposeProposesNothing) {
  DispatchCase city;
  Rewrite(city, "disposal_manual", "r3",
          [](auto& item) { item.mutable_dispatch_rule()->set_disposing_unit("sup"); });
  city.Filed("event/01-10");
  EXPECT_EQ(city.Kinds(), Kinds{"CaseTaken"});
  EXPECT_EQ(city.Stage(), state::STAGE_UNMATCHED);
  EXPECT_EQ(city.Then<v1::CaseTaken>().rule_id(), "r3");
}

TEST(TakeCase, WithALimitThatCannotBeReckonedItStaysInTheQueue) {
  DispatchCase city;
  EXPECT_TRUE(
      city.Filed("event/01-10", {{"clear", 4, rulebook::v1::LIMIT_UNIT_UNSPECIFIED}}).empty());
  EXPECT_EQ(city.Stage(), state::STAGE_PROPOSED);
  EXPECT_EQ(city.Dispatch("sanitation").code(), Code::kFailedPrecondition);
}

TEST(TakeCase, WithoutALimitItHasNoDeadline) {
  DispatchCase city;
  city.Filed("component/01-01", {});
  EXPECT_EQ(city.Stage(), state::STAGE_DISPOSAL);
  EXPECT_EQ(city.Due(kCase), std::nullopt);
  EXPECT_EQ(city.Listed("", "roads"), Kinds{kCase});
  city.Feedback(1, kSampleNow + hours(9999));
  EXPECT_TRUE(city.Then<v1::FeedbackTaken>().on_time());
}

// ---- by a dispatcher ----

TEST(Dispatch, ToTheProposedUnitNeedsNoReason) {
  DispatchCase city;
  city.Filed("event/03-11");
  EXPECT_TRUE(city.Dispatch("sanitation").ok());
  EXPECT_EQ(city.Kinds(), Kinds{"CaseDispatched"});
  EXPECT_TRUE(city.Dispatch("sanitation").ok());
  EXPECT_TRUE(city.events().empty());
}

TEST(Dispatch, AwayFromTheProposalNeedsAReason) {
  DispatchCase city;
  city.Filed("event/03-11");
  EXPECT_EQ(city.Dispatch("roads").code(), Code::kInvalidArgument);
  EXPECT_TRUE(city.Dispatch("roads", "the company that spilled works for roads").ok());
  EXPECT_EQ(city.Then<v1::CaseDispatched>().accountable_unit(), "roads");
}

TEST(Dispatch, Rejections) {
  DispatchCase city;
  EXPECT_EQ(city.Dispatch("roads").code(), Code::kNotFound);
  city.Filed("event/09-09");
  EXPECT_EQ(city.Dispatch("").code(), Code::kInvalidArgument);
  EXPECT_EQ(city.Dispatch("nowhere").code(), Code::kNotFound);
  EXPECT_EQ(city.Dispatch("sup").code(), Code::kFailedPrecondition);
  EXPECT_EQ(city.Dispatch("cmd").code(), Code::kFailedPrecondition);
  EXPECT_EQ(city.Dispatch("roads", std::string(2001, 'x')).code(), Code::kInvalidArgument);
  v1::Dispatch command;
  command.set_case_id(kCase);
  command.set_unit_id("roads");
  EXPECT_EQ(city.When(kCase, command).code(), Code::kInvalidArgument) << "no id";
  command.set_id("d");
  command.set_accountable_unit("nowhere");
  EXPECT_EQ(city.When(kCase, command).code(), Code::kNotFound);
  EXPECT_TRUE(city.Dispatch("roads").ok()) << "unmatched: no proposal to depart from";
  EXPECT_EQ(city.Dispatch("heat", "again").code(), Code::kFailedPrecondition) << "roads has it";
}

TEST(Dispatch, TheUnitsOwnCalendarCounts) {
  DispatchCase city;
  auto unit = *rules::Reference(city.directory(), city.rulebook(), kSampleNow).Unit("roads");
  unit.set_calendar("inspection");
  city.directory().Put(16, "roads", unit.SerializeAsString());
  city.Filed("component/01-01");
  EXPECT_EQ(city.Then<v1::CaseDispatched>().calendar(), "inspection");
  EXPECT_EQ(city.DueAt(), Local("2026-03-11", 13)) << "no break at noon";
}

TEST(Dispatch, ADeadlineInAnUnpublishedYearIsAnEstimate) {
  DispatchCase city;
  city.At(Local("2026-12-31", 17)).Filed("component/01-01");
  EXPECT_TRUE(city.Then<v1::CaseDispatched>().estimated());
  EXPECT_TRUE(city.Row().estimated());
}

// ---- the gate ----

TEST(Feedback, WaitsAtTheGateForADispatcher) {
  DispatchCase city;
  city.Filed("component/01-01");
  city.Feedback(1, Local("2026-03-11", 10));
  EXPECT_EQ(city.Kinds(), Kinds{"FeedbackTaken"});
  EXPECT_EQ(city.Listed("feedback"), Kinds{kCase});
  EXPECT_TRUE(city.Pass().ok());
  EXPECT_EQ(city.Kinds(), Kinds{"FeedbackPassed"});
  EXPECT_EQ(city.Listed("checking"), Kinds{kCase});
  EXPECT_TRUE(city.Listed("", "roads").empty());
  EXPECT_EQ(city.SendBack().code(), Code::kFailedPrecondition);
}

TEST(Feedback, IsPassedByAWhiteListOrWithoutAGate) {
  DispatchCase listed;
  listed.Filed("event/01-10");
  listed.Feedback(1, Local("2026-03-11", 10));
  EXPECT_EQ(listed.Kinds(), (Kinds{"FeedbackTaken", "FeedbackPassed"}));
  EXPECT_EQ(listed.Under(), "auto-pass, signed by dispatcher of cmd");
  DispatchCase off;
  GateOff(off);
  off.Filed("component/01-01");
  off.Feedback(1, Local("2026-03-11", 10));
  EXPECT_EQ(off.Kinds(), (Kinds{"FeedbackTaken", "FeedbackPassed"}));
  EXPECT_EQ(off.Under(), "") << "no gate, no list";
  DispatchCase unsigned_list;
  Rewrite(unsigned_list, "white_lists", "auto-pass",
          [](auto& item) { item.mutable_white_list()->set_signed_by_post("san-leader"); });
  unsigned_list.Filed("event/01-10");
  unsigned_list.Feedback(1, Local("2026-03-11", 10));
  EXPECT_EQ(unsigned_list.Kinds(), Kinds{"FeedbackTaken"}) << "who disposes signs no gate open";
}

TEST(Feedback, PassesOnTheWholeRecord) {
  DispatchCase city;
  city.Filed("event/09-09");
  EXPECT_TRUE(city.Dispatch("heat").ok());
  city.At(Local("2026-03-11", 9, 30)).ReturnAsked(1, Local("2026-03-11", 9, 30));
  EXPECT_TRUE(city.DecideReturn(true).ok());
  EXPECT_TRUE(city.At(Local("2026-03-11", 10)).Dispatch("cleanco").ok());
  city.At(Local("2026-03-11", 11)).Feedback(2, Local("2026-03-11", 11));
  EXPECT_TRUE(city.Pass().ok());
  const auto record = city.Then<v1::FeedbackPassed>().handling();
  EXPECT_EQ(record.unit_id(), "cleanco");
  EXPECT_EQ(record.group_id(), "clean");
  EXPECT_EQ(record.accountable_unit(), "cleanco");
  EXPECT_EQ(record.person_ids(0), "p-road-clerk");
  EXPECT_EQ(record.device_ids(0), "phone-1");
  EXPECT_EQ(record.round(), 2);
  EXPECT_EQ(record.phase(), 0);
  EXPECT_TRUE(record.last_phase());
  EXPECT_EQ(record.outcome(), intake::v1::OUTCOME_DONE);
  EXPECT_EQ(record.dispatched_at_us(), Us(Local("2026-03-11", 10)));
  EXPECT_EQ(record.feedback_at_us(), Us(Local("2026-03-11", 11)));
  EXPECT_EQ(record.due_at_us(), Us(Local("2026-03-11", 16)));
  EXPECT_TRUE(record.on_time());
  EXPECT_EQ(record.returns(), 1);
  EXPECT_EQ(record.units_tried(), 2);
  EXPECT_EQ(record.evidence_size(), 1);
}

TEST(Phases, OnlyTheLastEndsTheCaseUnlessNothingWasFound) {
  const std::vector<std::pair<intake::v1::Outcome, bool>> kCases = {
      {intake::v1::OUTCOME_DONE, false},
      {intake::v1::OUTCOME_MADE_SAFE, false},
      {intake::v1::OUTCOME_CANNOT, false},
      {intake::v1::OUTCOME_NOTHING_FOUND, true}};
  for (const auto& [outcome, last] : kCases) {
    DispatchCase city;
    city.Filed("component/01-01", kTwoPhases, true);
    city.Feedback(1, kSampleNow + hours(1), outcome);
    EXPECT_TRUE(city.Pass().ok());
    EXPECT_EQ(city.Then<v1::FeedbackPassed>().handling().last_phase(), last)
        << intake::v1::Outcome_Name(outcome);
  }
}

TEST(Phases, TheNextBeginsWithItsOwnLimitAndTheSameUnit) {
  DispatchCase city;
  city.Filed("component/01-01", kTwoPhases, true);
  EXPECT_EQ(city.Then<v1::CaseDispatched>().phase_name(), "make safe");
  city.Feedback(1, kSampleNow + hours(1), intake::v1::OUTCOME_MADE_SAFE);
  EXPECT_TRUE(city.Pass().ok());
  city.At(Local("2026-03-11", 11)).PhaseEnds(0);
  const auto next = city.Then<v1::CaseDispatched>();
  EXPECT_EQ(next.unit_id(), "roads");
  EXPECT_EQ(next.round(), 2);
  EXPECT_EQ(next.phase(), 1);
  EXPECT_EQ(next.phase_name(), "repair");
  EXPECT_FALSE(next.rework());
  EXPECT_FALSE(next.continuous());
  EXPECT_EQ(next.budget_s(), 8 * 3600);
  EXPECT_EQ(base::FromMicros(next.due_at_us()), Local("2026-03-12", 11));
  EXPECT_TRUE(city.PhaseEnds(0).empty());
  EXPECT_TRUE(city.events().empty()) << "heard again";
  city.Feedback(2, Local("2026-03-12", 9));
  EXPECT_TRUE(city.Pass().ok());
  EXPECT_TRUE(city.Then<v1::FeedbackPassed>().handling().last_phase());
  city.PhaseEnds(1);
  EXPECT_TRUE(city.events().empty()) << "there is no third phase";
}

// ---- who may what ----

template <class Kind>
Kind Command() {
  Kind command;
  command.set_id("x");
  command.set_case_id(kCase);
  return command;
}

TEST(Axes, OnlyADispatcherGivesTheCommandsOfPersons) {
  for (const char* post : {"acceptor", "leader", "inspector1", "san-clerk", "road-leader",
                           "road-crew", "assessor", "base-clerk", "gateway"}) {
    DispatchCase city;
    city.Filed("event/03-11");
    city.As(post);
    EXPECT_EQ(city.When(kCase, Command<v1::Dispatch>()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kCase, Command<v1::DecideReturn>()).code(), Code::kPermissionDenied)
        << post;
    EXPECT_EQ(city.When(kCase, Command<v1::PassFeedback>()).code(), Code::kPermissionDenied)
        << post;
    EXPECT_EQ(city.When(kCase, Command<v1::SendBackFeedback>()).code(), Code::kPermissionDenied)
        << post;
  }
  DispatchCase city;
  city.Filed("event/03-11");
  city.As("dispatcher").actor().set_post_kind(common::v1::POST_KIND_LEADER);
  EXPECT_EQ(city.When(kCase, Command<v1::Dispatch>()).code(), Code::kPermissionDenied)
      << "the command axis, but no dispatcher";
}

TEST(Axes, NobodyGivesTheCommandsOfReactions) {
  for (const char* post : {"dispatcher", "leader", "road-clerk", "assessor", "base-clerk"}) {
    DispatchCase city;
    city.Filed("component/01-01");
    city.As(post);
    EXPECT_EQ(city.When(kCase, v1::TakeCase()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kCase, v1::NoteFeedback()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kCase, v1::NoteReturnAsked()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kCase, v1::Rework()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kCase, v1::BeginPhase()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kCase, v1::EndCase()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kCase, v1::PassDeadline()).code(), Code::kPermissionDenied) << post;
  }
}

TEST(Reactions, OfACaseNeverTakenAreRefused) {
  DispatchCase city;
  EXPECT_EQ(city.Feedback(1, kSampleNow).at(0).code(), Code::kNotFound);
  EXPECT_EQ(city.ReturnAsked(1, kSampleNow).at(0).code(), Code::kNotFound);
  EXPECT_EQ(city.CheckFails(1).at(0).code(), Code::kNotFound);
  EXPECT_EQ(city.PhaseEnds(0).at(0).code(), Code::kNotFound);
  EXPECT_EQ(city.Voided().at(0).code(), Code::kNotFound);
}

TEST(Reactions, AForeignCheckIsRefused) {
  DispatchCase city;
  city.Filed("event/01-10");
  city.Feedback(1, kSampleNow);
  for (const char* check :
       {"", "r1/c1", "r1/c1/k", "r1/c1/k0", "r1/c1/kx", "r1/c2/k1", "r1/c1/k1x"}) {
    v1::Rework rework;
    rework.set_check(check);
    EXPECT_EQ(city.AsReaction().When(kCase, rework).code(), Code::kInvalidArgument) << check;
  }
}

// ---- what is shown ----

TEST(Lists, AskForOneFilterThatHasAnIndex) {
  DispatchCase city;
  v1::ListAssignments list;
  EXPECT_EQ(city.Ask<v1::AssignmentPage>("ListAssignments", list).status().code(),
            Code::kInvalidArgument);
  list.set_state("ended");
  EXPECT_EQ(city.Ask<v1::AssignmentPage>("ListAssignments", list).status().code(),
            Code::kInvalidArgument);
  list.set_state("disposal");
  list.set_unit_id("roads");
  EXPECT_EQ(city.Ask<v1::AssignmentPage>("ListAssignments", list).status().code(),
            Code::kInvalidArgument);
  v1::GetAssignment get;
  EXPECT_EQ(city.Ask<v1::AssignmentView>("GetAssignment", get).status().code(),
            Code::kInvalidArgument);
  get.set_case_id("r9/c1");
  EXPECT_EQ(city.Ask<v1::AssignmentView>("GetAssignment", get).status().code(), Code::kNotFound);
}

TEST(Lists, AUnitsOpenWorkIsInOrderOfDeadlineAndPaged) {
  DispatchCase city;
  const auto given = [&](const char* id, int64_t due_us) {
    v1::CaseTaken taken;
    taken.set_proposed_unit("roads");
    city.Given(id, taken);
    v1::CaseDispatched dispatched;
    dispatched.set_unit_id("roads");
    dispatched.set_round(1);
    dispatched.set_dispatched_at_us(1);
    dispatched.set_due_at_us(due_us);
    city.Given(id, dispatched);
  };
  given("a/c1", 30);
  given("b/c1", 0);  // no deadline: the last
  given("c/c1", 10);
  given("d/c1", 20);
  EXPECT_EQ(city.Listed("", "roads"), (Kinds{"c/c1", "d/c1", "a/c1", "b/c1"}));
  EXPECT_TRUE(city.Listed("", "road").empty());
  v1::ListAssignments list;
  list.set_unit_id("roads");
  list.mutable_page()->set_size(3);
  auto page = city.Ask<v1::AssignmentPage>("ListAssignments", list);
  ASSERT_EQ(page->assignments_size(), 3);
  list.mutable_page()->set_token(page->next());
  page = city.Ask<v1::AssignmentPage>("ListAssignments", list);
  ASSERT_EQ(page->assignments_size(), 1);
  EXPECT_EQ(page->assignments(0).case_id(), "b/c1");
  EXPECT_TRUE(page->next().empty());
}

TEST(Lists, AnEndedCaseKeepsItsRowAndLeavesTheLists) {
  DispatchCase city;
  city.Filed("component/01-01");
  EXPECT_EQ(city.Listed("disposal"), Kinds{kCase});
  city.Closed();
  EXPECT_EQ(city.Row().state(), "ended");
  EXPECT_EQ(city.Row().unit_id(), "roads");
  EXPECT_TRUE(city.Listed("disposal").empty());
  EXPECT_TRUE(city.Listed("", "roads").empty());
}

TEST(Notices, TheUnitHearsOfAPassedDeadline) {
  const auto definition = Define();
  v1::DeadlinePassed passed;
  passed.set_unit_id("roads");
  const auto event = rules::Wrap<v1::Event>(passed);
  const common::v1::Actor actor;
  const rules::Fact<google::protobuf::Message> fact{"dispatch", 0,          1,     0,
                                                    kCase,      kSampleNow, actor, event};
  const auto notices = definition.notify(fact);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].to, "roads");
}

TEST(Target, IsTheCase) {
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::Dispatch>())), kCase);
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::DecideReturn>())), kCase);
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::PassFeedback>())), kCase);
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::SendBackFeedback>())), kCase);
}

}  // namespace
}  // namespace wanmi::dispatch
