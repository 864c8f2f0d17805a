// act.cc: any command or list by its name, with fields as they are written in the protos.
#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "services/cli/commands.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string ToJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : message.ShortDebugString() + "\n";
}

base::Status Fill(Message* request, const std::vector<std::string>& fields,
                  const std::string& json) {
  if (!json.empty()) {
    const auto parsed = google::protobuf::util::JsonStringToMessage(json, request);
    if (!parsed.ok()) {
      return base::InvalidArgument("expected a {} as JSON: {}", request->GetDescriptor()->name(),
                                   std::string(parsed.message()));
    }
  }
  for (const auto& field : fields) RETURN_IF_ERROR(SetField(request, field));
  return {};
}

size_t Width(const std::string& text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) width += byte >= 0xe0 ? 2 : 1;  // CJK takes two columns
  }
  return width;
}

// The scalar fields of a row, and inside small messages the first text.
std::string Cell(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) return std::to_string(reflection->FieldSize(message, field));
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "yes" : "";
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fmt::format("{}", reflection->GetDouble(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return std::string(reflection->GetEnum(message, field)->name());
    case FieldDescriptor::CPPTYPE_INT64: {
      const int64_t value = reflection->GetInt64(message, field);
      return field->name().ends_with("_us") ? (value == 0 ? "" : LocalTime(value))
                                            : std::to_string(value);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& inner = reflection->GetMessage(message, field);
      if (field->message_type() == common::v1::ClassRef::descriptor()) {
        return static_cast<const common::v1::ClassRef&>(inner).code();
      }
      if (field->message_type() == common::v1::Place::descriptor()) {
        return static_cast<const common::v1::Place&>(inner).cell_code();
      }
      return "";
    }
    default:
      return "";
  }
}

}  // namespace

base::Status SetField(Message* message, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos)
    return base::InvalidArgument("expected field=value, found '{}'", assignment);
  const std::string path = assignment.substr(0, equals), value = assignment.substr(equals + 1);
  const auto dot = path.find('.');
  const auto* field = message->GetDescriptor()->FindFieldByName(path.substr(0, dot));
  if (!field) {
    std::string all;
    for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
      all += " " + message->GetDescriptor()->field(i)->name();
    }
    return base::InvalidArgument("expected a field of {}, found '{}'; there are:{}",
                                 message->GetDescriptor()->name(), path.substr(0, dot), all);
  }
  const auto* reflection = message->GetReflection();
  if (dot != std::string::npos) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return base::InvalidArgument("{} is not a message; it has no {}", field->name(),
                                   path.substr(dot + 1));
    }
    Message* inner = !field->is_repeated() ? reflection->MutableMessage(message, field)
                     : reflection->FieldSize(*message, field) > 0
                         ? reflection->MutableRepeatedMessage(
                               message, field, reflection->FieldSize(*message, field) - 1)
                         : reflection->AddMessage(message, field);
    return SetField(inner, path.substr(dot + 1) + "=" + value);
  }
  // The JSON reader knows every scalar's form, enums by name included.
  const bool quoted = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING ||
                      field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  std::string json = quoted ? "\"" + escaped + "\"" : value;
  if (field->is_repeated()) json = "[" + json + "]";
  std::unique_ptr<Message> one(message->New());
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      fmt::format("{{\"{}\":{}}}", field->name(), json), one.get());
  if (!parsed.ok()) {
    return base::InvalidArgument("expected a {} for {}, found '{}'", field->type_name(),
                                 field->name(), value);
  }
  message->MergeFrom(*one);
  return {};
}

base::Status Act(const Connection& city, const std::string& method_name,
                 const std::vector<std::string>& fields, const std::string& json) {
  ASSIGN_OR_RETURN(const auto* method, FindMethod(method_name));
  const auto request = NewMessage(method->input_type());
  RETURN_IF_ERROR(Fill(request.get(), fields, json));
  const auto* id = method->input_type()->FindFieldByName("id");
  const bool command = method->output_type() == common::v1::Receipt::descriptor();
  if (command && id && request->GetReflection()->GetString(*request, id).empty()) {
    request->GetReflection()->SetString(request.get(), id, NewUuid());
  }
  if (const auto* report = method->input_type()->FindFieldByName("report");
      method_name == "Report" && request->GetReflection()->GetString(*request, report).empty()) {
    request->GetReflection()->SetString(request.get(), report, NewUuid());
  }
  const auto response = NewMessage(method->output_type());
  RETURN_IF_ERROR(city.Call(*method, *request, response.get()));
  fmt::print("{}", ToJson(*response));
  return {};
}

base::Status List(const Connection& city, const std::string& what,
                  const std::vector<std::string>& fields, bool json) {
  std::string name = what;
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  ASSIGN_OR_RETURN(const auto* method, FindMethod("List" + name));
  const auto request = NewMessage(method->input_type());
  RETURN_IF_ERROR(Fill(request.get(), fields, ""));
  const auto page = NewMessage(method->output_type());
  RETURN_IF_ERROR(city.Call(*method, *request, page.get()));
  if (json) {
    fmt::print("{}", ToJson(*page));
    return {};
  }
  const auto* rows = method->output_type()->field(0);
  std::vector<std::vector<std::string>> table(1);
  for (int c = 0; c < rows->message_type()->field_count() && c < 12; ++c)
    table[0].push_back(rows->message_type()->field(c)->name());
  const auto* reflection = page->GetReflection();
  for (int r = 0; r < reflection->FieldSize(*page, rows); ++r) {
    const Message& row = reflection->GetRepeatedMessage(*page, rows, r);
    auto& cells = table.emplace_back();
    for (size_t c = 0; c < table[0].size(); ++c)
      cells.push_back(Cell(row, rows->message_type()->field(static_cast<int>(c))));
  }
  fmt::print("{}", Table(table));
  const auto* next = method->output_type()->FindFieldByName("next");
  if (next && !reflection->GetString(*page, next).empty())
    fmt::print("(more: page.token, or page.size=500)\n");
  return {};
}

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], Width(row[c]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      text += row[c];
      if (c + 1 < row.size()) text.append(widths[c] - Width(row[c]) + 2, ' ');
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text.push_back('\n');
  }
  return text;
}

}  // namespace wanmi::cli
