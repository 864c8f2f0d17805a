#include "services/dispatch/views.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace wanmi::dispatch {
namespace {

constexpr std::array<std::string_view, 6> kListedStates = {"unmatched",    "proposed", "disposal",
                                                           "return_asked", "feedback", "checking"};

std::string_view StateName(state::Stage stage) {
  switch (stage) {
    case state::STAGE_UNMATCHED:
      return "unmatched";
    case state::STAGE_PROPOSED:
      return "proposed";
    case state::STAGE_DISPOSAL:
      return "disposal";
    case state::STAGE_RETURN_ASKED:
      return "return_asked";
    case state::STAGE_FEEDBACK:
      return "feedback";
    case state::STAGE_CHECKING:
      return "checking";
    case state::STAGE_ENDED:
      return "ended";
    default:
      return "";
  }
}

std::string StateKey(const v1::AssignmentView& row) {
  if (row.state().empty() || row.state() == "ended") return "";
  const int64_t since_us = row.dispatched_at_us() != 0 ? row.dispatched_at_us() : row.filed_at_us();
  return base::Key().Text(row.state()).Number(since_us).Tail(row.case_id()).str();
}

std::string UnitKey(const v1::AssignmentView& row) {
  const bool with_unit =
      row.state() == "disposal" || row.state() == "return_asked" || row.state() == "feedback";
  if (!with_unit) return "";
  const int64_t due_us =
      row.due_at_us() != 0 ? row.due_at_us() : std::numeric_limits<int64_t>::max();
  return base::Key().Text(row.unit_id()).Number(due_us).Tail(row.case_id()).str();
}

void MoveEntry(const base::Family<v1::AssignmentView>& family, const std::string& before,
               const std::string& after, const std::string& case_id, base::RowWriter& rows) {
  if (before == after) return;
  if (!before.empty()) family.Delete(rows, before);
  if (after.empty()) return;
  v1::AssignmentView pointer;
  pointer.set_case_id(case_id);
  family.Put(rows, after, pointer);
}

void Fold(const v1::Event& event, const State& after, v1::AssignmentView* row) {
  row->set_state(std::string(StateName(after.stage())));
  if (after.stage() == state::STAGE_ENDED) return;  // the row keeps what it was when it ended
  row->set_number(after.number());
  row->set_unit_id(after.unit_id());
  row->set_proposed_unit(after.proposed_unit());
  row->set_rule_id(after.rule_id());
  row->set_round(after.round());
  row->set_phase(after.phase());
  row->set_dispatched_at_us(after.ledger().running_since_us());
  row->set_due_at_us(after.ledger().due_at_us());
  row->set_budget_s(after.ledger().budget_s());
  row->set_overdue(after.ledger().due_at_us() != 0 &&
                   after.ledger().due_at_us() == after.ledger().noticed_us());
  row->set_urgent(after.urgent());
  *row->mutable_class_ref() = after.class_ref();
  row->set_street_code(after.place().street_code());
  row->set_returns(after.returns());
  row->set_filed_at_us(after.filed_at_us());
  if (event.has_case_dispatched()) {
    *row->mutable_lines() = event.case_dispatched().lines();
    row->set_estimated(event.case_dispatched().estimated());
  } else if (event.has_return_granted()) {
    row->clear_lines();
    row->clear_estimated();
  }
}

}  // namespace

void Project(const rules::Fact<v1::Event>& fact, const State& after, base::RowWriter& rows) {
  const std::string case_id(fact.stream);
  v1::AssignmentView row = kAssignments.Get(rows, case_id).value_or(v1::AssignmentView());
  const std::string state_key = StateKey(row);
  const std::string unit_key = UnitKey(row);
  row.set_case_id(case_id);
  Fold(fact.event, after, &row);
  kAssignments.Put(rows, case_id, row);
  MoveEntry(kByState, state_key, StateKey(row), case_id, rows);
  MoveEntry(kOpenByUnit, unit_key, UnitKey(row), case_id, rows);
}

base::Result<v1::AssignmentView> ReadAssignment(const v1::GetAssignment& request,
                                                const rules::Views& views) {
  if (request.case_id().empty())
    return base::InvalidArgument("expected a case id, found none; name one");
  auto row = kAssignments.Get(views.Of(request.case_id()), request.case_id());
  if (!row)
    return base::NotFound("expected a case that dispatch has taken, found none with the id '{}'",
                          request.case_id());
  return *row;
}

base::Result<v1::AssignmentPage> ReadAssignments(const v1::ListAssignments& request,
                                                 const rules::Views& views) {
  if (request.state().empty() == request.unit_id().empty()) {
    return base::InvalidArgument("expected one filter, state or unit_id, found {}; set one of them",
                                 request.state().empty() ? "none" : "both");
  }
  const bool by_state = !request.state().empty();
  if (by_state && std::find(kListedStates.begin(), kListedStates.end(), request.state()) ==
                      kListedStates.end()) {
    return base::InvalidArgument("expected a state that is listed ({}), found '{}'",
                                 fmt::join(kListedStates, ", "), request.state());
  }
  const base::Key prefix = base::Key().Text(by_state ? request.state() : request.unit_id());
  v1::AssignmentPage page;
  ASSIGN_OR_RETURN(
      *page.mutable_next(),
      rules::ReadPage(views.All(), by_state ? kByState : kOpenByUnit, prefix, request.page(),
                      [&](std::string_view, const v1::AssignmentView& pointer) {
                        auto row = kAssignments.Get(views.Of(pointer.case_id()), pointer.case_id());
                        if (row) *page.add_assignments() = std::move(*row);
                      }));
  return page;
}

std::vector<rules::Gauge> Gauges(const rules::Views& views) {
  std::vector<rules::Gauge> gauges;
  for (const std::string_view state : kListedStates) {
    gauges.push_back({"wanmi_dispatch_open_cases",
                      "Cases between filing and close, by where they stand",
                      {{"state", std::string(state)}},
                      rules::CountRows(views.All(), kByState.number, base::Key().Text(state))});
  }
  // A unit that has work and is late with none of it shows as 0.
  std::map<std::string, int64_t> overdue;
  const int64_t now_us = base::ToMicros(views.now());
  kOpenByUnit.Scan(views.All(), "", [&](std::string_view key, v1::AssignmentView&& pointer) {
    base::KeyReader reader(key);
    int64_t& count = overdue[std::string(reader.Text())];
    if (reader.Number() > now_us) return true;
    const auto row = kAssignments.Get(views.Of(pointer.case_id()), pointer.case_id());
    if (row && row->state() != "feedback") ++count;
    return true;
  });
  for (const auto& [unit, count] : overdue) {
    gauges.push_back({"wanmi_dispatch_overdue_cases",
                      "Cases whose deadline has passed while they lie with the unit",
                      {{"unit", unit}},
                      count});
  }
  return gauges;
}

}  // namespace wanmi::dispatch
