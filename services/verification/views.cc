#include "services/verification/views.h"

#include <string>

namespace wanmi::verification {
namespace {

std::string_view StageName(state::Stage stage) {
  switch (stage) {
    case state::STAGE_OPEN:
      return "open";
    case state::STAGE_PASSED:
      return "passed";
    case state::STAGE_FAILED:
      return "failed";
    case state::STAGE_EXPIRED:
      return "expired";
    case state::STAGE_WITHDRAWN:
      return "withdrawn";
    default:
      return "";
  }
}

v1::CheckView ViewOf(std::string_view check, const state::State& state) {
  v1::CheckView view;
  view.set_check(std::string(check));
  view.set_kind(state.opened().kind());
  view.set_about(state.opened().about());
  view.set_state(std::string(StageName(state.stage())));
  view.set_post_id(state.turn().post_id());
  view.set_step(state.turn().step());
  view.set_due_at_us(state.turn().due_at_us());
  view.set_opened_at_us(state.opened().opened_at_us());
  *view.mutable_class_ref() = state.opened().class_ref();
  *view.mutable_place() = state.opened().place();
  view.set_closing_condition(state.opened().closing_condition());
  view.set_answered_by(state.answered_by());
  view.set_answered_at_us(state.answered_at_us());
  return view;
}

// In somebody's list: open, and past the moment between being opened and given to the first.
bool Listed(const v1::CheckView& view) { return view.state() == "open" && view.step() > 0; }

std::string OpenKey(const v1::CheckView& view) {
  return base::Key().Text(view.post_id()).Number(view.due_at_us()).Tail(view.check()).str();
}

}  // namespace

void Project(const rules::Fact<v1::Event>& fact, const state::State& after, base::RowWriter& rows) {
  const auto before = kChecks.Get(rows, fact.stream);
  if (before && Listed(*before)) kOpenByPost.Delete(rows, OpenKey(*before));
  const v1::CheckView view = ViewOf(fact.stream, after);
  kChecks.Put(rows, fact.stream, view);
  if (Listed(view)) kOpenByPost.Put(rows, OpenKey(view), view);
}

base::Result<v1::CheckView> GetCheck(const v1::GetCheck& request, const rules::Views& views) {
  auto view = kChecks.Get(views.Of(request.check()), request.check());
  if (!view) return base::NotFound("expected a check, found none called '{}'", request.check());
  return std::move(*view);
}

base::Result<v1::CheckPage> ListChecks(const v1::ListChecks& request, const rules::Views& views) {
  const bool one_filter = request.post_id().empty() == request.unassigned();
  if (!one_filter || request.post_id().find('\0') != std::string::npos) {
    return base::InvalidArgument(
        "expected either a post or unassigned, the indexes there are, found post '{}'",
        request.post_id());
  }
  const std::string prefix = base::Key().Text(request.post_id()).str();
  v1::CheckPage page;
  ASSIGN_OR_RETURN(const std::string next,
                   rules::ReadPage(views.All(), kOpenByPost, prefix, request.page(),
                                   [&](std::string_view, v1::CheckView&& view) {
                                     *page.add_checks() = std::move(view);
                                   }));
  page.set_next(next);
  return page;
}

}  // namespace wanmi::verification
