// PreChecks, filing, urgent filing, case numbers.
#include "rules/rulebook_rows.h"
#include "services/intake/sample_test.h"
#include "services/intake/views.h"

namespace wanmi::intake::testing {
namespace {

v1::AskCheck CheckOfClass(std::string_view code) {
  v1::AskCheck ask;
  ask.set_id("k");
  *ask.mutable_class_ref() = testkit::SampleClass(code);
  return ask;
}

TEST(PreCheckTest, IsAskedByTheDeskOneAtATimeAndNoted) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "app"));
  v1::AskCheck none;
  none.set_id("k");
  EXPECT_EQ(city.CodeOf("acceptor", "r1", none), base::Code::kNotFound);  // of which class?
  city.Do("acceptor", "r1", CheckOfClass("event/01-10"));
  EXPECT_EQ(city.Then<v1::PreCheckAsked>().check(), "r1/k1");
  EXPECT_EQ(city.ReportRow("r1").state(), "checking");
  EXPECT_EQ(city.CodeOf("acceptor", "r1", CheckOfClass("event/03-11")),
            base::Code::kFailedPrecondition);
  city.PreCheck("r1/k1", false);
  EXPECT_EQ(city.Kinds(), Kinds{"PreCheckNoted"});
  EXPECT_EQ(city.ReportRow("r1").state(), "received");
  EXPECT_EQ(city.ReportRow("r1").pre_check(), v1::CHECK_RESULT_FAILED);
  city.Do("leader", "r1", CheckOfClass("event/03-11"));
  EXPECT_EQ(city.Then<v1::PreCheckAsked>().check(), "r1/k2");
  city.PreCheck("r1/k1", true);  // of the older one
  EXPECT_TRUE(city.events().empty());
  EXPECT_EQ(city.ReportRow("r1").state(), "checking");
}

TEST(FileCaseTest, RecordsWhatTheStandardSaysForTheAreaGrade) {
  IntakeCase city;
  rulebook::v1::Item item;
  item.set_key("2013/event/01-10/1");
  auto& condition = *item.mutable_condition();
  condition.set_closing_condition("clean");
  for (const auto& [name, grade] :
       {std::pair{"all", ""}, std::pair{"a", "A"}, std::pair{"b", "B"}}) {
    condition.add_limits()->set_name(name);
    condition.mutable_limits(condition.limits_size() - 1)->set_area_grade(grade);
  }
  const auto key = rules::rulebook_rows::VersionKey("filing_standards", "city", 1).Tail(item.key());
  rules::rulebook_rows::kItems.Put(city.rulebook(), key, item);
  auto report = ReportOf("r1", "inspector", "event/01-10");
  report.set_problem_source("road_works");
  city.Do("inspector1", "r1", report).Do("leader", "r1", FileOf("r1", "event/01-10", "1"));
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportFiled", "CaseFiled"}));
  const auto filed = city.Then<v1::CaseFiled>();
  ASSERT_EQ(filed.limits_size(), 2);
  EXPECT_EQ(filed.limits(0).name() + filed.limits(1).name(), "alla");
  EXPECT_EQ(filed.closing_condition(), "clean");
  EXPECT_EQ(filed.problem_source(), "road_works");
  EXPECT_EQ(filed.filed_at_us(), base::ToMicros(testkit::kSampleNow));
  EXPECT_TRUE(filed.counts_as_found());
  EXPECT_FALSE(filed.urgent());
  EXPECT_EQ(filed.signed_by_post(), "");             // a person filed it
  condition.mutable_limits()->DeleteSubrange(0, 2);  // only grade B is left
  rules::rulebook_rows::kItems.Put(city.rulebook(), key, item);
  city.Do("inspector1", "r2", ReportOf("r2", "inspector"));
  EXPECT_EQ(city.CodeOf("leader", "r2", FileOf("r2", "event/01-10", "1")),
            base::Code::kFailedPrecondition);
}

TEST(FileCaseTest, NeedsThePreCheckOrAReason) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "12345", "event/01-10"));
  EXPECT_EQ(city.CodeOf("leader", "r1", FileOf("r1", "event/01-10", "1", "because")),
            base::Code::kFailedPrecondition);  // it is running
  city.PreCheck("r1/k1", false);
  EXPECT_EQ(city.CodeOf("leader", "r1", FileOf("r1", "event/01-10", "1")),
            base::Code::kFailedPrecondition);
  city.Do("leader", "r1", FileOf("r1", "event/01-10", "1", "two neighbours saw it"));
  EXPECT_EQ(city.Then<v1::CaseFiled>().reason(), "two neighbours saw it");

  city.Do("acceptor", "r2", ReportOf("r2", "12345", "event/01-10")).PreCheck("r2/k1", true);
  city.Do("leader", "r2", FileOf("r2", "event/01-10", "1"));
  EXPECT_EQ(city.CaseRow("r2/c1").pre_check(), v1::CHECK_RESULT_PASSED);

  city.Do("acceptor", "r3", ReportOf("r3", "12345", "event/01-10"));
  city.Check<verification::v1::CheckExpired>("r3/k1", verification::v1::CHECK_KIND_PRE);
  EXPECT_EQ(city.ReportRow("r3").pre_check(), v1::CHECK_RESULT_EXPIRED);
  EXPECT_EQ(city.CodeOf("leader", "r3", FileOf("r3", "event/01-10", "1")),
            base::Code::kFailedPrecondition);
  EXPECT_EQ(city.CodeOf("leader", "r3", FileOf("r3", "event/01-10", "1", std::string(2'001, 'x'))),
            base::Code::kInvalidArgument);
  city.Do("leader", "r3", FileOf("r3", "event/01-10", "1", "nobody could go"));

  city.Do("acceptor", "r4", ReportOf("r4", "12345"));  // demanded by source, never asked
  EXPECT_EQ(city.CodeOf("leader", "r4", FileOf("r4", "event/01-10", "1")),
            base::Code::kFailedPrecondition);
  city.Do("leader", "r4", FileOf("r4", "event/01-10", "1", "left out"));
}

TEST(FileCaseTest, IsForTheShiftLeaderUnlessTheCitySaysOtherwise) {
  IntakeCase city;
  city.Do("inspector1", "r1", ReportOf("r1", "inspector", "event/01-10"));
  EXPECT_EQ(city.CodeOf("acceptor", "r1", FileOf("r1", "event/01-10", "1")),
            base::Code::kPermissionDenied);
  rulebook::v1::Item item;
  item.set_key("acceptor_may_file");
  item.mutable_setting()->set_number(1);
  const auto key =
      rules::rulebook_rows::VersionKey("settings", "city", 1).Tail("acceptor_may_file");
  rules::rulebook_rows::kItems.Put(city.rulebook(), key, item);
  EXPECT_EQ(city.CodeOf("acceptor", "r1", FileOf("r1", "event/01-10", "1")), base::Code::kOk);
}

TEST(FileCaseTest, SplitsAReportIntoCasesOfOtherGrounds) {
  IntakeCase city;
  city.Filed("r1", "component/01-01", "2");
  auto second = FileOf("r1", "event/01-10", "1");
  EXPECT_EQ(city.CodeOf("leader", "r1", second), base::Code::kFailedPrecondition);  // not `another`
  second.set_another(true);
  city.Do("leader", "r1", second);
  EXPECT_EQ(city.events()[1].stream, "r1/c2");
  EXPECT_EQ(city.Then<v1::CaseFiled>().number(), "3707052026031100001");
  EXPECT_EQ(city.ReportRow("r1").case_ids_size(), 2);
  auto third = FileOf("r1", "component/01-01", "2");
  third.set_another(true);
  EXPECT_EQ(city.CodeOf("leader", "r1", third), base::Code::kFailedPrecondition);  // that of c1
  third.set_condition_id("1");
  EXPECT_EQ(city.CodeOf("leader", "r1", third), base::Code::kOk);
  EXPECT_EQ(city.CodeOf("leader", "r1", FileOf("r1", "event/77-77", "1")),
            base::Code::kFailedPrecondition);
}

TEST(FileCaseTest, RefusesUnknownGrounds) {
  IntakeCase city;
  city.Do("inspector1", "r1", ReportOf("r1", "inspector"));
  EXPECT_EQ(city.CodeOf("leader", "r1", FileOf("r1", "event/77-77", "1")), base::Code::kNotFound);
  EXPECT_EQ(city.CodeOf("leader", "r1", FileOf("r1", "event/01-10", "7")), base::Code::kNotFound);
  EXPECT_EQ(city.CodeOf("leader", "r9", FileOf("r9", "event/01-10", "1")), base::Code::kNotFound);
}

TEST(FileCaseTest, RefusesWhenTheDistrictsNumbersOfTheDayAreGiven) {
  IntakeCase city;
  city.Do("inspector1", "r1", ReportOf("r1", "inspector"))
      .Do("inspector1", "r2", ReportOf("r2", "inspector"));
  state::Counter counter;
  counter.set_count(99'999);
  kCounters.Put(city.rows(), "37070520260311", counter);
  city.Do("leader", "r1", FileOf("r1", "event/01-10", "1"));
  EXPECT_EQ(city.Then<v1::CaseFiled>().number(), "3707052026031199999");
  EXPECT_EQ(city.CodeOf("leader", "r2", FileOf("r2", "event/01-10", "1")),
            base::Code::kResourceExhausted);
  city.Later(std::chrono::hours(24));
  EXPECT_EQ(city.CodeOf("leader", "r2", FileOf("r2", "event/01-10", "1")), base::Code::kOk);
}

TEST(FileUrgentTest, FilesAtOnceWithThePreCheckBeside) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "12345"));
  EXPECT_EQ(city.CodeOf("acceptor", "r1", UrgentOf("r1", "component/01-01", "2")),
            base::Code::kFailedPrecondition);  // not an urgent condition
  city.Do("acceptor", "r1", UrgentOf("r1", "component/01-01", "1"));
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportFiled", "CaseFiled", "PreCheckAsked"}));
  EXPECT_TRUE(city.Then<v1::CaseFiled>().urgent());
  EXPECT_EQ(city.Then<v1::PreCheckAsked>().case_id(), "r1/c1");
  EXPECT_EQ(city.ReportRow("r1").state(), "filed");
  city.PreCheck("r1/k1", false);  // stops nothing, but is seen, and a void may follow
  EXPECT_EQ(city.CaseRow("r1/c1").state(), "filed");
  EXPECT_EQ(city.CaseRow("r1/c1").pre_check(), v1::CHECK_RESULT_FAILED);
  EXPECT_EQ(city.ReportRow("r1").state(), "filed");
  v1::AskVoid ask;
  ask.set_id("v");
  ask.set_reason("nothing there");
  city.Do("acceptor", "r1/c1", ask);
  EXPECT_EQ(city.CaseRow("r1/c1").pre_check(), v1::CHECK_RESULT_FAILED);
}

TEST(FileUrgentTest, AsksForNoSecondPreCheck) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "12345", "component/01-01"));  // k1 runs already
  city.Do("acceptor", "r1", UrgentOf("r1", "component/01-01", "1"));
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportFiled", "CaseFiled"}));
  city.PreCheck("r1/k1", true);
  EXPECT_EQ(city.CaseRow("r1/c1").pre_check(), v1::CHECK_RESULT_PASSED);
  EXPECT_EQ(city.CodeOf("acceptor", "r1", UrgentOf("r1", "component/01-01", "1")),
            base::Code::kFailedPrecondition);
  city.Do("inspector1", "r2", ReportOf("r2", "inspector"));  // its source asks for none
  city.Do("leader", "r2", UrgentOf("r2", "component/01-01", "1"));
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportFiled", "CaseFiled"}));
}

v1::CaseVoided Voided(IntakeCase& city, const char* case_id = "r1/c1") {
  v1::AskVoid ask;
  ask.set_id("v");
  ask.set_reason("nothing there");
  v1::GrantVoid grant;
  grant.set_id("g");
  city.Do("acceptor", case_id, ask).Do("leader", case_id, grant);
  return city.Then<v1::CaseVoided>();
}

TEST(FileUrgentTest, AVoidNamesThePreCheckBeside) {
  for (const char* class_known : {"", "component/01-01"}) {  // asked for now, or running already
    IntakeCase city;
    city.Do("acceptor", "r1", ReportOf("r1", "12345", class_known));
    city.Do("acceptor", "r1", UrgentOf("r1", "component/01-01", "1"));
    EXPECT_EQ(Voided(city).pre_check(), "r1/k1");
    city.Check<verification::v1::CheckWithdrawn>("r1/k1", verification::v1::CHECK_KIND_PRE);
    EXPECT_EQ(city.Then<v1::PreCheckNoted>().result(), v1::CHECK_RESULT_WITHDRAWN);
    EXPECT_EQ(city.CaseRow("r1/c1").pre_check(), v1::CHECK_RESULT_WITHDRAWN);
    // Nothing runs any more, so the report may be filed as what it is, with a reason.
    v1::FileCase file = FileOf("r1", "event/01-10", "1", "it was rubbish");
    file.set_another(true);
    city.Do("leader", "r1", file);
    EXPECT_EQ(Voided(city, "r1/c2").pre_check(), "") << "of a case that is not urgent none runs";
  }
  IntakeCase post;  // the case has ended, and with it its own check
  post.Filed("r1");
  post.Check<verification::v1::CheckWithdrawn>("r1/c1/k1", verification::v1::CHECK_KIND_POST);
  EXPECT_TRUE(post.events().empty());
}

// The answer and the void are of two topics; what comes second changes nothing of the first.
TEST(CrossingTest, ThePreCheckBesideAndTheVoidEndAlike) {
  IntakeCase one, other;
  for (IntakeCase* city : {&one, &other}) {
    city->Do("acceptor", "r1", ReportOf("r1", "12345"));
    city->Do("acceptor", "r1", UrgentOf("r1", "component/01-01", "1"));
  }
  one.PreCheck("r1/k1", true);
  EXPECT_EQ(Voided(one).pre_check(), "r1/k1") << "verification knows that it has ended";
  Voided(other);
  other.PreCheck("r1/k1", true);
  for (const char* stream : {"r1", "r1/c1"}) {
    EXPECT_EQ(one.StateOf<state::State>(stream).DebugString(),
              other.StateOf<state::State>(stream).DebugString());
  }
  EXPECT_EQ(one.CaseRow("r1/c1").DebugString(), other.CaseRow("r1/c1").DebugString());
}

// The result of a check and the filing may be read in either order.
TEST(CrossingTest, PreCheckAndUrgentFilingEndAlike) {
  IntakeCase one, other;
  for (IntakeCase* city : {&one, &other}) {
    city->Do("acceptor", "r1", ReportOf("r1", "12345", "component/01-01"));
  }
  one.PreCheck("r1/k1", true).Do("acceptor", "r1", UrgentOf("r1", "component/01-01", "1"));
  other.Do("acceptor", "r1", UrgentOf("r1", "component/01-01", "1")).PreCheck("r1/k1", true);
  EXPECT_EQ(one.StateOf<state::State>("r1").DebugString(),
            other.StateOf<state::State>("r1").DebugString());
  EXPECT_EQ(one.CaseRow("r1/c1").DebugString(), other.CaseRow("r1/c1").DebugString());
}

}  // namespace
}  // namespace wanmi::intake::testing
