// views: the rows that intake's events become, and the reads over them. Rows belong to the
// partition that wrote them; reads see all of them. Every list is oldest first.
#pragma once

#include "base/rows.h"
#include "base/status.h"
#include "rules/fact.h"
#include "rules/gauge.h"
#include "rules/views.h"
#include "services/intake/state.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::intake {

inline constexpr base::Family<v1::ReportView> kReports{16, "report"};               // report id
inline constexpr base::Family<v1::CaseView> kCases{17, "case"};                     // case id
inline constexpr base::Family<state::Pointer> kReportNumbers{18, "report-number"};  // number
inline constexpr base::Family<state::Pointer> kCaseNumbers{19, "case-number"};      // number
// state, received at, report id
inline constexpr base::Family<state::Pointer> kReportsByState{20, "report-by-state"};
// received at, report id
inline constexpr base::Family<state::Pointer> kReportsByTime{21, "report-by-time"};
// state, filed at, case id
inline constexpr base::Family<state::Pointer> kCasesByState{22, "case-by-state"};
// street code, filed at, case id; open and ended
inline constexpr base::Family<state::Pointer> kCasesByStreet{23, "case-by-street"};
// "R20260311" or "37070520260311": numbers given by this partition
inline constexpr base::Family<state::Counter> kCounters{24, "counter"};

inline constexpr int kReportDigits = 7;  // of a number, behind its prefix
inline constexpr int kCaseDigits = 5;

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows);

base::Result<v1::ReportView> GetReport(const v1::GetReport& request, const rules::Views& views);
base::Result<v1::CaseView> GetCase(const v1::GetCase& request, const rules::Views& views);
base::Result<v1::ReportPage> ListReports(const v1::ListReports& request, const rules::Views& views);
base::Result<v1::CasePage> ListCases(const v1::ListCases& request, const rules::Views& views);

// wanmi_intake_open_reports and wanmi_intake_open_cases, by state.
std::vector<rules::Gauge> Gauges(const rules::Views& views);

}  // namespace wanmi::intake
