#include "services/handling/api.h"

#include <utility>

#include "services/handling/views.h"

namespace wanmi::handling {
namespace {

constexpr size_t kNoteBytesLast = 2000;

}  // namespace

base::Status Prepare(v1::Command* command, rules::Preparation& preparation) {
  if (!command->has_give_feedback()) return {};
  auto& feedback = *command->mutable_give_feedback();
  feedback.clear_sealed_note();  // the server's own field: nobody sends it
  if (feedback.note().empty()) return {};
  if (feedback.note().size() > kNoteBytesLast) {
    return base::InvalidArgument("expected a note of at most {} bytes, found {}; shorten it",
                                 kNoteBytesLast, feedback.note().size());
  }
  const std::string_view case_id = CaseOf(feedback.work());
  if (case_id.empty()) {
    return base::InvalidArgument("expected a work order '<case>/w<round>', found '{}'",
                                 feedback.work());
  }
  ASSIGN_OR_RETURN(auto sealed, preparation.Seal(fmt::format("case/{}", case_id), feedback.note()));
  *feedback.mutable_sealed_note() = std::move(sealed);
  feedback.clear_note();
  return {};
}

std::vector<rules::Query> Queries() {
  return {rules::Read("GetWork", ReadWork), rules::Read("ListWork", ReadWorkOfUnit)};
}

}  // namespace wanmi::handling
