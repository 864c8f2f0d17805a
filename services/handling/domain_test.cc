#include <set>

#include "rules/directory_rows.h"
#include "services/handling/api.h"
#include "services/handling/work_test.h"

namespace wanmi::handling {
namespace {

using base::Code;

void AddPost(HandlingCase& city, const char* unit, const std::string& id,
             common::v1::PostKind kind) {
  directory::v1::Post post;
  post.set_id(id);
  post.set_unit_id(unit);
  post.set_kind(kind);
  rules::directory_rows::kPosts.Put(city.directory(), id, post);
  rules::directory_rows::kPostsOfUnit.Put(city.directory(), base::Key().Text(unit).Tail(id), post);
  directory::v1::Holding holding;
  holding.set_person_id(testkit::SamplePersonOf(id));
  holding.set_post_id(id);
  holding.set_from_us(1);
  rules::directory_rows::kHoldings.Put(city.directory(),
                                       base::Key().Text(holding.person_id()).Tail(id), holding);
  rules::directory_rows::kHolders.Put(city.directory(),
                                      base::Key().Text(id).Tail(holding.person_id()), holding);
}

// ---- work is opened and accepted ----

TEST(OpenWork, ByADispatch) {
  HandlingCase city;
  EXPECT_TRUE(city.Dispatched().empty());
  const auto opened = city.Then<v1::WorkOpened>();
  EXPECT_EQ(opened.case_id(), kCase);
  EXPECT_EQ(opened.unit_id(), "roads");
  EXPECT_EQ(opened.round(), 1);
  EXPECT_EQ(opened.phase_name(), "repair");
  EXPECT_EQ(opened.due_at_us(), Us(kSampleNow + hours(6)));
  EXPECT_EQ(opened.duty_post(), "");
  EXPECT_EQ(opened.acknowledge_by_us(), 0);
  EXPECT_EQ(city.OpenOf("roads"), Kinds{kWork1});
  EXPECT_EQ(city.Row().state(), "opened");
  EXPECT_EQ(city.Due(kWork1), std::nullopt);
  city.Dispatched("heat");
  EXPECT_TRUE(city.events().empty()) << "the same round again";
}

TEST(OpenWork, EachRoundIsAWorkOrderOfItsOwn) {
  HandlingCase city;
  city.Dispatched();
  city.Dispatched("roads", false, 2, true);
  EXPECT_EQ(city.events().at(0).stream, "r1/c1/w2");
  EXPECT_TRUE(city.Then<v1::WorkOpened>().rework());
}

TEST(AcceptWork, ByTheUnitsClerkOrLeader) {
  HandlingCase city;
  EXPECT_EQ(city.Accept().code(), Code::kNotFound);
  city.Dispatched();
  EXPECT_TRUE(city.Accept("road-leader").ok());
  EXPECT_EQ(city.Then<v1::WorkAccepted>().post_id(), "road-leader");
  EXPECT_EQ(city.Then<v1::WorkAccepted>().person_id(), "p-road-leader");
  EXPECT_EQ(city.Stage(), state::STAGE_ACCEPTED);
  EXPECT_TRUE(city.Accept("road-clerk").ok());
  EXPECT_TRUE(city.events().empty()) << "already so";
}

TEST(AssignCrew, OfTheUnitOrOfACompanyUnderIt) {
  HandlingCase city;
  AddPost(city, "cleanco", "cleanco-crew", common::v1::POST_KIND_CREW);
  city.Dispatched("sanitation");
  EXPECT_TRUE(city.Assign("san-crew", "san-clerk").ok());
  EXPECT_EQ(city.Stage(), state::STAGE_ACCEPTED) << "whoever sends a crew has accepted";
  EXPECT_EQ(city.Row().crew_post(), "san-crew");
  EXPECT_TRUE(city.Assign("cleanco-crew", "san-leader").ok());
  EXPECT_EQ(city.Then<v1::CrewAssigned>().crew_post(), "cleanco-crew");
  EXPECT_EQ(city.Assign("road-crew", "san-clerk").code(), Code::kPermissionDenied);
  EXPECT_EQ(city.Assign("san-clerk", "san-clerk").code(), Code::kFailedPrecondition);
  EXPECT_EQ(city.Assign("nobody", "san-clerk").code(), Code::kNotFound);
  EXPECT_EQ(city.Assign("", "san-clerk").code(), Code::kInvalidArgument);
}

// ---- feedback ----

TEST(GiveFeedback, NamesWhoWorkedAndWithWhat) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_TRUE(city.Accept("road-leader").ok());
  city.At(kSampleNow + hours(1)).As("road-crew").actor().set_device_id("phone-1");
  auto command = HandlingCase::Feedback();
  command.set_finished_at_us(Us(kSampleNow + minutes(50)));
  EXPECT_TRUE(city.When(kWork1, command).ok());
  const auto given = city.Then<v1::FeedbackGiven>();
  EXPECT_EQ(given.case_id(), kCase);
  EXPECT_EQ(given.round(), 1);
  EXPECT_EQ(given.feedback_at_us(), Us(kSampleNow + hours(1)))
      << "the clock's time, not the crew's";
  EXPECT_EQ(given.finished_at_us(), Us(kSampleNow + minutes(50)));
  EXPECT_EQ(Kinds(given.person_ids().begin(), given.person_ids().end()),
            (Kinds{"p-road-crew", "p-road-leader"}));
  EXPECT_EQ(Kinds(given.device_ids().begin(), given.device_ids().end()),
            (Kinds{"phone-1", "phone-7"}));
  EXPECT_EQ(city.OpenOf("roads"), Kinds{kWork1}) << "open until it is settled";
}

// A clerk reports for the crew: whoever was in it worked on the case and may not check it.
TEST(GiveFeedback, NamesEverybodyOfTheCrewsThatWereAssigned) {
  HandlingCase city;
  const auto hold = [&](const char* person, const char* post, base::Time from, base::Time until) {
    directory::v1::Holding holding;
    holding.set_person_id(person);
    holding.set_post_id(post);
    holding.set_from_us(Us(from));
    holding.set_until_us(until == base::Time() ? 0 : Us(until));
    rules::directory_rows::kHolders.Put(city.directory(), base::Key().Text(post).Tail(person),
                                        holding);
  };
  AddPost(city, "roads", "road-crew2", common::v1::POST_KIND_CREW);
  hold("p-mate", "road-crew", kSampleNow - hours(9), {});
  hold("p-left", "road-crew", kSampleNow - hours(9), kSampleNow);
  hold("p-next", "road-crew", kSampleNow + hours(9), {});
  city.Dispatched();
  EXPECT_TRUE(city.Assign("road-crew").ok());
  const auto assigned = city.Then<v1::CrewAssigned>();
  EXPECT_EQ(Kinds(assigned.person_ids().begin(), assigned.person_ids().end()),
            (Kinds{"p-mate", "p-road-crew"}));
  EXPECT_TRUE(city.Assign("road-crew2").ok());
  hold("p-came", "road-crew2", kSampleNow, {});
  EXPECT_TRUE(city.Give().ok());
  const auto given = city.Then<v1::FeedbackGiven>();
  std::set<std::string> named(given.person_ids().begin(), given.person_ids().end());
  EXPECT_EQ(named, (std::set<std::string>{"p-came", "p-mate", "p-road-clerk", "p-road-crew",
                                          "p-road-crew2"}));
  EXPECT_EQ(given.person_ids_size(), 5) << "each once";
}

TEST(GiveFeedback, AcceptsBySayingNothing) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_TRUE(city.Give().ok());
  EXPECT_EQ(city.Kinds(), Kinds{"FeedbackGiven"});
  EXPECT_TRUE(city.SentBack(kSampleNow).empty());
  EXPECT_EQ(city.Stage(), state::STAGE_ACCEPTED);
}

TEST(GiveFeedback, ByTheAssignedCrewOfACompanyOnly) {
  HandlingCase city;
  AddPost(city, "cleanco", "cleanco-crew", common::v1::POST_KIND_CREW);
  city.Dispatched("sanitation");
  EXPECT_EQ(city.Give(HandlingCase::Feedback(), "cleanco-crew").code(), Code::kPermissionDenied);
  EXPECT_TRUE(city.Assign("cleanco-crew", "san-clerk").ok());
  EXPECT_EQ(city.Give(HandlingCase::Feedback(), "cleanco-clerk").code(), Code::kPermissionDenied);
  EXPECT_TRUE(city.Give(HandlingCase::Feedback(), "cleanco-crew").ok());
}

TEST(GiveFeedback, TheFormIsChecked) {
  using F = v1::GiveFeedback;
  const std::vector<std::pair<const char*, std::function<void(F&)>>> kBad = {
      {"no id", [](F& f) { f.clear_id(); }},
      {"no outcome", [](F& f) { f.clear_outcome(); }},
      {"unknown outcome", [](F& f) { f.set_outcome(static_cast<intake::v1::Outcome>(77)); }},
      {"no cause", [](F& f) { f.set_outcome(intake::v1::OUTCOME_CANNOT); }},
      {"no picture", [](F& f) { f.clear_evidence(); }},
      {"a video only",
       [](F& f) { f.mutable_evidence(0)->set_kind(common::v1::EVIDENCE_KIND_VIDEO); }},
      {"nothing found, without a picture",
       [](F& f) { f.set_outcome(intake::v1::OUTCOME_NOTHING_FOUND), f.clear_evidence(); }},
      {"made safe, without a picture",
       [](F& f) { f.set_outcome(intake::v1::OUTCOME_MADE_SAFE), f.clear_evidence(); }},
      {"no hash", [](F& f) { f.mutable_evidence(0)->clear_sha256_hex(); }},
      {"too much",
       [](F& f) {
         while (f.evidence_size() < 21) *f.add_evidence() = f.evidence(0);
       }},
      {"finished tomorrow", [](F& f) { f.set_finished_at_us(Us(kSampleNow) + 1); }},
      {"a clear note", [](F& f) { f.set_note("Mrs Li was at home"); }},
      {"a note of another case", [](F& f) { f.mutable_sealed_note()->set_subject("case/r2/c1"); }},
  };
  for (const auto& [what, spoil] : kBad) {
    HandlingCase city;
    city.Dispatched();
    auto command = HandlingCase::Feedback();
    spoil(command);
    EXPECT_EQ(city.Give(command).code(), Code::kInvalidArgument) << what;
  }
  HandlingCase city;
  city.Dispatched();
  auto cannot = HandlingCase::Feedback(intake::v1::OUTCOME_CANNOT);
  cannot.clear_evidence();
  cannot.mutable_sealed_note()->set_subject("case/r1/c1");
  EXPECT_TRUE(city.Give(cannot).ok()) << "what cannot be done needs no picture";
  EXPECT_EQ(city.Then<v1::FeedbackGiven>().note().subject(), "case/r1/c1");
  EXPECT_EQ(city.Give().code(), Code::kFailedPrecondition) << "one is at the gate";
}

// ---- returns ----

TEST(AskReturn, InItsWindowBeforeItIsAccepted) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_EQ(city.AskReturn("").code(), Code::kInvalidArgument);
  EXPECT_TRUE(city.At(kSampleNow + hours(2)).AskReturn().ok()) << "the last moment of the window";
  const auto asked = city.Then<v1::ReturnAsked>();
  EXPECT_EQ(asked.case_id(), kCase);
  EXPECT_EQ(asked.round(), 1);
  EXPECT_EQ(asked.asked_at_us(), Us(kSampleNow + hours(2)));
  EXPECT_EQ(city.Give().code(), Code::kFailedPrecondition) << "a decision is awaited";
  city.ReturnDecided(true);
  EXPECT_EQ(city.Stage(), state::STAGE_RETURNED);
  EXPECT_TRUE(city.OpenOf("roads").empty());
}

TEST(AskReturn, AfterTheWindowOrAcceptanceTheWorkCountsAsAccepted) {
  HandlingCase late;
  late.Dispatched();
  EXPECT_EQ(late.At(kSampleNow + hours(2) + base::Span(1)).AskReturn().code(),
            Code::kFailedPrecondition);
  HandlingCase accepted;
  accepted.Dispatched();
  EXPECT_TRUE(accepted.Accept().ok());
  EXPECT_EQ(accepted.AskReturn().code(), Code::kFailedPrecondition);
}

TEST(AskReturn, RefusedItIsAcceptedAndNotAskedAgain) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_TRUE(city.AskReturn().ok());
  city.ReturnDecided(false);
  EXPECT_EQ(city.Kinds(), Kinds{"ReturnSettled"});
  EXPECT_EQ(city.Stage(), state::STAGE_ACCEPTED);
  EXPECT_EQ(city.AskReturn().code(), Code::kFailedPrecondition);
  EXPECT_TRUE(city.Give().ok());
}

TEST(AskReturn, NeverOfRework) {
  HandlingCase city;
  city.Dispatched("roads", false, 1, true);
  EXPECT_EQ(city.AskReturn().code(), Code::kFailedPrecondition);
}

// ---- C1: urgent work calls the duty line ----

TEST(Duty, ClimbsUntilTheLastHasBeenCalled) {
  HandlingCase city;
  city.Dispatched("roads", true);
  EXPECT_EQ(city.Then<v1::WorkOpened>().duty_post(), "road-clerk");
  EXPECT_EQ(city.Then<v1::WorkOpened>().acknowledge_by_us(), Us(kSampleNow + minutes(5)));
  EXPECT_EQ(city.WhenDue(kWork1).code(), Code::kFailedPrecondition);
  city.At(kSampleNow + minutes(6));
  EXPECT_TRUE(city.WhenDue(kWork1).ok());
  EXPECT_EQ(city.Then<v1::DutyCalled>().post_id(), "road-leader");
  EXPECT_EQ(city.Then<v1::DutyCalled>().step(), 2);
  EXPECT_EQ(city.Then<v1::DutyCalled>().acknowledge_by_us(), 0) << "the last in line";
  EXPECT_EQ(city.Due(kWork1), std::nullopt);
  EXPECT_EQ(city.Row().duty_post(), "road-leader");
}

TEST(Duty, ClerksFirstThenLeadersFiveAtMost) {
  HandlingCase city;
  for (const char* id : {"road-a", "road-b", "road-c", "road-d"}) {
    AddPost(city, "roads", id, common::v1::POST_KIND_DEPARTMENT_CLERK);
  }
  city.Dispatched("roads", true);
  Kinds called = {city.Then<v1::WorkOpened>().duty_post()};
  for (int i = 0; i < 9 && city.Due(kWork1); ++i) {
    city.At(*city.Due(kWork1));
    ASSERT_TRUE(city.WhenDue(kWork1).ok());
    called.push_back(city.Then<v1::DutyCalled>().post_id());
  }
  EXPECT_EQ(called, (Kinds{"road-a", "road-b", "road-c", "road-clerk", "road-d"}));
}

TEST(Duty, WhoeverIsAloneIsCalledTwice) {
  HandlingCase city;
  city.Dispatched("heat", true);
  city.At(kSampleNow + minutes(5));
  EXPECT_TRUE(city.WhenDue(kWork1).ok());
  EXPECT_EQ(city.Then<v1::DutyCalled>().post_id(), "heat-clerk");
  EXPECT_EQ(city.Then<v1::DutyCalled>().acknowledge_by_us(), 0);
  EXPECT_EQ(city.Due(kWork1), std::nullopt);
}

TEST(Duty, EndsWhenSomebodyTakesTheWork) {
  HandlingCase city;
  city.Dispatched("roads", true);
  EXPECT_TRUE(city.Accept().ok());
  EXPECT_EQ(city.Due(kWork1), std::nullopt);
  v1::ClimbDuty climb;
  climb.set_due_at_us(Us(kSampleNow + minutes(5)));
  EXPECT_TRUE(city.At(kSampleNow + hours(1)).AsReaction().When(kWork1, climb).ok());
  EXPECT_TRUE(city.events().empty()) << "a timer that fired late is decided again";
  HandlingCase crew;
  crew.Dispatched("roads", true);
  EXPECT_TRUE(crew.Assign("road-crew").ok());
  EXPECT_EQ(crew.Due(kWork1), std::nullopt);
}

// ---- who may what ----

template <class Kind>
Kind Command() {
  Kind command;
  command.set_id("x");
  command.set_work(kWork1);
  return command;
}

TEST(Axes, OnlyTheUnitsOwnPostsGiveTheCommandsOfPersons) {
  for (const char* post :
       {"acceptor", "leader", "inspector1", "dispatcher", "assessor", "base-clerk", "gateway",
        "san-clerk", "san-leader", "san-crew", "heat-clerk"}) {
    HandlingCase city;
    city.Dispatched();
    city.As(post);
    EXPECT_EQ(city.When(kWork1, Command<v1::AcceptWork>()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kWork1, Command<v1::AssignCrew>()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kWork1, Command<v1::GiveFeedback>()).code(), Code::kPermissionDenied)
        << post;
    EXPECT_EQ(city.When(kWork1, Command<v1::AskReturn>()).code(), Code::kPermissionDenied) << post;
  }
}

TEST(Axes, ACrewOnlyReports) {
  HandlingCase city;
  city.Dispatched();
  EXPECT_EQ(city.Accept("road-crew").code(), Code::kPermissionDenied);
  EXPECT_EQ(city.Assign("road-crew", "road-crew").code(), Code::kPermissionDenied);
  EXPECT_EQ(city.AskReturn("not ours", "road-crew").code(), Code::kPermissionDenied);
  EXPECT_TRUE(city.Give(HandlingCase::Feedback(), "road-crew").ok());
}

TEST(Axes, NobodyGivesTheCommandsOfReactions) {
  for (const char* post :
       {"dispatcher", "leader", "road-clerk", "road-leader", "assessor", "base-clerk"}) {
    HandlingCase city;
    city.Dispatched("roads", true);
    city.As(post);
    EXPECT_EQ(city.When(kWork1, v1::OpenWork()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kWork1, v1::SettleFeedback()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kWork1, v1::SettleReturn()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kWork1, v1::WithdrawWork()).code(), Code::kPermissionDenied) << post;
    EXPECT_EQ(city.When(kWork1, v1::ClimbDuty()).code(), Code::kPermissionDenied) << post;
  }
}

// ---- the API ----

class FakePreparation final : public rules::Preparation {
 public:
  base::Result<common::v1::Sealed> Seal(std::string_view subject, std::string_view clear) override {
    common::v1::Sealed sealed;
    sealed.set_subject(std::string(subject));
    sealed.set_ciphertext(fmt::format("{} bytes", clear.size()));
    return sealed;
  }
  base::Status Ask(std::string_view, std::string_view, const google::protobuf::Message&,
                   google::protobuf::Message*) override {
    return base::Unavailable("nobody is asked here");
  }
  base::Time now() const override { return kSampleNow; }
};

TEST(Prepare, SealsTheNoteUnderTheCase) {
  FakePreparation preparation;
  auto feedback = HandlingCase::Feedback();
  feedback.set_note("Mrs Li was at home");
  feedback.mutable_sealed_note()->set_subject("forged");
  auto command = rules::Wrap<v1::Command>(feedback);
  EXPECT_TRUE(Prepare(&command, preparation).ok());
  EXPECT_TRUE(command.give_feedback().note().empty());
  EXPECT_EQ(command.give_feedback().sealed_note().subject(), "case/r1/c1");
  EXPECT_EQ(command.give_feedback().sealed_note().ciphertext(), "18 bytes");
}

TEST(Prepare, TakesNothingSealedByTheClient) {
  FakePreparation preparation;
  auto feedback = HandlingCase::Feedback();
  feedback.mutable_sealed_note()->set_subject("case/r1/c1");
  auto command = rules::Wrap<v1::Command>(feedback);
  EXPECT_TRUE(Prepare(&command, preparation).ok());
  EXPECT_FALSE(command.give_feedback().has_sealed_note());
  feedback.set_note("x");
  feedback.set_work("nonsense");
  command = rules::Wrap<v1::Command>(feedback);
  EXPECT_EQ(Prepare(&command, preparation).code(), Code::kInvalidArgument);
  feedback.set_work(kWork1);
  feedback.set_note(std::string(2001, 'x'));
  command = rules::Wrap<v1::Command>(feedback);
  EXPECT_EQ(Prepare(&command, preparation).code(), Code::kInvalidArgument);
}

TEST(Target, IsTheWorkOrder) {
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::AcceptWork>())), kWork1);
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::AssignCrew>())), kWork1);
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::GiveFeedback>())), kWork1);
  EXPECT_EQ(Target(rules::Wrap<v1::Command>(Command<v1::AskReturn>())), kWork1);
}

TEST(Lists, AUnitsOpenWorkIsInOrderOfDeadline) {
  HandlingCase city;
  const auto given = [&](const char* work, const char* unit, int64_t due_us) {
    v1::WorkOpened opened;
    opened.set_unit_id(unit);
    opened.set_due_at_us(due_us);
    city.Given(work, opened);
  };
  given("a/c1/w1", "roads", 30);
  given("b/c1/w1", "roads", 0);  // no deadline: the last
  given("c/c1/w1", "roads", 10);
  given("d/c1/w1", "heat", 20);
  EXPECT_EQ(city.OpenOf("roads"), (Kinds{"c/c1/w1", "a/c1/w1", "b/c1/w1"}));
  EXPECT_EQ(city.Ask<v1::WorkPage>("ListWork", v1::ListWork()).status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(city.Ask<v1::WorkView>("GetWork", v1::GetWork()).status().code(),
            Code::kInvalidArgument);
  v1::GetWork get;
  get.set_work("z/c1/w1");
  EXPECT_EQ(city.Ask<v1::WorkView>("GetWork", get).status().code(), Code::kNotFound);
}

TEST(Notices, UrgentWorkCallsThePostOnDuty) {
  const auto definition = Define();
  const common::v1::Actor actor;
  v1::WorkOpened opened;
  opened.set_unit_id("roads");
  opened.set_duty_post("road-clerk");
  const auto event = rules::Wrap<v1::Event>(opened);
  const auto notices = definition.notify({"handling", 0, 1, 0, kWork1, kSampleNow, actor, event});
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[0].to, "roads");
  EXPECT_EQ(notices[1].to, "road-clerk");
  v1::DutyCalled called;
  called.set_post_id("road-leader");
  const auto next = rules::Wrap<v1::Event>(called);
  EXPECT_EQ(definition.notify({"handling", 0, 2, 0, kWork1, kSampleNow, actor, next}).at(0).to,
            "road-leader");
}

}  // namespace
}  // namespace wanmi::handling
