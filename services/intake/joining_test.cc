// A report that joins a case: asked, decided by the case, noted; and what it is told at the end.
#include "services/intake/sample_test.h"

namespace wanmi::intake::testing {
namespace {

// r2 asks to join r1/c1; both are heard as the runtime would.
v1::JoinAsked AskedBy(IntakeCase& city, std::string_view report, std::string_view case_id) {
  city.Do("acceptor", report, JoinOf(report, case_id));
  return city.Then<v1::JoinAsked>();
}

TEST(JoinTest, IsAskedGrantedAndNoted) {
  IntakeCase city;
  city.Filed("r1").Do("acceptor", "r2", ReportOf("r2", "app"));
  const auto asked = AskedBy(city, "r2", "r1/c1");
  EXPECT_EQ(city.ReportRow("r2").state(), "joining");
  EXPECT_EQ(city.CodeOf("leader", "r2", FileOf("r2", "event/01-10", "1", "x")),
            base::Code::kFailedPrecondition);  // it waits for the case
  city.Hear("r2", asked);
  EXPECT_EQ(city.Kinds(), Kinds{"JoinGranted"});
  EXPECT_EQ(city.events()[0].stream, "r1/c1");
  const auto granted = city.Then<v1::JoinGranted>();
  city.Hear("r1/c1", granted);
  EXPECT_EQ(city.Kinds(), Kinds{"ReportJoined"});
  EXPECT_EQ(city.ReportRow("r2").state(), "joined");
  EXPECT_EQ(city.ReportRow("r2").case_ids(0), "r1/c1");
  EXPECT_EQ(city.CaseRow("r1/c1").reports_size(), 2);
  city.Hear("r2", asked);  // both once more
  EXPECT_TRUE(city.events().empty());
  city.Hear("r1/c1", granted);
  EXPECT_TRUE(city.events().empty());
  city.Do("acceptor", "r2", JoinOf("r2", "r1/c1"));  // already so
  EXPECT_TRUE(city.events().empty());
}

TEST(JoinTest, IsRefusedForAnotherClassAndTheReportGoesOn) {
  IntakeCase city;
  city.Filed("r1").Do("inspector1", "r2", ReportOf("r2", "inspector", "event/03-11"));
  city.Hear("r2", AskedBy(city, "r2", "r1/c1"));
  EXPECT_EQ(city.Kinds(), Kinds{"JoinRefused"});
  const auto refused = city.Then<v1::JoinRefused>();
  city.Hear("r1/c1", refused);
  EXPECT_EQ(city.Kinds(), Kinds{"ReportNotJoined"});
  EXPECT_EQ(city.ReportRow("r2").state(), "received");
  city.Hear("r1/c1", refused);
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.CodeOf("acceptor", "r2", JoinOf("r2", "r1/c1")), base::Code::kFailedPrecondition);
  city.Do("leader", "r2", FileOf("r2", "event/03-11", "1"));
}

TEST(JoinTest, OfTheSameClassIsGranted) {
  IntakeCase city;
  city.Filed("r1").Do("inspector1", "r2", ReportOf("r2", "inspector", "event/01-10"));
  city.Hear("r2", AskedBy(city, "r2", "r1/c1"));
  EXPECT_EQ(city.Kinds(), Kinds{"JoinGranted"});
}

TEST(JoinTest, IsRefusedByACaseThatIsNotThere) {
  IntakeCase city;
  city.Do("acceptor", "r2", ReportOf("r2", "app"));
  city.Hear("r2", AskedBy(city, "r2", "nobody/c1"));
  city.Hear("nobody/c1", city.Then<v1::JoinRefused>());
  EXPECT_EQ(city.ReportRow("r2").state(), "received");
}

TEST(JoinTest, IsNotForReportsWithCasesNorTheirOwn) {
  IntakeCase city;
  city.Filed("r1").Filed("r2").Do("acceptor", "r3", ReportOf("r3", "app"));
  EXPECT_EQ(city.CodeOf("acceptor", "r2", JoinOf("r2", "r1/c1")), base::Code::kFailedPrecondition);
  EXPECT_EQ(city.CodeOf("acceptor", "r3", JoinOf("r3", "r3/c1")), base::Code::kInvalidArgument);
  for (const char* id : {"", "r1", "/c1", "r1/k1", "r1/c", "r1/c1/k1"}) {
    EXPECT_EQ(city.CodeOf("acceptor", "r3", JoinOf("r3", id)), base::Code::kInvalidArgument) << id;
  }
}

TEST(JoinTest, ClosingAnswersOwnAndJoinedReports) {
  IntakeCase city;
  city.Filed("r1").Do("acceptor", "r2", ReportOf("r2", "app"));
  city.Hear("r2", AskedBy(city, "r2", "r1/c1"));
  city.Hear("r1/c1", city.Then<v1::JoinGranted>());
  city.Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  const auto closed = city.Then<v1::CaseClosed>();
  city.Hear("r1/c1", closed);
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportOutcomeNoted", "ReportOutcomeNoted"}));
  EXPECT_FALSE(city.Then<v1::ReportOutcomeNoted>(0).call_back());  // r1, an inspector's
  EXPECT_TRUE(city.Then<v1::ReportOutcomeNoted>(1).call_back());   // r2, from the app
  EXPECT_EQ(city.ReportRow("r1").outcome(), "closed");
  EXPECT_EQ(city.ReportRow("r2").outcome(), "closed");
  city.Hear("r1/c1", closed);
  EXPECT_TRUE(city.events().empty());
}

TEST(JoinTest, OutcomeOfASplitReportWaitsForItsLastCase) {
  IntakeCase city;
  city.Filed("r1");
  auto second = FileOf("r1", "component/01-01", "2");
  second.set_another(true);
  city.Do("leader", "r1", second);
  v1::CaseVoided voided;
  voided.add_reports("r1");
  city.Hear("r1/c2", voided);
  EXPECT_EQ(city.ReportRow("r1").outcome(), "");
  v1::CaseClosed closed;
  closed.add_reports("r1");
  city.Hear("r1/c1", closed);
  EXPECT_EQ(city.ReportRow("r1").outcome(), "closed");
  closed.set_reports(0, "r1");
  city.Hear("r7/c1", closed);  // a case that is not its own
  EXPECT_TRUE(city.events().empty());
}

// Join × close: whichever the case decides first.
TEST(CrossingTest, JoinAndClose) {
  IntakeCase city;
  city.Filed("r1").Do("acceptor", "r2", ReportOf("r2", "app"));
  const auto asked = AskedBy(city, "r2", "r1/c1");
  city.Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  EXPECT_EQ(city.Then<v1::CaseClosed>().reports_size(), 1);
  city.Hear("r2", asked);
  EXPECT_EQ(city.Kinds(), Kinds{"JoinRefused"});
  city.Hear("r1/c1", city.Then<v1::JoinRefused>());
  EXPECT_EQ(city.ReportRow("r2").state(), "received");
}

// PreCheck × join: both are noted, in either order.
TEST(CrossingTest, PreCheckAndJoinEndAlike) {
  for (const bool granted : {true, false}) {
    IntakeCase one, other;
    for (IntakeCase* city : {&one, &other}) {
      city->Filed("r1", granted ? "event/01-10" : "event/03-11");
      city->Do("acceptor", "r2", ReportOf("r2", "12345", "event/01-10"));
      city->Hear("r2", AskedBy(*city, "r2", "r1/c1"));
    }
    const auto answer = [&](IntakeCase& city) {
      v1::JoinGranted yes;
      yes.set_report("r2");
      v1::JoinRefused no;
      no.set_report("r2");
      granted ? city.Hear("r1/c1", yes) : city.Hear("r1/c1", no);
    };
    answer(one);
    EXPECT_EQ(one.ReportRow("r2").state(), granted ? "joined" : "checking");
    one.PreCheck("r2/k1", true);
    other.PreCheck("r2/k1", true);
    answer(other);
    EXPECT_EQ(one.StateOf<state::State>("r2").DebugString(),
              other.StateOf<state::State>("r2").DebugString());
    EXPECT_EQ(one.ReportRow("r2").state(), granted ? "joined" : "received");
  }
}

}  // namespace
}  // namespace wanmi::intake::testing
