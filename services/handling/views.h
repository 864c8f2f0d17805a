// What handling shows: one row a work order, and each unit's open ones by deadline.
#pragma once

#include "base/rows.h"
#include "rules/fact.h"
#include "rules/views.h"
#include "services/handling/domain.h"

namespace wanmi::handling {

inline constexpr base::Family<v1::WorkView> kWork{16, "work"};  // work
// unit, deadline (the last of all if there is none), work; holds the work's id only
inline constexpr base::Family<v1::WorkView> kOpenByUnit{17, "open-work-by-unit"};

void Project(const rules::Fact<v1::Event>& fact, const State& after, base::RowWriter& rows);

base::Result<v1::WorkView> ReadWork(const v1::GetWork& request, const rules::Views& views);
base::Result<v1::WorkPage> ReadWorkOfUnit(const v1::ListWork& request, const rules::Views& views);

}  // namespace wanmi::handling
