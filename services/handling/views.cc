#include "services/handling/views.h"

#include <limits>
#include <string>
#include <string_view>

namespace wanmi::handling {
namespace {

std::string_view StateName(state::Stage stage) {
  switch (stage) {
    case state::STAGE_OPENED:
      return "opened";
    case state::STAGE_ACCEPTED:
      return "accepted";
    case state::STAGE_FEEDBACK:
      return "feedback";
    case state::STAGE_RETURN_ASKED:
      return "return_asked";
    case state::STAGE_SETTLED:
      return "settled";
    case state::STAGE_RETURNED:
      return "returned";
    case state::STAGE_WITHDRAWN:
      return "withdrawn";
    default:
      return "";
  }
}

std::string OpenKey(const v1::WorkView& row) {
  const bool open = row.state() == "opened" || row.state() == "accepted" ||
                    row.state() == "feedback" || row.state() == "return_asked";
  if (!open) return "";
  const int64_t due_us =
      row.due_at_us() != 0 ? row.due_at_us() : std::numeric_limits<int64_t>::max();
  return base::Key().Text(row.unit_id()).Number(due_us).Tail(row.work()).str();
}

void FoldOpened(const v1::WorkOpened& opened, v1::WorkView* row) {
  row->set_case_id(opened.case_id());
  row->set_number(opened.number());
  row->set_unit_id(opened.unit_id());
  row->set_round(opened.round());
  row->set_due_at_us(opened.due_at_us());
  row->set_urgent(opened.urgent());
  row->set_rework(opened.rework());
  row->set_phase_name(opened.phase_name());
  *row->mutable_class_ref() = opened.class_ref();
  *row->mutable_place() = opened.place();
  row->set_return_window_until_us(opened.return_window_until_us());
}

}  // namespace

void Project(const rules::Fact<v1::Event>& fact, const State& after, base::RowWriter& rows) {
  const std::string work(fact.stream);
  v1::WorkView row = kWork.Get(rows, work).value_or(v1::WorkView());
  const std::string before = OpenKey(row);
  row.set_work(work);
  if (fact.event.has_work_opened()) FoldOpened(fact.event.work_opened(), &row);
  row.set_state(std::string(StateName(after.stage())));
  row.set_crew_post(after.crew_post());
  row.set_duty_post(after.duty_post());
  row.set_acknowledge_by_us(after.stage() == state::STAGE_OPENED ? after.acknowledge_by_us() : 0);
  kWork.Put(rows, work, row);
  const std::string now = OpenKey(row);
  if (before == now) return;
  if (!before.empty()) kOpenByUnit.Delete(rows, before);
  if (now.empty()) return;
  v1::WorkView pointer;
  pointer.set_work(work);
  kOpenByUnit.Put(rows, now, pointer);
}

base::Result<v1::WorkView> ReadWork(const v1::GetWork& request, const rules::Views& views) {
  if (request.work().empty())
    return base::InvalidArgument("expected a work order's id, found none; name one");
  auto row = kWork.Get(views.Of(request.work()), request.work());
  if (!row)
    return base::NotFound("expected a work order, found none with the id '{}'", request.work());
  return *row;
}

base::Result<v1::WorkPage> ReadWorkOfUnit(const v1::ListWork& request, const rules::Views& views) {
  if (request.unit_id().empty()) {
    return base::InvalidArgument(
        "expected the filter unit_id, the only index there is, found none; set it");
  }
  v1::WorkPage page;
  ASSIGN_OR_RETURN(
      *page.mutable_next(),
      rules::ReadPage(views.All(), kOpenByUnit, base::Key().Text(request.unit_id()), request.page(),
                      [&](std::string_view, const v1::WorkView& pointer) {
                        auto row = kWork.Get(views.Of(pointer.work()), pointer.work());
                        if (row) *page.add_work() = std::move(*row);
                      }));
  return page;
}

}  // namespace wanmi::handling
