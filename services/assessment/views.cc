#include "services/assessment/views.h"

#include <map>
#include <string>

namespace wanmi::assessment {
namespace {

using LineFamily = base::Family<v1::SummaryLine>;

void Add(const v1::SummaryLine& more, v1::SummaryLine* sum) {
  sum->set_filed(sum->filed() + more.filed());
  sum->set_closed(sum->closed() + more.closed());
  sum->set_counted(sum->counted() + more.counted());
  sum->set_on_time(sum->on_time() + more.on_time());
  sum->set_late(sum->late() + more.late());
  sum->set_rework(sum->rework() + more.rework());
  sum->set_returns(sum->returns() + more.returns());
  sum->set_voided(sum->voided() + more.voided());
}

void AddTo(base::RowWriter& rows, const LineFamily& family, const std::string& key,
           const v1::SummaryLine& more) {
  if (key.empty()) return;
  v1::SummaryLine sum = family.Get(rows, key).value_or(v1::SummaryLine());
  sum.set_key(key);
  Add(more, &sum);
  family.Put(rows, key, sum);
}

v1::SummaryLine LineOf(const v1::ScoreRow& row) {
  v1::SummaryLine line;
  line.set_closed(1);
  line.set_counted(row.counts());
  line.set_on_time(row.counts() && row.on_time());
  line.set_late(row.counts() && !row.on_time());
  line.set_rework(row.rework());
  line.set_returns(row.returns());
  return line;
}

}  // namespace

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows) {
  v1::SummaryLine line;
  switch (fact.event.kind_case()) {
    case v1::Event::kCaseCounted:
      line.set_filed(1);
      AddTo(rows, kStreetLines, fact.event.case_counted().street_code(), line);
      break;
    case v1::Event::kCaseScored: {
      const auto& row = fact.event.case_scored().row();
      kScores.Put(rows, fact.stream, row);
      kScoresOfUnit.Put(
          rows, base::Key().Text(row.unit_id()).Number(row.closed_at_us()).Tail(fact.stream), row);
      AddTo(rows, kUnitLines, row.unit_id(), LineOf(row));
      AddTo(rows, kStreetLines, row.street_code(), LineOf(row));
      break;
    }
    case v1::Event::kCaseExempted:
      line.set_voided(1);
      AddTo(rows, kStreetLines, after.counted().street_code(), line);
      break;
    case v1::Event::KIND_NOT_SET:
      break;
  }
}

base::Result<v1::ScoreRow> GetScore(const v1::GetScore& request, const rules::Views& views) {
  auto row = kScores.Get(views.Of(request.case_id()), request.case_id());
  if (!row) {
    return base::NotFound(
        "expected a closed case, found no score of '{}'; open and voided cases "
        "have none",
        request.case_id());
  }
  return std::move(*row);
}

base::Result<v1::ScorePage> ListScores(const v1::ListScores& request, const rules::Views& views) {
  if (request.unit_id().empty() || request.unit_id().find('\0') != std::string::npos) {
    return base::InvalidArgument("expected a unit, the index there is, found '{}'",
                                 request.unit_id());
  }
  const std::string prefix = base::Key().Text(request.unit_id()).str();
  v1::ScorePage page;
  ASSIGN_OR_RETURN(const std::string next,
                   rules::ReadPage(views.All(), kScoresOfUnit, prefix, request.page(),
                                   [&](std::string_view, v1::ScoreRow&& row) {
                                     *page.add_rows() = std::move(row);
                                   }));
  page.set_next(next);
  return page;
}

base::Result<v1::Summary> Summarise(const v1::Summarise& request, const rules::Views& views) {
  if (request.by() != "unit" && request.by() != "street") {
    return base::InvalidArgument("expected 'unit' or 'street', the counters there are, found '{}'",
                                 request.by());
  }
  const LineFamily& family = request.by() == "unit" ? kUnitLines : kStreetLines;
  // One key stands in every partition that has met it.
  std::map<std::string, v1::SummaryLine> sums;
  family.Scan(views.All(), {}, [&](std::string_view key, v1::SummaryLine&& line) {
    v1::SummaryLine& sum = sums[std::string(key)];
    sum.set_key(std::string(key));
    Add(line, &sum);
    return true;
  });
  v1::Summary summary;
  for (auto& [key, sum] : sums) *summary.add_lines() = std::move(sum);
  return summary;
}

}  // namespace wanmi::assessment
