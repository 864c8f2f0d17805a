#include "services/verification/api.h"

#include <string>

#include "services/verification/domain.h"
#include "services/verification/views.h"

namespace wanmi::verification {
namespace {

// What a check is about stands in its id: "<report>/k1" or "<case>/k1", and a case's has a '/'.
std::string SubjectOf(const std::string& check) {
  const std::string about = check.substr(0, check.rfind('/'));
  return (about.find('/') == std::string::npos ? "report/" : "case/") + about;
}

}  // namespace

base::Status Prepare(v1::Command* command, rules::Preparation& preparation) {
  if (!command->has_answer_check()) return {};
  v1::AnswerCheck& answer = *command->mutable_answer_check();
  answer.clear_sealed_note();  // only the server fills it
  if (answer.note().empty()) return {};
  if (answer.note().size() > kNoteBytesMax) {
    return base::InvalidArgument("expected a note of at most {} bytes, found {}", kNoteBytesMax,
                                 answer.note().size());
  }
  if (answer.check().rfind('/') == std::string::npos) {
    return base::InvalidArgument("expected a check like '<case>/k1', found '{}'", answer.check());
  }
  ASSIGN_OR_RETURN(*answer.mutable_sealed_note(),
                   preparation.Seal(SubjectOf(answer.check()), answer.note()));
  answer.clear_note();
  return {};
}

std::vector<rules::Query> Queries() {
  return {rules::Read("GetCheck", GetCheck), rules::Read("ListChecks", ListChecks)};
}

}  // namespace wanmi::verification
