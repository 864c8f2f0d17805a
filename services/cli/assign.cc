#include "services/cli/assign.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <charconv>

#include "services/cli/text.h"

namespace wanmi::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

base::Status Bad(const FieldDescriptor& field, std::string_view expected, std::string_view found) {
  return base::InvalidArgument("{}: expected {}, found '{}'", field.full_name(), expected, found);
}

template <class Number>
bool ParseNumber(std::string_view text, Number* number) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *number);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == end;
}

// OUTCOME_DONE by "OUTCOME_DONE", "DONE" or "done".
const google::protobuf::EnumValueDescriptor* FindValue(const google::protobuf::EnumDescriptor& type,
                                                       std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string& name = type.value(i)->name();
    const bool ends = name.size() > upper.size() && name.ends_with("_" + upper);
    if (name == upper || ends) return type.value(i);
  }
  return nullptr;
}

std::string ValuesOf(const google::protobuf::EnumDescriptor& type) {
  std::string names;
  for (int i = 1; i < type.value_count(); ++i) {
    names += (names.empty() ? "" : ", ") + type.value(i)->name();
  }
  return names;
}

base::Result<int64_t> ParseInteger(const FieldDescriptor& field, std::string_view text,
                                   int64_t now_us) {
  int64_t number = 0;
  if (ParseNumber(text, &number)) return number;
  if (!field.name().ends_with("_us")) return Bad(field, "a whole number", text);
  if (text == "now") return now_us;
  const auto time = ParseLocalTime(text);
  if (!time) return Bad(field, "microseconds, a local time like 2026-03-11 08:30, or now", text);
  return *time;
}

// Sets or adds; `set` and `add` are the reflection's members for the type.
template <class Value, class SetValue, class AddValue>
void Put(Message* message, const FieldDescriptor* field, Value value, SetValue set, AddValue add) {
  const auto* reflection = message->GetReflection();
  if (field->is_repeated()) return (reflection->*add)(message, field, std::move(value));
  (reflection->*set)(message, field, std::move(value));
}

base::Status PutJson(Message* message, const FieldDescriptor& field, std::string_view value) {
  const bool one_more = field.is_repeated() && value.front() == '{';
  const std::string json = fmt::format("{{\"{}\":{}{}{}}}", field.json_name(), one_more ? "[" : "",
                                       value, one_more ? "]" : "");
  return AssignJson(message, json);
}

base::Status PutScalar(Message* message, const FieldDescriptor& field, std::string_view value,
                       int64_t now_us) {
  using google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      Put(message, &field, std::string(value), &Reflection::SetString, &Reflection::AddString);
      return {};
    case FieldDescriptor::CPPTYPE_BOOL:
      if (value != "true" && value != "false") return Bad(field, "true or false", value);
      Put(message, &field, value == "true", &Reflection::SetBool, &Reflection::AddBool);
      return {};
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t number = 0;
      if (!ParseNumber(value, &number)) return Bad(field, "a whole number", value);
      Put(message, &field, number, &Reflection::SetInt32, &Reflection::AddInt32);
      return {};
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      ASSIGN_OR_RETURN(const int64_t number, ParseInteger(field, value, now_us));
      Put(message, &field, number, &Reflection::SetInt64, &Reflection::AddInt64);
      return {};
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      double number = 0;
      if (!ParseNumber(value, &number)) return Bad(field, "a number", value);
      Put(message, &field, number, &Reflection::SetDouble, &Reflection::AddDouble);
      return {};
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* found = FindValue(*field.enum_type(), value);
      if (!found) return Bad(field, "one of " + ValuesOf(*field.enum_type()), value);
      Put(message, &field, found, &Reflection::SetEnum, &Reflection::AddEnum);
      return {};
    }
    default:
      return Bad(field, "a message as {…}", value);
  }
}

// edition/kind/MM-mm
base::Status PutClass(Message* message, const FieldDescriptor& field, std::string_view value) {
  const size_t slash = value.find('/');
  if (slash == value.npos) return Bad(field, "a class like 2013/event/01-10", value);
  Message* part = message->GetReflection()->MutableMessage(message, &field);
  RETURN_IF_ERROR(Assign(part, fmt::format("edition={}", value.substr(0, slash)), 0));
  return Assign(part, fmt::format("code={}", value.substr(slash + 1)), 0);
}

base::Result<const FieldDescriptor*> FindField(const Message& message, std::string_view name) {
  const auto* type = message.GetDescriptor();
  if (const auto* field = type->FindFieldByName(std::string(name))) return field;
  std::string names;
  for (int i = 0; i < type->field_count(); ++i) {
    names += (names.empty() ? "" : ", ") + type->field(i)->name();
  }
  return base::InvalidArgument("{} has no field '{}'; it has {}", type->name(), name, names);
}

}  // namespace

base::Status Assign(Message* message, std::string_view assignment, int64_t now_us) {
  const size_t equals = assignment.find('=');
  if (equals == assignment.npos || equals == 0) {
    return base::InvalidArgument("expected field=value, found '{}'", assignment);
  }
  std::string_view path = assignment.substr(0, equals);
  const std::string_view value = assignment.substr(equals + 1);
  while (true) {
    const size_t dot = path.find('.');
    ASSIGN_OR_RETURN(const auto* field, FindField(*message, path.substr(0, dot)));
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (dot != path.npos) {
      if (!is_message || field->is_repeated()) return Bad(*field, "a value", path);
      message = message->GetReflection()->MutableMessage(message, field);
      path.remove_prefix(dot + 1);
      continue;
    }
    const bool is_json = !value.empty() && (value[0] == '{' || value[0] == '[');
    if (is_json && (is_message || field->is_repeated())) return PutJson(message, *field, value);
    if (is_message && field->message_type()->name() == "ClassRef") {
      return PutClass(message, *field, value);
    }
    return PutScalar(message, *field, value, now_us);
  }
}

base::Status AssignJson(Message* message, std::string_view json) {
  const std::unique_ptr<Message> read(message->New());
  const auto status = google::protobuf::util::JsonStringToMessage(
      std::string(json), read.get(), google::protobuf::util::JsonParseOptions());
  if (!status.ok()) {
    return base::InvalidArgument("expected the JSON of a {}, found an error: {}",
                                 message->GetDescriptor()->name(), std::string(status.message()));
  }
  message->MergeFrom(*read);
  return {};
}

base::Status AssignSubject(Message* message, std::string_view subject) {
  const auto* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->name() == "id") continue;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING || field->is_repeated()) break;
    message->GetReflection()->SetString(message, field, std::string(subject));
    return {};
  }
  return base::InvalidArgument("a {} is not about one id: give its fields as field=value",
                               type->name());
}

base::Result<LonLat> ParseLonLat(std::string_view text) {
  LonLat point;
  const size_t comma = text.find(',');
  if (comma == text.npos || !ParseNumber(text.substr(0, comma), &point.longitude_deg) ||
      !ParseNumber(text.substr(comma + 1), &point.latitude_deg)) {
    return base::InvalidArgument("expected LON,LAT in degrees, like 119.13,36.71, found '{}'",
                                 text);
  }
  return point;
}

}  // namespace wanmi::cli
