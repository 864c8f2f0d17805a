// Every command × every axis: who is let in, and that all others get PERMISSION_DENIED.
#include <set>

#include "services/intake/domain.h"
#include "services/intake/sample_test.h"

namespace wanmi::intake::testing {
namespace {

// All the posts of the sample city that stand for their kind.
constexpr const char* kPosts[] = {"acceptor", "leader",     "inspector1", "team",
                                  "gateway",  "dispatcher", "san-clerk",  "san-leader",
                                  "san-crew", "assessor",   "base-clerk"};

struct Row {
  v1::Command command;
  std::set<std::string> allowed;  // post ids
};

template <class Kind>
Row RowOf(Kind kind, std::set<std::string> allowed) {
  return {rules::Wrap<v1::Command>(std::move(kind)), std::move(allowed)};
}

template <class Kind>
Kind OnReport() {
  Kind kind;
  kind.set_id("i");
  kind.set_report("r1");
  return kind;
}
template <class Kind>
Kind OnCase() {
  Kind kind;
  kind.set_id("i");
  kind.set_case_id("r1/c1");
  return kind;
}

std::vector<Row> Table() {
  const std::set<std::string> desk = {"acceptor", "leader"};
  std::vector<Row> rows;
  rows.push_back(
      RowOf(ReportOf("r1", "12345"), {"acceptor", "leader", "inspector1", "team", "gateway"}));
  rows.push_back(RowOf(ReportOf("r1", "self"),
                       {"acceptor", "leader", "inspector1", "team", "gateway", "san-clerk"}));
  rows.push_back(RowOf(OnReport<v1::Answer>(), desk));
  rows.push_back(RowOf(OnReport<v1::PassOn>(), desk));
  rows.push_back(RowOf(OnReport<v1::Refuse>(), desk));
  rows.push_back(RowOf(OnReport<v1::ContestRefusal>(), {"acceptor", "leader", "gateway"}));
  rows.push_back(RowOf(JoinOf("r1", "r2/c1"), desk));
  rows.push_back(RowOf(OnReport<v1::AskCheck>(), desk));
  rows.push_back(RowOf(FileOf("r1", "event/01-10", "1"), {"leader"}));
  rows.push_back(RowOf(UrgentOf("r1", "component/01-01", "1"), desk));
  rows.push_back(RowOf(OnCase<v1::Close>(), {"leader"}));
  rows.push_back(RowOf(OnCase<v1::AskVoid>(), {"acceptor", "leader", "dispatcher"}));
  rows.push_back(RowOf(OnCase<v1::GrantVoid>(), {"leader"}));
  rows.push_back(RowOf(OnCase<v1::RefuseVoid>(), {"leader"}));
  rows.push_back(RowOf(OnCase<v1::Urge>(),
                       {"acceptor", "leader", "inspector1", "team", "gateway", "dispatcher"}));
  // Made by intake itself: no person may ask for them.
  rows.push_back(RowOf(v1::NotePreCheck(), {}));
  rows.push_back(RowOf(v1::NotePostCheck(), {}));
  rows.push_back(RowOf(v1::AskPostCheck(), {}));
  rows.push_back(RowOf(v1::DecideJoin(), {}));
  rows.push_back(RowOf(v1::NoteJoin(), {}));
  rows.push_back(RowOf(v1::NoteOutcome(), {}));
  rows.push_back(RowOf(v1::FileAlarm(), {}));
  return rows;
}

base::Status Try(IntakeCase& city, const v1::Command& command) {
  const std::string target = Target(command);
  const std::string stream = target.empty() ? "r1" : target;
  const rules::Reference reference(city.directory(), city.rulebook(), testkit::kSampleNow);
  const rules::Context context{testkit::kSampleNow, city.actor(), city.rows(), reference};
  return Decide(stream, {}, command, context).status();
}

TEST(AxisTest, EachCommandTakesItsPostsAndDeniesAllOthers) {
  std::set<int> kinds;
  for (const Row& row : Table()) {
    kinds.insert(row.command.kind_case());
    for (const char* post : kPosts) {
      IntakeCase city;
      city.As(post);
      const bool denied = Try(city, row.command).code() == base::Code::kPermissionDenied;
      EXPECT_EQ(denied, !row.allowed.contains(post))
          << post << ": " << row.command.ShortDebugString();
    }
  }
  EXPECT_EQ(static_cast<int>(kinds.size()), v1::Command::descriptor()->field_count());
}

TEST(AxisTest, MachineDecisionsMakeNoCommandsOfPersons) {
  for (const Row& row : Table()) {
    if (row.allowed.empty()) continue;
    IntakeCase city;
    city.As("leader").actor().mutable_system()->set_white_list("order-filing");
    EXPECT_EQ(Try(city, row.command).code(), base::Code::kPermissionDenied)
        << row.command.ShortDebugString();
  }
}

}  // namespace
}  // namespace wanmi::intake::testing
