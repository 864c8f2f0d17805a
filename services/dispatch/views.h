// What dispatch shows: one row a case, and two lists of it.
#pragma once

#include "base/rows.h"
#include "rules/fact.h"
#include "rules/gauge.h"
#include "rules/views.h"
#include "services/dispatch/domain.h"

namespace wanmi::dispatch {

inline constexpr base::Family<v1::AssignmentView> kAssignments{16, "assignment"};  // case
// The lists hold the case id only; what is shown is read from kAssignments.
// state, time since (dispatched, else filed), case; not of ended ones
inline constexpr base::Family<v1::AssignmentView> kByState{17, "assignment-by-state"};
// unit, deadline (the last of all if there is none), case; while the work lies with the unit
inline constexpr base::Family<v1::AssignmentView> kOpenByUnit{18, "open-assignment-by-unit"};

void Project(const rules::Fact<v1::Event>& fact, const State& after, base::RowWriter& rows);

base::Result<v1::AssignmentView> ReadAssignment(const v1::GetAssignment& request,
                                                const rules::Views& views);
base::Result<v1::AssignmentPage> ReadAssignments(const v1::ListAssignments& request,
                                                 const rules::Views& views);

// wanmi_dispatch_open_cases by state, wanmi_dispatch_overdue_cases by unit: the deadline has passed
// and no feedback waits at the gate.
std::vector<rules::Gauge> Gauges(const rules::Views& views);

}  // namespace wanmi::dispatch
