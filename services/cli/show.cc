// show.cc: `wanmi show`, what happened to a report or case, with each deadline and its reason.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include "services/cli/commands.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::cli {
namespace {

using google::protobuf::Message;

// The Event message of a service's proto: "wanmi.intake.v1.Event".
const google::protobuf::Descriptor* EventOf(const std::string& service) {
  return google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      "wanmi." + service + ".v1.Event");
}

std::string Who(const common::v1::Actor& actor) {
  if (!actor.has_system()) return actor.post_id();
  return actor.system().white_list().empty()
             ? actor.system().service() + " itself"
             : fmt::format("{} under {}", actor.post_id(), actor.system().white_list());
}

void PrintDeadline(const dispatch::v1::CaseDispatched& dispatched) {
  fmt::print("{:21}due {}{}: {:.1f} h of {} time from {}\n", "", LocalTime(dispatched.due_at_us()),
             dispatched.estimated() ? " (estimated: no calendar for that year)" : "",
             static_cast<double>(dispatched.budget_s()) / 3600,
             dispatched.continuous() ? "continuous" : "working",
             LocalTime(dispatched.dispatched_at_us()));
  for (const auto& line : dispatched.lines()) {
    fmt::print("{:23}{} – {}  {:5.1f} h  {}\n", "", LocalTime(line.from_us()),
               LocalTime(line.until_us()), static_cast<double>(line.counted_s()) / 3600,
               line.why());
  }
}

// The short fields of an event, as `name: value`.
std::string Brief(const Message& kind) {
  std::string text;
  const auto* descriptor = kind.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->is_repeated() ||
        field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    if (!kind.GetReflection()->HasField(kind, field) || field->name().ends_with("_us")) continue;
    std::string value;
    google::protobuf::TextFormat::PrintFieldValueToString(kind, field, -1, &value);
    if (field->type() == google::protobuf::FieldDescriptor::TYPE_STRING)
      value = kind.GetReflection()->GetString(kind, field);
    if (value.size() <= 60) text += fmt::format("  {}: {}", field->name(), value);
  }
  return text;
}

// A report or case is asked for by its number, too.
std::string IdOf(const Connection& city, const std::string& given) {
  intake::v1::GetCase by_case;
  by_case.set_case_id(given);
  if (const auto view = city.Ask<intake::v1::CaseView>("GetCase", by_case); view.ok())
    return view->case_id();
  intake::v1::GetReport by_report;
  by_report.set_report(given);
  if (const auto view = city.Ask<intake::v1::ReportView>("GetReport", by_report); view.ok())
    return view->report();
  return given;
}

}  // namespace

std::string LocalTime(int64_t us) {
  const auto seconds = us / 1'000'000 + 8 * 3600;  // China has one zone
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

base::Status Show(const Connection& city, const std::string& given) {
  operations::v1::GetHistory request;
  request.set_id(IdOf(city, given));
  ASSIGN_OR_RETURN(const auto history,
                   city.Ask<operations::v1::HistoryView>("GetHistory", request));
  for (const auto& line : history.lines()) {
    for (const auto& change : line.entry().changes()) {
      for (const auto& bytes : change.events()) {
        const auto event = NewMessage(EventOf(line.service()));
        if (!event->ParseFromString(bytes))
          return base::DataLoss("an event of {} cannot be read", line.service());
        const auto* kind = event->GetReflection()->GetOneofFieldDescriptor(
            *event, event->GetDescriptor()->oneof_decl(0));
        if (!kind) continue;
        const Message& what = event->GetReflection()->GetMessage(*event, kind);
        fmt::print("{}  {:12} {:18} {:22} {}{}\n", LocalTime(line.entry().at_us()), line.service(),
                   kind->message_type()->name(), Who(line.entry().actor()), change.stream(),
                   Brief(what));
        if (kind->message_type() == dispatch::v1::CaseDispatched::descriptor()) {
          PrintDeadline(static_cast<const dispatch::v1::CaseDispatched&>(what));
        }
      }
    }
    for (const auto& refusal : line.entry().refusals()) {
      fmt::print("{}  {:12} refused {}: {}\n", LocalTime(line.entry().at_us()), line.service(),
                 refusal.stream(), refusal.reason());
    }
  }
  return {};
}

}  // namespace wanmi::cli
