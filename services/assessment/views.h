// assessment's rows and the reads over them.
#pragma once

#include "base/rows.h"
#include "base/status.h"
#include "rules/fact.h"
#include "rules/views.h"
#include "services/assessment/state.pb.h"
#include "wanmi/assessment/v1/assessment.pb.h"

namespace wanmi::assessment {

inline constexpr base::Family<v1::ScoreRow> kScores{16, "score"};  // case id
inline constexpr base::Family<v1::ScoreRow> kScoresOfUnit{17,
                                                          "score-of-unit"};  // unit, closed, case
// Counters of one partition; a summary adds up the partitions.
inline constexpr base::Family<v1::SummaryLine> kUnitLines{18, "unit-line"};      // unit id
inline constexpr base::Family<v1::SummaryLine> kStreetLines{19, "street-line"};  // street code

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows);

base::Result<v1::ScoreRow> GetScore(const v1::GetScore& request, const rules::Views& views);
base::Result<v1::ScorePage> ListScores(const v1::ListScores& request, const rules::Views& views);
base::Result<v1::Summary> Summarise(const v1::Summarise& request, const rules::Views& views);

}  // namespace wanmi::assessment
