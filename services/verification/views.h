// verification's rows and the reads over them.
#pragma once

#include "base/rows.h"
#include "base/status.h"
#include "rules/fact.h"
#include "rules/views.h"
#include "services/verification/state.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::verification {

inline constexpr base::Family<v1::CheckView> kChecks{16, "check"};  // check id
inline constexpr base::Family<v1::CheckView> kOpenByPost{17,
                                                         "open-check-by-post"};  // post, due, check

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows);

base::Result<v1::CheckView> GetCheck(const v1::GetCheck& request, const rules::Views& views);
base::Result<v1::CheckPage> ListChecks(const v1::ListChecks& request, const rules::Views& views);

}  // namespace wanmi::verification
