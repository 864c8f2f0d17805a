#include "services/directory/views.h"

#include "rules/directory_rows.h"
#include "rules/form.h"

namespace wanmi::directory {

using base::Key;
using namespace rules::directory_rows;  // NOLINT: the six families are this file's subject

namespace {

void PutHolding(const v1::Holding& holding, base::RowWriter& rows) {
  kHoldings.Put(rows, Key().Text(holding.person_id()).Tail(holding.post_id()), holding);
  kHolders.Put(rows, Key().Text(holding.post_id()).Tail(holding.person_id()), holding);
}

std::string ShiftKey(const v1::Shift& shift) {
  return Key().Text(shift.post_id()).Tail(shift.person_id()).str();
}

}  // namespace

void Project(const rules::Fact<v1::Event>& fact, const state::State&, base::RowWriter& rows) {
  const v1::Event& event = fact.event;
  switch (event.kind_case()) {
    case v1::Event::kUnitOpened: {
      const v1::Unit& unit = event.unit_opened().unit();
      kUnits.Put(rows, unit.id(), unit);
      break;
    }
    case v1::Event::kPostOpened: {
      const v1::Post& post = event.post_opened().post();
      kPosts.Put(rows, post.id(), post);
      kPostsOfUnit.Put(rows, Key().Text(post.unit_id()).Tail(post.id()), post);
      break;
    }
    case v1::Event::kPersonRegistered:
      break;  // a name is in no row
    case v1::Event::kPostAssigned:
      PutHolding(event.post_assigned().holding(), rows);
      break;
    case v1::Event::kPostLeft:
      PutHolding(event.post_left().holding(), rows);
      break;
    case v1::Event::kShiftStarted: {
      const v1::Shift& shift = event.shift_started().shift();
      kShifts.Put(rows, ShiftKey(shift), shift);
      break;
    }
    case v1::Event::kShiftEnded:
      kShifts.Delete(rows, ShiftKey(event.shift_ended().shift()));
      break;
    case v1::Event::KIND_NOT_SET:
      CHECK(false, "an event of directory has a kind");
  }
}

base::Result<v1::Unit> GetUnit(const v1::GetUnit& request, const rules::Views& views) {
  RETURN_IF_ERROR(rules::RequireId("unit_id", request.unit_id()));
  auto unit = kUnits.Get(views.All(), request.unit_id());
  if (!unit)
    return base::NotFound("expected a unit of the directory, found '{}'", request.unit_id());
  return std::move(*unit);
}

base::Result<v1::UnitPage> ListUnits(const v1::ListUnits& request, const rules::Views& views) {
  v1::UnitPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(), rules::ReadPage(views.All(), kUnits, {}, request.page(),
                                                         [&](std::string_view, v1::Unit&& unit) {
                                                           *page.add_units() = std::move(unit);
                                                         }));
  return page;
}

base::Result<v1::PostPage> ListPosts(const v1::ListPosts& request, const rules::Views& views) {
  if (request.unit_id().empty()) {
    return base::InvalidArgument("expected unit_id, by which posts are listed, found none");
  }
  RETURN_IF_ERROR(rules::RequireId("unit_id", request.unit_id()));
  v1::PostPage page;
  ASSIGN_OR_RETURN(*page.mutable_next(),
                   rules::ReadPage(views.All(), kPostsOfUnit, Key().Text(request.unit_id()),
                                   request.page(), [&](std::string_view, v1::Post&& post) {
                                     *page.add_posts() = std::move(post);
                                   }));
  return page;
}

}  // namespace wanmi::directory
