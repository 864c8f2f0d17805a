#include "services/directory/api.h"

#include "rules/form.h"
#include "services/directory/domain.h"
#include "services/directory/views.h"

namespace wanmi::directory {
namespace {

constexpr size_t kNameBytesMax = 200;

}  // namespace

base::Status Prepare(v1::Command* command, rules::Preparation& preparation) {
  if (!command->has_register_person()) return {};
  v1::RegisterPerson& person = *command->mutable_register_person();
  person.clear_sealed_name();  // the server's own field
  if (person.name().empty()) return {};
  RETURN_IF_ERROR(rules::RequireId("the person's id", person.person_id()));
  RETURN_IF_ERROR(rules::LimitText("the person's name", person.name(), kNameBytesMax));
  ASSIGN_OR_RETURN(*person.mutable_sealed_name(),
                   preparation.Seal(PersonStream(person.person_id()), person.name()));
  person.clear_name();
  return {};
}

std::vector<rules::Query> Queries() {
  return {rules::Read("GetUnit", GetUnit), rules::Read("ListUnits", ListUnits),
          rules::Read("ListPosts", ListPosts)};
}

}  // namespace wanmi::directory
