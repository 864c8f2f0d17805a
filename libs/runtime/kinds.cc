#include "runtime/kinds.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/check.h"
#include "wanmi/journal/v1/entry.pb.h"

namespace wanmi::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

int SinceOf(const FieldDescriptor& field) {
  return field.options().GetExtension(wanmi::journal::v1::since);
}
int SinceOf(const google::protobuf::EnumValueDescriptor& value) {
  return value.options().GetExtension(wanmi::journal::v1::value_since);
}

template <class Part>
base::Status Require(const Part& part, int level) {
  const int needed = SinceOf(part);
  if (needed <= level) return {};
  return base::FailedPrecondition(
      "{} needs level {}, the city is at level {}; raise it (`wanmi level raise`) once every "
      "process reads that",
      part.full_name(), needed, level);
}

}  // namespace

Kinds::Kinds(const Descriptor& event) {
  const auto* kinds = event.oneof_decl(0);
  for (int i = 0; i < kinds->field_count(); ++i) {
    const FieldDescriptor& kind = *kinds->field(i);
    CHECK(kind.options().GetExtension(wanmi::journal::v1::ignorable) ==
              (kind.number() >= kIgnorableFrom),
          "{} has the number {}; the kinds marked ignorable are those from {} on", kind.full_name(),
          kind.number(), kIgnorableFrom);
  }
  std::vector<const Descriptor*> open{&event};
  std::set<const Descriptor*> seen{&event};
  while (!open.empty()) {
    const Descriptor& message = *open.back();
    open.pop_back();
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      highest_ = std::max(highest_, SinceOf(field));
      if (const auto* part = field.message_type(); part && seen.insert(part).second) {
        open.push_back(part);
      }
      const auto* values = field.enum_type();
      for (int v = 0; values && v < values->value_count(); ++v) {
        highest_ = std::max(highest_, SinceOf(*values->value(v)));
      }
    }
  }
}

base::Status Kinds::CheckLevel(const Message& event, int level) const {
  if (level >= highest_) return {};
  std::vector<const Message*> open{&event};
  std::vector<const FieldDescriptor*> fields;
  while (!open.empty()) {
    const Message& message = *open.back();
    open.pop_back();
    const auto& reflection = *message.GetReflection();
    fields.clear();
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      RETURN_IF_ERROR(Require(*field, level));
      const bool many = field->is_repeated();
      const int size = many ? reflection.FieldSize(message, field) : 1;
      for (int i = 0; i < size; ++i) {
        if (field->message_type()) {
          open.push_back(many ? &reflection.GetRepeatedMessage(message, field, i)
                              : &reflection.GetMessage(message, field));
        } else if (field->enum_type()) {
          RETURN_IF_ERROR(Require(*(many ? reflection.GetRepeatedEnum(message, field, i)
                                         : reflection.GetEnum(message, field)),
                                  level));
        }
      }
    }
  }
  return {};
}

void HideAbove(int reads, Message* event) {
  const auto& reflection = *event->GetReflection();
  const auto* kind =
      reflection.GetOneofFieldDescriptor(*event, event->GetDescriptor()->oneof_decl(0));
  if (!kind || SinceOf(*kind) <= reads) return;
  const int number = kind->number();
  event->Clear();
  reflection.MutableUnknownFields(event)->AddLengthDelimited(number, "");
}

bool HasKind(const Message& event) {
  return event.GetReflection()->HasOneof(event, event.GetDescriptor()->oneof_decl(0));
}

bool MayPassOver(const Message& event) {
  const auto& unknown = event.GetReflection()->GetUnknownFields(event);
  bool ignorable = unknown.field_count() > 0;
  for (int i = 0; i < unknown.field_count(); ++i) {
    ignorable = ignorable && unknown.field(i).number() >= kIgnorableFrom;
  }
  return ignorable;
}

}  // namespace wanmi::runtime
