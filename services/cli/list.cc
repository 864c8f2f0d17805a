// list.cc: `wanmi list WHAT` prints the pages of a question as a table.
#include <fmt/format.h>

#include <iostream>

#include "services/cli/assign.h"
#include "services/cli/commands.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::cli {
namespace {

struct Words {
  std::string what, state, unit, of, street, kind;
  std::vector<std::string> rest;  // field=value of the question, whatever it has
  bool all = false, unassigned = false;
  int size = 50;
};

std::string ClassText(const common::v1::ClassRef& reference) {
  return reference.code().empty() ? "-" : reference.edition() + "/" + reference.code();
}

// Asks page by page and adds a row for each thing. `things` is the page's repeated field.
template <class Page, class Thing, class Request, class Row>
base::Status Print(const Words& words, Session& session, const std::string& path, Request request,
                   const google::protobuf::RepeatedPtrField<Thing>& (Page::*things)() const,
                   std::vector<std::string> heads, Row row) {
  Table table(std::move(heads));
  request.mutable_page()->set_size(words.size);
  for (const auto& assignment : words.rest) RETURN_IF_ERROR(Assign(&request, assignment, 0));
  bool more = false;
  do {
    Page page;
    RETURN_IF_ERROR(session.Call("/wanmi." + path, request, &page));
    for (const auto& thing : (page.*things)()) {
      if (!session.PrintedAsJson(thing)) table.Add(row(thing));
    }
    more = !page.next().empty();
    request.mutable_page()->set_token(page.next());
  } while (more && words.all);
  if (session.options.json) return {};
  std::cout << table.Text();
  if (more) std::cout << "… there are more: --all\n";
  return {};
}

base::Status Reports(const Words& words, Session& session) {
  intake::v1::ListReports request;
  request.set_state(words.state);
  return Print<intake::v1::ReportPage>(
      words, session, "intake.v1.Intake/ListReports", request, &intake::v1::ReportPage::reports,
      {"number", "state", "source", "class", "received", "answer due", "cell", "outcome", "report"},
      [](const intake::v1::ReportView& r) -> std::vector<std::string> {
        return {r.number(),
                r.state(),
                r.source(),
                ClassText(r.class_ref()),
                LocalMinute(r.received_at_us()),
                LocalMinute(r.first_answer_due_us()),
                r.place().cell_code(),
                r.outcome(),
                r.report()};
      });
}

base::Status Cases(const Words& words, Session& session) {
  intake::v1::ListCases request;
  request.set_state(words.state);
  request.set_street_code(words.street);
  return Print<intake::v1::CasePage>(
      words, session, "intake.v1.Intake/ListCases", request, &intake::v1::CasePage::cases,
      {"number", "state", "class", "filed", "closed", "urgent", "cell", "unit", "case"},
      [](const intake::v1::CaseView& c) -> std::vector<std::string> {
        return {c.number(),
                c.state(),
                ClassText(c.class_ref()),
                LocalMinute(c.filed_at_us()),
                LocalMinute(c.closed_at_us()),
                c.urgent() ? "urgent" : "",
                c.place().cell_code(),
                c.handling().unit_id(),
                c.case_id()};
      });
}

base::Status Checks(const Words& words, Session& session) {
  verification::v1::ListChecks request;
  request.set_unassigned(words.unassigned);
  if (!words.unassigned) {
    request.set_post_id(words.of.empty() ? session.options.post : words.of);
  }
  return Print<verification::v1::CheckPage>(
      words, session, "verification.v1.Verification/ListChecks", request,
      &verification::v1::CheckPage::checks,
      {"check", "kind", "state", "post", "turn", "due", "class", "cell", "point"},
      [](const verification::v1::CheckView& c) -> std::vector<std::string> {
        const auto& point = c.place().point();
        return {c.check(),
                c.kind() == verification::v1::CHECK_KIND_PRE ? "pre" : "post",
                c.state(),
                c.post_id(),
                fmt::to_string(c.step()),
                LocalMinute(c.due_at_us()),
                ClassText(c.class_ref()),
                c.place().cell_code(),
                fmt::format("{:.6f},{:.6f}", point.longitude_deg(), point.latitude_deg())};
      });
}

base::Status Work(const Words& words, Session& session) {
  handling::v1::ListWork request;
  request.set_unit_id(words.unit);
  return Print<handling::v1::WorkPage>(
      words, session, "handling.v1.Handling/ListWork", request, &handling::v1::WorkPage::work,
      {"work", "state", "unit", "round", "due", "urgent", "class", "cell", "crew"},
      [](const handling::v1::WorkView& w) -> std::vector<std::string> {
        return {w.work(),
                w.state(),
                w.unit_id(),
                fmt::to_string(w.round()),
                LocalMinute(w.due_at_us()),
                w.urgent() ? "urgent" : "",
                ClassText(w.class_ref()),
                w.place().cell_code(),
                w.crew_post()};
      });
}

base::Status Assignments(const Words& words, Session& session) {
  dispatch::v1::ListAssignments request;
  request.set_state(words.state);
  request.set_unit_id(words.unit);
  return Print<dispatch::v1::AssignmentPage>(
      words, session, "dispatch.v1.DispatchService/ListAssignments", request,
      &dispatch::v1::AssignmentPage::assignments,
      {"number", "state", "unit", "proposed", "rule", "round", "due", "late", "class", "case"},
      [](const dispatch::v1::AssignmentView& a) -> std::vector<std::string> {
        return {a.number(),
                a.state(),
                a.unit_id(),
                a.proposed_unit(),
                a.rule_id(),
                fmt::to_string(a.round()),
                LocalMinute(a.due_at_us()),
                a.overdue() ? "late" : "",
                ClassText(a.class_ref()),
                a.case_id()};
      });
}

base::Status Alarms(const Words& words, Session& session) {
  alarms::v1::ListAlarms request;
  request.set_state(words.state);
  return Print<alarms::v1::AlarmPage>(
      words, session, "alarms.v1.Alarms/ListAlarms", request, &alarms::v1::AlarmPage::alarms,
      {"alarm", "metric", "value", "least", "raised", "cleared", "acknowledged by"},
      [](const alarms::v1::AlarmView& a) -> std::vector<std::string> {
        return {a.alarm(),
                a.metric(),
                fmt::format("{:g}", a.value()),
                fmt::format("{:g}", a.least()),
                LocalMinute(a.raised_at_us()),
                LocalMinute(a.cleared_at_us()),
                a.acknowledged_by()};
      });
}

base::Status Units(const Words& words, Session& session) {
  static constexpr std::string_view kAxes[] = {"?",        "supervision", "command",
                                               "disposal", "assessment",  "none"};
  return Print<directory::v1::UnitPage>(
      words, session, "directory.v1.Directory/ListUnits", directory::v1::ListUnits(),
      &directory::v1::UnitPage::units,
      {"unit", "name", "axis", "parent", "group", "level", "area", "calendar"},
      [](const directory::v1::Unit& u) -> std::vector<std::string> {
        return {u.id(),        u.name(),     std::string(kAxes[static_cast<size_t>(u.axis()) % 6]),
                u.parent_id(), u.group_id(), u.level(),
                u.area_code(), u.calendar()};
      });
}

base::Status Posts(const Words& words, Session& session) {
  directory::v1::ListPosts request;
  request.set_unit_id(words.unit);
  return Print<directory::v1::PostPage>(
      words, session, "directory.v1.Directory/ListPosts", request, &directory::v1::PostPage::posts,
      {"post", "unit", "title", "kind"},
      [](const directory::v1::Post& p) -> std::vector<std::string> {
        std::string kind = common::v1::PostKind_Name(p.kind()).substr(sizeof("POST_KIND_") - 1);
        for (char& c : kind) c = c == '_' ? ' ' : static_cast<char>(std::tolower(c));
        return {p.id(), p.unit_id(), p.title(), kind};
      });
}

base::Status Documents(const Words& words, Session& session) {
  rulebook::v1::ListDocuments request;
  request.set_kind(words.kind);
  return Print<rulebook::v1::DocumentPage>(
      words, session, "rulebook.v1.Rulebook/ListDocuments", request,
      &rulebook::v1::DocumentPage::documents,
      {"kind", "name", "version", "state", "holds from", "items", "approved by", "digest"},
      [](const rulebook::v1::Document& d) -> std::vector<std::string> {
        static constexpr std::string_view kStates[] = {"?", "proposed", "approved", "published"};
        return {d.kind(),
                d.name(),
                fmt::to_string(d.version()),
                std::string(kStates[static_cast<size_t>(d.state()) % 4]),
                LocalMinute(d.effective_at_us()),
                fmt::to_string(d.items()),
                d.approving_number(),
                d.digest_hex().substr(0, 12)};
      });
}

base::Status Scores(const Words& words, Session& session) {
  assessment::v1::ListScores request;
  request.set_unit_id(words.unit);
  return Print<assessment::v1::ScorePage>(
      words, session, "assessment.v1.Assessment/ListScores", request,
      &assessment::v1::ScorePage::rows,
      {"number", "unit", "class", "counts", "on time", "rework", "returns", "due", "feedback",
       "closed"},
      [](const assessment::v1::ScoreRow& s) -> std::vector<std::string> {
        return {s.number(),
                s.unit_id(),
                ClassText(s.class_ref()),
                s.counts() ? "yes" : "no",
                s.on_time() ? "yes" : "no",
                fmt::to_string(s.rework()),
                fmt::to_string(s.returns()),
                LocalMinute(s.due_at_us()),
                LocalMinute(s.feedback_at_us()),
                LocalMinute(s.closed_at_us())};
      });
}

using Lister = base::Status (*)(const Words&, Session&);
const std::map<std::string, Lister>& Listers() {
  static const std::map<std::string, Lister> listers{
      {"reports", Reports}, {"cases", Cases},   {"checks", Checks},
      {"work", Work},       {"alarms", Alarms}, {"assignments", Assignments},
      {"units", Units},     {"posts", Posts},   {"documents", Documents},
      {"scores", Scores}};
  return listers;
}

}  // namespace

void AddList(const Program& program) {
  auto words = std::make_shared<Words>();
  CLI::App* command = program.Add("list", "what there is, as a table");
  command->add_option("what", words->what)
      ->required()
      ->check(CLI::IsMember(Listers(), CLI::ignore_case));
  command->add_option("rest", words->rest, "fields of the question: field=value …");
  command->add_option("--state", words->state, "of reports, cases, assignments, alarms");
  command->add_option("--unit", words->unit, "of work, assignments, posts, scores");
  command->add_option("--of", words->of, "whose checks: a post; your own if left out");
  command->add_flag("--unassigned", words->unassigned, "checks that no post could be found for");
  command->add_option("--street", words->street, "of cases: 9 digits");
  command->add_option("--kind", words->kind, "of documents");
  command->add_option("--size", words->size, "of a page")->check(CLI::Range(1, 500));
  command->add_flag("--all", words->all, "all pages");
  program.Run(command, [words, session = program.session] {
    return Listers().at(words->what)(*words, *session);
  });
}

}  // namespace wanmi::cli
