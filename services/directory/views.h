// directory's rows: the families of libs/rules/directory_rows.h, which every service reads, and the
// queries over them. Pure; called by the runtime.
#pragma once

#include "base/rows.h"
#include "base/status.h"
#include "rules/fact.h"
#include "rules/views.h"
#include "services/directory/state.pb.h"
#include "wanmi/directory/v1/directory.pb.h"

namespace wanmi::directory {

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows);

base::Result<v1::Unit> GetUnit(const v1::GetUnit& request, const rules::Views& views);
base::Result<v1::UnitPage> ListUnits(const v1::ListUnits& request, const rules::Views& views);
base::Result<v1::PostPage> ListPosts(const v1::ListPosts& request, const rules::Views& views);

}  // namespace wanmi::directory
