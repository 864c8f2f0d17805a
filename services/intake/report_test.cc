// Taking reports in, answering them, and filing alarms.
#include "base/partition.h"
#include "rules/rulebook_rows.h"
#include "services/intake/domain.h"
#include "services/intake/notify.h"
#include "services/intake/sample_test.h"
#include "services/intake/views.h"

namespace wanmi::intake::testing {
namespace {

TEST(ReportTest, IsReceivedWithNumberTimesAndMarksOfItsSource) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "app"));
  EXPECT_EQ(city.Kinds(),
            Kinds{"ReportReceived"});  // without a class nobody knows what to look for
  const auto received = city.Then<v1::ReportReceived>();
  EXPECT_EQ(received.number(), "R202603110000000");
  EXPECT_EQ(received.received_at_us(), base::ToMicros(testkit::kSampleNow));
  EXPECT_EQ(received.occurred_at_us(), base::ToMicros(testkit::kSampleNow));
  EXPECT_EQ(received.first_answer_due_us() - received.received_at_us(), 3'600'000'000);
  EXPECT_TRUE(received.pre_check_needed());
  EXPECT_TRUE(received.call_back());
  EXPECT_FALSE(received.counts_as_found());
  EXPECT_EQ(received.priority(), 3);
  EXPECT_EQ(city.ReportRow("r1").state(), "received");
}

TEST(ReportTest, WithAClassAsksForThePreCheckOfItsSource) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "12345", "event/01-10"));
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportReceived", "PreCheckAsked"}));
  EXPECT_EQ(city.Then<v1::PreCheckAsked>().check(), "r1/k1");
  EXPECT_EQ(city.Then<v1::PreCheckAsked>().place().cell_code(), "370705001001001");
  EXPECT_EQ(city.ReportRow("r1").state(), "checking");
}

TEST(ReportTest, NumbersCountTheDayInTheCityAndAreStripedByPartition) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "app")).Do("acceptor", "r2", ReportOf("r2", "app"));
  EXPECT_EQ(city.Then<v1::ReportReceived>().number(), "R202603110000001");
  city.Later(std::chrono::hours(14));  // 23:00 in China, still the same day
  city.Do("acceptor", "r3", ReportOf("r3", "app"));
  EXPECT_EQ(city.Then<v1::ReportReceived>().number(), "R202603110000002");
  city.Later(std::chrono::hours(2));  // 01:00, but 17:00 UTC of the day before
  city.Do("acceptor", "r4", ReportOf("r4", "app"));
  EXPECT_EQ(city.Then<v1::ReportReceived>().number(), "R202603120000000");

  city.As("acceptor").At(testkit::kSampleNow);
  const rules::Reference reference(city.directory(), city.rulebook(), testkit::kSampleNow);
  const rules::Context third{testkit::kSampleNow, city.actor(), city.rows(), reference, 3, 8, 1};
  const auto decision = Decide("r5", {}, rules::Wrap<v1::Command>(ReportOf("r5", "app")), third);
  ASSERT_TRUE(decision.ok());
  // This partition has given three: 3·8 + 3.
  EXPECT_EQ(decision->emissions()[0].event.report_received().number(), "R202603110000027");
}

TEST(ReportTest, InspectorsReportFromOutsideIsTakenAndMarked) {
  IntakeCase city;
  city.Do("inspector1", "r1", ReportOf("r1", "inspector", "event/01-10"));
  EXPECT_FALSE(city.Then<v1::ReportReceived>().outside_own_area());
  EXPECT_EQ(city.Then<v1::ReportReceived>().reporter_post(), "inspector1");
  EXPECT_TRUE(city.Then<v1::ReportReceived>().counts_as_found());
  city.Do("inspector2", "r2", ReportOf("r2", "inspector", "event/01-10"));
  EXPECT_TRUE(city.Then<v1::ReportReceived>().outside_own_area());
  EXPECT_TRUE(city.ReportRow("r2").outside_own_area());
  city.Do("acceptor", "r3", ReportOf("r3", "12345"));  // a desk has no area of its own
  EXPECT_FALSE(city.Then<v1::ReportReceived>().outside_own_area());
}

TEST(ReportTest, DepartmentsOwnFindIsTakenAndNeverCountsAsFound) {
  IntakeCase city;
  rulebook::v1::Item item;
  item.set_key("self");
  item.mutable_source()->set_code("self");
  item.mutable_source()->set_counts_as_found(true);  // a table may say so; the rule does not follow
  item.mutable_source()->set_filing_white_list("order-filing");
  rules::rulebook_rows::kItems.Put(
      city.rulebook(), rules::rulebook_rows::VersionKey("sources", "city", 1).Tail("self"), item);
  city.Do("san-clerk", "r1", ReportOf("r1", "self", "event/01-10", "1"));
  EXPECT_EQ(city.Kinds(), Kinds{"ReportReceived"});  // and the disposal axis files nothing
  EXPECT_FALSE(city.Then<v1::ReportReceived>().counts_as_found());
  EXPECT_EQ(city.CodeOf("san-clerk", "r2", ReportOf("r2", "12345")), base::Code::kPermissionDenied);
  EXPECT_EQ(city.CodeOf("san-crew", "r2", ReportOf("r2", "self")), base::Code::kPermissionDenied);
}

TEST(ReportTest, SuperiorOrderIsFiledInTheSameDecisionInTheNameOfTheSigner) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "superior", "event/01-10", "1"));
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportReceived", "ReportFiled", "CaseFiled"}));
  EXPECT_EQ(city.events()[2].stream, "r1/c1");
  EXPECT_EQ(city.Then<v1::CaseFiled>().white_list(), "order-filing");
  EXPECT_EQ(city.Then<v1::CaseFiled>().signed_by_post(), "leader");
  EXPECT_EQ(city.Then<v1::CaseFiled>().number(), "3707052026031100000");
  EXPECT_EQ(city.ReportRow("r1").state(), "filed");
  // Without a condition it waits for the desk.
  city.Do("acceptor", "r2", ReportOf("r2", "superior", "event/01-10"));
  EXPECT_EQ(city.Kinds(), Kinds{"ReportReceived"});
  EXPECT_EQ(city.CodeOf("acceptor", "r3", ReportOf("r3", "superior", "event/01-10", "9")),
            base::Code::kNotFound);
}

TEST(ReportTest, RefusesWhatIsMalformed) {
  IntakeCase city;
  const auto code = [&](std::string_view stream, const v1::Report& report) {
    return city.CodeOf("acceptor", stream, report);
  };
  for (const std::string& id :
       {std::string(), std::string("a/b"), std::string(65, 'x'), std::string("a\0b", 3)}) {
    EXPECT_EQ(code("r", ReportOf(id, "app")), base::Code::kInvalidArgument) << id;
  }
  EXPECT_EQ(code(std::string(64, 'x'), ReportOf(std::string(64, 'x'), "app")),
            base::Code::kInvalidArgument);
  auto report = ReportOf("r", "app");
  report.clear_id();
  EXPECT_EQ(code("r", report), base::Code::kInvalidArgument);
  report = ReportOf("r", "app");
  report.mutable_place()->clear_cell_code();
  EXPECT_EQ(code("r", report), base::Code::kInvalidArgument);
  report = ReportOf("r", "app");
  report.mutable_place()->set_district_code("37070x");
  EXPECT_EQ(code("r", report), base::Code::kInvalidArgument);
  report = ReportOf("r", "app");
  report.mutable_words()->set_phone("1");
  EXPECT_EQ(code("r", report), base::Code::kInternal);  // in clear
  report = ReportOf("r", "app");
  report.set_occurred_at_us(base::ToMicros(testkit::kSampleNow + std::chrono::hours(1)));
  EXPECT_EQ(code("r", report), base::Code::kInvalidArgument);
  report = ReportOf("r", "app");
  report.set_condition_id("1");
  EXPECT_EQ(code("r", report), base::Code::kInvalidArgument);
  report = ReportOf("r", "app");
  for (int i = 0; i < 21; ++i) *report.add_evidence() = testkit::SamplePicture(testkit::kSampleNow);
  EXPECT_EQ(code("r", report), base::Code::kInvalidArgument);
  report.mutable_evidence()->RemoveLast();
  report.mutable_evidence(0)->set_sha256_hex("abc");
  EXPECT_EQ(code("r", report), base::Code::kInvalidArgument);
  EXPECT_EQ(code("r", ReportOf("r", "rumour")), base::Code::kNotFound);
  EXPECT_EQ(code("r", ReportOf("r", "app", "event/77-77")), base::Code::kNotFound);
  EXPECT_EQ(code("r", ReportOf("r", "app")), base::Code::kOk);
  EXPECT_EQ(code("r", ReportOf("r", "12345")), base::Code::kAlreadyExists);
}

TEST(ReportTest, IsAnsweredPassedOnOrRefusedAndThenDecided) {
  IntakeCase city;
  for (const char* id : {"r1", "r2", "r3", "r4"}) city.Do("acceptor", id, ReportOf(id, "app"));
  v1::Answer answer;
  answer.set_id("a");
  answer.set_report("r1");
  EXPECT_EQ(city.CodeOf("acceptor", "r1", answer), base::Code::kInvalidArgument);  // no topic
  answer.set_topic("heating starts on 15 November");
  city.Do("acceptor", "r1", answer);
  EXPECT_EQ(city.ReportRow("r1").state(), "answered");
  v1::PassOn pass_on;
  pass_on.set_id("p");
  pass_on.set_report("r2");
  pass_on.set_to("119");
  pass_on.set_receipt_number("7");
  city.Do("acceptor", "r2", pass_on);
  EXPECT_EQ(city.Then<v1::ReportPassedOn>().receipt_number(), "7");
  EXPECT_EQ(city.ReportRow("r2").state(), "passed_on");
  v1::Refuse refuse;
  refuse.set_id("x");
  refuse.set_report("r3");
  EXPECT_EQ(city.CodeOf("acceptor", "r3", refuse), base::Code::kInvalidArgument);
  refuse.set_reason(std::string(2'001, 'x'));
  EXPECT_EQ(city.CodeOf("acceptor", "r3", refuse), base::Code::kInvalidArgument);
  refuse.set_reason("outside the city");
  city.Do("acceptor", "r3", refuse);
  EXPECT_EQ(city.ReportRow("r3").state(), "refused");
  for (const char* id : {"r1", "r2", "r3"}) {
    EXPECT_EQ(city.CodeOf("acceptor", id, answer), base::Code::kFailedPrecondition) << id;
    EXPECT_EQ(city.CodeOf("acceptor", id, pass_on), base::Code::kFailedPrecondition) << id;
    EXPECT_EQ(city.CodeOf("acceptor", id, refuse), base::Code::kFailedPrecondition) << id;
  }
  EXPECT_EQ(city.CodeOf("acceptor", "r9", answer), base::Code::kNotFound);
}

TEST(ReportTest, RefusalIsContestedOnce) {
  IntakeCase city;
  city.Do("acceptor", "r1", ReportOf("r1", "app"));
  v1::Refuse refuse;
  refuse.set_id("x");
  refuse.set_report("r1");
  refuse.set_reason("not ours");
  v1::ContestRefusal contest;
  contest.set_id("c");
  contest.set_report("r1");
  EXPECT_EQ(city.CodeOf("acceptor", "r1", contest), base::Code::kInvalidArgument);  // no reason
  contest.mutable_sealed_reason()->set_ciphertext("sealed");
  EXPECT_EQ(city.CodeOf("acceptor", "r1", contest),
            base::Code::kFailedPrecondition);  // not refused
  city.Do("acceptor", "r1", refuse);
  contest.set_reason("but it is");
  EXPECT_EQ(city.CodeOf("acceptor", "r1", contest), base::Code::kInternal);  // in clear
  contest.clear_reason();
  city.Do("acceptor", "r1", contest);
  EXPECT_EQ(city.Then<v1::RefusalContested>().sealed_reason().ciphertext(), "sealed");
  EXPECT_EQ(city.ReportRow("r1").state(), "received");
  city.Do("acceptor", "r1", refuse);
  EXPECT_EQ(city.CodeOf("acceptor", "r1", contest), base::Code::kFailedPrecondition);
}

alarms::v1::AlarmRaised AlarmOf(std::string_view code) {
  alarms::v1::AlarmRaised raised;
  raised.set_alarm("station-1/a1");
  raised.set_measured_at_us(base::ToMicros(testkit::kSampleNow) - 5);
  *raised.mutable_class_ref() = testkit::SampleClass(code);
  raised.set_condition_id("1");
  *raised.mutable_place() = testkit::SamplePlace();
  return raised;
}

TEST(AlarmTest, OnTheWhiteListIsReportAndCaseInOneDecision) {
  IntakeCase city;
  EXPECT_TRUE(
      city.WhenHeard<alarms::v1::Event>("alarms", "station-1", AlarmOf("component/01-10")).empty());
  EXPECT_EQ(city.Kinds(), (Kinds{"ReportReceived", "ReportFiled", "CaseFiled"}));
  EXPECT_EQ(city.events()[0].stream, "report-alarms-0-1-1-0");
  EXPECT_EQ(city.events()[2].stream, "report-alarms-0-1-1-0/c1");
  const auto filed = city.Then<v1::CaseFiled>();
  EXPECT_EQ(filed.alarm(), "station-1/a1");
  EXPECT_EQ(filed.white_list(), "sensor-filing");
  EXPECT_EQ(filed.signed_by_post(), "leader");
  EXPECT_EQ(city.Under(), "sensor-filing, signed by leader of sup");
  EXPECT_EQ(city.Then<v1::ReportReceived>().occurred_at_us(),
            base::ToMicros(testkit::kSampleNow) - 5);
  EXPECT_TRUE(
      city.WhenHeard<alarms::v1::Event>("alarms", "station-1", AlarmOf("component/01-10")).empty());
  EXPECT_TRUE(city.events().empty());  // the same entry again
}

TEST(AlarmTest, OffTheWhiteListWaitsForTheDesk) {
  IntakeCase city;
  EXPECT_TRUE(
      city.WhenHeard<alarms::v1::Event>("alarms", "station-1", AlarmOf("event/01-10")).empty());
  EXPECT_EQ(city.Kinds(), Kinds{"ReportReceived"});
  EXPECT_EQ(city.Under(), "");
}

TEST(AlarmTest, OnAListThatSupervisionDidNotSignIsRefused) {
  IntakeCase city;
  rulebook::v1::Item item;
  item.set_key("sensor-filing");
  item.mutable_white_list()->set_what("file");
  item.mutable_white_list()->set_signed_by_post("dispatcher");
  const auto key = rules::rulebook_rows::VersionKey("white_lists", "city", 1).Tail("sensor-filing");
  rules::rulebook_rows::kItems.Put(city.rulebook(), key, item);
  const auto refusals =
      city.WhenHeard<alarms::v1::Event>("alarms", "station-1", AlarmOf("component/01-10"));
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].code(), base::Code::kFailedPrecondition);
  EXPECT_TRUE(city.events().empty());
}

TEST(NotifyTest, TellsOnlyReportersWhoAreToBeCalledBack) {
  const common::v1::Actor actor;
  const auto told = [&](auto kind) {
    const auto event = rules::Wrap<v1::Event>(std::move(kind));
    std::string keys;
    for (const auto& notice :
         Notify({"intake", 0, 1, 0, "r1", testkit::kSampleNow, actor, event})) {
      keys += notice.channel + " " + notice.to + " " + notice.text_key;
    }
    return keys;
  };
  v1::ReportReceived received;
  EXPECT_EQ(told(received), "");
  received.set_call_back(true);
  EXPECT_EQ(told(received), "reporter r1 report.received");
  v1::ReportOutcomeNoted outcome;
  outcome.set_outcome("closed");
  EXPECT_EQ(told(outcome), "");
  outcome.set_call_back(true);
  EXPECT_EQ(told(outcome), "reporter r1 report.closed");
  EXPECT_EQ(told(v1::ReportFiled()), "");

  IntakeCase city;  // and the events carry the mark of their source
  city.Do("acceptor", "r1", ReportOf("r1", "app"));
  v1::Answer answer;
  answer.set_id("a");
  answer.set_topic("advice");
  city.Do("acceptor", "r1", answer);
  EXPECT_EQ(told(city.Then<v1::ReportAnswered>()), "reporter r1 report.answered");
  city.Do("acceptor", "r2", ReportOf("r2", "12345"));
  v1::Refuse refuse;
  refuse.set_id("x");
  refuse.set_reason("not ours");
  city.Do("acceptor", "r2", refuse);
  EXPECT_EQ(told(city.Then<v1::ReportRefused>()), "");
}

}  // namespace
}  // namespace wanmi::intake::testing
