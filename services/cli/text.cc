#include "services/cli/text.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <ctime>

#include "wanmi/common/v1/common.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kUtcOffsetS = 8 * 3600;

std::string Formatted(int64_t at_us, const char* format) {
  if (at_us == 0) return "-";
  const std::time_t seconds = at_us / kSecond + kUtcOffsetS;
  std::tm tm{};
  ::gmtime_r(&seconds, &tm);
  char text[32];
  return {text, std::strftime(text, sizeof text, format, &tm)};
}

std::string PlaceText(const common::v1::Place& place) {
  std::string text = !place.cell_code().empty() ? place.cell_code()
                     : place.has_point()
                         ? fmt::format("{:.5f},{:.5f}", place.point().longitude_deg(),
                                       place.point().latitude_deg())
                         : "";
  if (!place.area_grade().empty()) text += " " + place.area_grade();
  if (!place.address().empty()) text += " " + place.address();
  return text;
}

std::string EvidenceText(const common::v1::Evidence& evidence) {
  static constexpr std::string_view kKinds[] = {"evidence", "picture", "video", "reading", "form"};
  const auto kind = static_cast<size_t>(evidence.kind());
  return fmt::format("{} {}{}", kind < std::size(kKinds) ? kKinds[kind] : kKinds[0],
                     evidence.sha256_hex().substr(0, 8),
                     evidence.has_point() ? "" : " without a fix");
}

// Without the prefix that says of which enum it is: OUTCOME_DONE → done.
std::string EnumText(const google::protobuf::EnumValueDescriptor& value) {
  std::string name = value.name();
  const std::string& zero = value.type()->value(0)->name();
  const size_t prefix = zero.size() - std::string_view("UNSPECIFIED").size();
  if (zero.ends_with("_UNSPECIFIED") && name.size() > prefix) name.erase(0, prefix);
  for (char& c : name) c = c == '_' ? ' ' : static_cast<char>(std::tolower(c));
  return name;
}

// Messages that have a short form of their own.
std::string KnownText(const Message& message) {
  if (const auto* place = dynamic_cast<const common::v1::Place*>(&message))
    return PlaceText(*place);
  if (const auto* sealed = dynamic_cast<const common::v1::Sealed*>(&message)) {
    return "sealed under " + sealed->subject();
  }
  if (const auto* reference = dynamic_cast<const common::v1::ClassRef*>(&message)) {
    return reference->edition() + "/" + reference->code();
  }
  if (const auto* evidence = dynamic_cast<const common::v1::Evidence*>(&message)) {
    return EvidenceText(*evidence);
  }
  if (const auto* point = dynamic_cast<const common::v1::Point*>(&message)) {
    return fmt::format("{:.5f},{:.5f}", point->longitude_deg(), point->latitude_deg());
  }
  if (const auto* limit = dynamic_cast<const rulebook::v1::LimitPhase*>(&message)) {
    static constexpr std::string_view kUnits[] = {"", "hours", "days", "working hours",
                                                  "working days"};
    return fmt::format("{} {:g} {}{}{}", limit->name(), limit->amount(),
                       kUnits[static_cast<size_t>(limit->unit()) % std::size(kUnits)],
                       limit->area_grade().empty() ? "" : " in ", limit->area_grade());
  }
  if (const auto* handling = dynamic_cast<const intake::v1::Handling*>(&message)) {
    return fmt::format("{} by {}, round {}, {}",
                       EnumText(*message.GetReflection()->GetEnum(
                           message, message.GetDescriptor()->FindFieldByName("outcome"))),
                       handling->unit_id(), handling->round(),
                       handling->on_time() ? "on time" : "late");
  }
  return "{" + FieldsText(message) + "}";
}

std::string ValueText(const Message& message, const FieldDescriptor* field, int index) {
  const auto* reflection = message.GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = many ? reflection->GetRepeatedString(message, field, index)
                                    : reflection->GetString(message, field);
      if (field->type() != FieldDescriptor::TYPE_BYTES) return text;
      return fmt::format("{} bytes", text.size());
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return many ? "" : reflection->GetBool(message, field) ? "yes" : "no";
    case FieldDescriptor::CPPTYPE_INT32:
      return fmt::to_string(many ? reflection->GetRepeatedInt32(message, field, index)
                                 : reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64: {
      const int64_t number = many ? reflection->GetRepeatedInt64(message, field, index)
                                  : reflection->GetInt64(message, field);
      if (field->name().ends_with("_us")) return LocalTime(number);
      if (field->name().ends_with("_s")) return SpanText(number);
      return fmt::to_string(number);
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fmt::format("{:.4g}", many ? reflection->GetRepeatedDouble(message, field, index)
                                        : reflection->GetDouble(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return many ? EnumText(*reflection->GetRepeatedEnum(message, field, index))
                  : EnumText(*reflection->GetEnum(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return KnownText(many ? reflection->GetRepeatedMessage(message, field, index)
                            : reflection->GetMessage(message, field));
    default:
      return "?";
  }
}

// "due_at_us" → "due at"; "class_ref" → "class"; "unit_id" → "unit".
std::string NameText(const FieldDescriptor& field) {
  std::string name = field.name();
  for (const std::string_view end : {"_us", "_s", "_ref", "_id", "_ids", "_m", "_hex"}) {
    if (name.ends_with(end)) {
      name.erase(name.size() - end.size());
      break;
    }
  }
  for (char& c : name) c = c == '_' ? ' ' : c;
  return name;
}

}  // namespace

std::string LocalTime(int64_t at_us) { return Formatted(at_us, "%Y-%m-%d %H:%M:%S"); }
std::string LocalMinute(int64_t at_us) { return Formatted(at_us, "%Y-%m-%d %H:%M"); }

std::optional<int64_t> ParseLocalTime(std::string_view text) {
  const std::string copy(text);
  for (const char* format : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"}) {
    std::tm tm{};
    const char* end = ::strptime(copy.c_str(), format, &tm);
    if (end && *end == '\0') return (::timegm(&tm) - kUtcOffsetS) * kSecond;
  }
  return std::nullopt;
}

std::string SpanText(int64_t seconds) {
  if (seconds < 0) return "-" + SpanText(-seconds);
  if (seconds < 60) return fmt::format("{} s", seconds);
  const int64_t hours = seconds / 3600, minutes = seconds % 3600 / 60;
  if (hours == 0) return fmt::format("{} min", minutes);
  return minutes == 0 ? fmt::format("{} h", hours) : fmt::format("{} h {} min", hours, minutes);
}

std::string FieldsText(const Message& message,
                       const std::set<std::string, std::less<>>& leave_out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::string text;
  for (const auto* field : fields) {
    if (leave_out.count(field->name()) > 0) continue;
    if (field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const std::string& type = field->message_type()->name();
      if (type == "DeadlineLine" || type == "Item") continue;
    }
    const int count = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) : 1;
    std::string value;
    for (int i = 0; i < std::min(count, 3); ++i) {
      value += (i > 0 ? ", " : "") + ValueText(message, field, i);
    }
    if (count > 3) value += fmt::format(" … {} in all", count);
    text += (text.empty() ? "" : " · ") + NameText(*field) + " " + value;
  }
  return text;
}

}  // namespace wanmi::cli
