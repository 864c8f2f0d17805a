// Rows and reads.
#include "services/intake/views.h"

#include "services/intake/sample_test.h"

namespace wanmi::intake::testing {
namespace {

std::string IdsOf(const v1::ReportPage& page) {
  std::string ids;
  for (const auto& report : page.reports()) ids += report.report() + " ";
  return ids;
}
std::string IdsOf(const v1::CasePage& page) {
  std::string ids;
  for (const auto& row : page.cases()) ids += row.case_id() + " ";
  return ids;
}

TEST(ViewsTest, FindByIdAndByNumber) {
  IntakeCase city;
  city.Filed("r1");
  EXPECT_EQ(city.ReportRow("R202603110000000").report(), "r1");
  EXPECT_EQ(city.CaseRow("3707052026031100000").case_id(), "r1/c1");
  const auto row = city.CaseRow("r1/c1");
  EXPECT_EQ(row.condition_text(), "condition 1 of event/01-10");
  EXPECT_EQ(row.place().street_code(), "370705001");
  v1::GetReport report;
  report.set_report("r9");
  EXPECT_EQ(city.Ask<v1::ReportView>("GetReport", report).status().code(), base::Code::kNotFound);
  v1::GetCase none;
  EXPECT_EQ(city.Ask<v1::CaseView>("GetCase", none).status().code(), base::Code::kInvalidArgument);
  none.set_case_id("/c1");
  EXPECT_EQ(city.Ask<v1::CaseView>("GetCase", none).status().code(), base::Code::kInvalidArgument);
}

TEST(ViewsTest, ReportsAreListedByTimeAndByState) {
  IntakeCase city;
  city.Do("acceptor", "z", ReportOf("z", "app"));
  city.Later(std::chrono::seconds(1));
  city.Do("acceptor", "a", ReportOf("a", "app"));
  city.Later(std::chrono::seconds(1));
  city.Filed("m");
  v1::ListReports list;
  EXPECT_EQ(IdsOf(city.Ask<v1::ReportPage>("ListReports", list).value()), "z a m ");
  list.mutable_page()->set_size(2);
  const auto first = city.Ask<v1::ReportPage>("ListReports", list).value();
  EXPECT_EQ(IdsOf(first), "z a ");
  list.mutable_page()->set_token(first.next());
  const auto second = city.Ask<v1::ReportPage>("ListReports", list).value();
  EXPECT_EQ(IdsOf(second), "m ");
  EXPECT_EQ(second.next(), "");
  list.set_state("received");
  EXPECT_EQ(city.Ask<v1::ReportPage>("ListReports", list).status().code(),
            base::Code::kInvalidArgument);  // the token of another list
  list.clear_page();
  EXPECT_EQ(IdsOf(city.Ask<v1::ReportPage>("ListReports", list).value()), "z a ");
  list.set_state("filed");
  EXPECT_EQ(IdsOf(city.Ask<v1::ReportPage>("ListReports", list).value()), "m ");
  list.set_state("lost");
  EXPECT_EQ(city.Ask<v1::ReportPage>("ListReports", list).status().code(),
            base::Code::kInvalidArgument);
  list.set_state("filed");
  list.set_source("app");
  const auto refused = city.Ask<v1::ReportPage>("ListReports", list).status();
  EXPECT_EQ(refused.code(), base::Code::kInvalidArgument);
  EXPECT_NE(refused.message().find("`state`"), std::string::npos);
}

TEST(ViewsTest, CasesAreListedByNumberStateAndStreet) {
  IntakeCase city;
  city.Filed("z");
  city.Later(std::chrono::seconds(1));
  city.Filed("a", "component/01-01", "2");
  v1::ListCases list;
  EXPECT_EQ(IdsOf(city.Ask<v1::CasePage>("ListCases", list).value()), "z/c1 a/c1 ");
  city.Feedback("z/c1", FeedbackOf(1));
  list.set_state("filed");
  EXPECT_EQ(IdsOf(city.Ask<v1::CasePage>("ListCases", list).value()), "a/c1 ");
  list.set_state("checking");
  EXPECT_EQ(IdsOf(city.Ask<v1::CasePage>("ListCases", list).value()), "z/c1 ");
  city.PostCheck("z/c1/k1", true);
  EXPECT_EQ(IdsOf(city.Ask<v1::CasePage>("ListCases", list).value()), "");
  list.set_street_code("370705001");
  EXPECT_EQ(city.Ask<v1::CasePage>("ListCases", list).status().code(),
            base::Code::kInvalidArgument);
  list.clear_state();
  EXPECT_EQ(IdsOf(city.Ask<v1::CasePage>("ListCases", list).value()), "z/c1 a/c1 ");
  list.set_street_code("370705002");
  EXPECT_EQ(IdsOf(city.Ask<v1::CasePage>("ListCases", list).value()), "");
  for (const std::string& street : {std::string("3707"), std::string("37070500\0", 9)}) {
    list.set_street_code(street);
    EXPECT_EQ(city.Ask<v1::CasePage>("ListCases", list).status().code(),
              base::Code::kInvalidArgument);
  }
}

// An index has one row for each report and case, wherever their lives have led.
TEST(ViewsTest, IndexesKeepNoStaleRows) {
  IntakeCase city;
  city.Filed("r1").Feedback("r1/c1", FeedbackOf(1)).PostCheck("r1/c1/k1", true);
  int reports = 0, cases = 0;
  kReportsByState.Scan(city.rows(), {},
                       [&](std::string_view, state::Pointer&&) { return ++reports; });
  kCasesByState.Scan(city.rows(), {}, [&](std::string_view, state::Pointer&&) { return ++cases; });
  EXPECT_EQ(reports, 1);
  EXPECT_EQ(cases, 1);
}

TEST(ViewsTest, GaugesCountWhatIsOpen) {
  IntakeCase city;
  EXPECT_EQ(city.Gauges().at("wanmi_intake_open_cases filed"), 0) << "shown before there is any";
  city.Filed("r1").Filed("r2").Feedback("r2/c1", FeedbackOf(1));
  const auto gauges = city.Gauges();
  EXPECT_EQ(gauges.size(), 6u);
  EXPECT_EQ(gauges.at("wanmi_intake_open_cases filed"), 1);
  EXPECT_EQ(gauges.at("wanmi_intake_open_cases checking"), 1);
  EXPECT_EQ(gauges.at("wanmi_intake_open_reports received"), 0) << "they ended in a case";
}

}  // namespace
}  // namespace wanmi::intake::testing
