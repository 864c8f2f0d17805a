#include "services/assessment/views.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "services/assessment/service.h"
#include "testkit/rule_case.h"

namespace wanmi::assessment {
namespace {

using base::Code;
using testkit::RuleCase;

v1::CaseScored Scored(const char* unit, int64_t closed_at_us, bool on_time, bool counts = true) {
  v1::CaseScored scored;
  auto& row = *scored.mutable_row();
  row.set_unit_id(unit);
  row.set_street_code("370705001");
  row.set_closed_at_us(closed_at_us);
  row.set_on_time(on_time);
  row.set_counts(counts);
  row.set_rework(1);
  row.set_returns(2);
  return scored;
}

RuleCase SampleHistory() {
  RuleCase test(Define());
  v1::CaseCounted counted;
  counted.set_street_code("370705001");
  for (const char* id : {"r1/c1", "r2/c1", "r3/c1", "r4/c1"}) test.Given(id, counted);
  test.Given("r1/c1", Scored("roads", 30, true));
  test.Given("r2/c1", Scored("roads", 20, false));
  test.Given("r3/c1", Scored("heat", 10, false, false));
  test.Given("r4/c1", v1::CaseExempted());
  return test;
}

TEST(Views, ScoresOfAUnitByClosing) {
  const RuleCase test = SampleHistory();
  v1::ListScores list;
  list.set_unit_id("roads");
  list.mutable_page()->set_size(1);
  auto page = test.Ask<v1::ScorePage>("ListScores", list);
  ASSERT_EQ(page->rows_size(), 1);
  EXPECT_EQ(page->rows(0).closed_at_us(), 20);
  list.mutable_page()->set_token(page->next());
  page = test.Ask<v1::ScorePage>("ListScores", list);
  ASSERT_EQ(page->rows_size(), 1);
  EXPECT_EQ(page->rows(0).closed_at_us(), 30);
  EXPECT_TRUE(page->next().empty());
  EXPECT_EQ(test.Ask<v1::ScorePage>("ListScores", v1::ListScores()).status().code(),
            Code::kInvalidArgument);
}

TEST(Views, GetScoreKnowsClosedCasesOnly) {
  const RuleCase test = SampleHistory();
  v1::GetScore get;
  get.set_case_id("r3/c1");
  EXPECT_EQ(test.Ask<v1::ScoreRow>("GetScore", get)->unit_id(), "heat");
  get.set_case_id("r4/c1");
  EXPECT_EQ(test.Ask<v1::ScoreRow>("GetScore", get).status().code(), Code::kNotFound);
}

void ExpectLine(const v1::SummaryLine& line, const char* key, std::array<int64_t, 8> numbers) {
  EXPECT_EQ(line.key(), key);
  EXPECT_EQ((std::array<int64_t, 8>{line.filed(), line.closed(), line.counted(), line.on_time(),
                                    line.late(), line.rework(), line.returns(), line.voided()}),
            numbers);
}

TEST(Views, CountersByUnitAndByStreet) {
  const RuleCase test = SampleHistory();
  v1::Summarise by;
  by.set_by("unit");
  const auto units = test.Ask<v1::Summary>("Summarise", by);
  ASSERT_EQ(units->lines_size(), 2);
  ExpectLine(units->lines(0), "heat", {0, 1, 0, 0, 0, 1, 2, 0});
  ExpectLine(units->lines(1), "roads", {0, 2, 2, 1, 1, 2, 4, 0});
  by.set_by("street");
  const auto streets = test.Ask<v1::Summary>("Summarise", by);
  ASSERT_EQ(streets->lines_size(), 1);
  ExpectLine(streets->lines(0), "370705001", {4, 3, 2, 1, 1, 3, 6, 1});
  by.set_by("class");
  EXPECT_EQ(test.Ask<v1::Summary>("Summarise", by).status().code(), Code::kInvalidArgument);
}

// Two partitions, merged as the runtime does: the rows of equal keys one after the other.
class TwoPartitions final : public rules::Views, private base::Rows {
 public:
  base::MapRows first, second;
  const base::Rows& All() const override { return *this; }
  const base::Rows& Of(std::string_view) const override { return first; }
  const rules::MemoryView* memory() const override { return nullptr; }
  base::Time now() const override { return testkit::kSampleNow; }

 private:
  std::optional<std::string> Get(uint16_t family, std::string_view key) const override {
    auto value = first.Get(family, key);
    return value ? value : second.Get(family, key);
  }
  void Scan(uint16_t family, std::string_view prefix, std::string_view from,
            const Visitor& visit) const override {
    std::vector<std::pair<std::string, std::string>> merged;
    for (const base::MapRows* rows : {&first, &second}) {
      rows->Scan(family, prefix, from, [&](std::string_view key, std::string_view value) {
        merged.emplace_back(key, value);
        return true;
      });
    }
    std::stable_sort(merged.begin(), merged.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [key, value] : merged) {
      if (!visit(key, value)) return;
    }
  }
};

TEST(Views, ASummaryAddsUpThePartitions) {
  TwoPartitions views;
  v1::SummaryLine line;
  line.set_closed(2);
  line.set_late(1);
  kUnitLines.Put(views.first, "roads", line);
  kUnitLines.Put(views.first, "heat", line);
  line.set_closed(5);
  kUnitLines.Put(views.second, "roads", line);
  v1::Summarise by;
  by.set_by("unit");
  const auto summary = Summarise(by, views);
  ASSERT_EQ(summary->lines_size(), 2);
  ExpectLine(summary->lines(0), "heat", {0, 2, 0, 0, 1, 0, 0, 0});
  ExpectLine(summary->lines(1), "roads", {0, 7, 0, 0, 2, 0, 0, 0});
}

}  // namespace
}  // namespace wanmi::assessment
