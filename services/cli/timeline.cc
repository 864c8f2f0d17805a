#include "services/cli/timeline.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <set>

#include "base/partition.h"
#include "base/status.h"
#include "services/cli/catalogue.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"

namespace wanmi::cli {
namespace {

using google::protobuf::Message;

std::vector<std::string> DeadlineLines(const dispatch::v1::CaseDispatched& event) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "due {}: {} of {}{}{}", LocalTime(event.due_at_us()), SpanText(event.budget_s()),
      event.continuous() ? "time that runs day and night" : "working time",
      event.calendar().empty()
          ? ""
          : fmt::format(", calendar {} version {}", event.calendar(), event.calendar_version()),
      event.estimated() ? ", estimated: no calendar for that year" : ""));
  for (const auto& line : event.lines()) {
    lines.push_back(fmt::format("  {} to {}  {}  {}", LocalTime(line.from_us()),
                                LocalTime(line.until_us()), Padded(SpanText(line.counted_s()), 10),
                                line.why()));
  }
  return lines;
}

// What a problem is and where stands in its report and in its case; other events repeat it for
// those who listen to them.
const std::set<std::string, std::less<>>& Known(const Message& event) {
  static const std::set<std::string, std::less<>> none{"white_list", "signed_by_post"};
  static const std::set<std::string, std::less<>> known{
      "about", "class_ref", "limits",  "number",     "place",
      "row",   "source",    "reports", "white_list", "signed_by_post"};
  const std::string& name = event.GetDescriptor()->name();
  static const std::set<std::string, std::less<>> first{"ReportReceived", "CaseFiled"};
  const bool loop = event.GetDescriptor()->FindFieldByName("place") ||
                    event.GetDescriptor()->FindFieldByName("about");
  return loop && first.count(name) == 0 ? known : none;
}

// Under which signed list a machine decided, if the event says so.
std::string ListText(const Message& event) {
  const auto* list = event.GetDescriptor()->FindFieldByName("white_list");
  const auto* signer = event.GetDescriptor()->FindFieldByName("signed_by_post");
  if (!list || !signer) return {};
  const std::string name = event.GetReflection()->GetString(event, list);
  if (name.empty()) return {};
  return fmt::format("list {}, signed by {}", name,
                     event.GetReflection()->GetString(event, signer));
}

// Within a timeline "…" is the report that it is of.
std::string Shortened(std::string text, std::string_view root) {
  if (root.empty()) return text;
  for (size_t at = text.find(root); at != text.npos; at = text.find(root, at)) {
    text.replace(at, root.size(), "…");
  }
  return text;
}

Happening EventOf(std::string_view service, const std::string& stream, const std::string& bytes) {
  const auto event = NewEvent(service);
  if (!event)
    return {stream, "?", fmt::format("an event of the unknown service {}", service), {}, {}};
  const auto* kind = event->GetDescriptor()->oneof_decl(0);
  const google::protobuf::FieldDescriptor* field = nullptr;
  if (event->ParseFromString(bytes)) {
    field = event->GetReflection()->GetOneofFieldDescriptor(*event, kind);
  }
  if (!field)
    return {stream, "?", fmt::format("{} bytes that cannot be read", bytes.size()), {}, {}};
  const Message& what = event->GetReflection()->GetMessage(*event, field);
  Happening happening{stream, what.GetDescriptor()->name(), FieldsText(what, Known(what)), {}, {}};
  happening.list = ListText(what);
  if (const auto* sent = dynamic_cast<const dispatch::v1::CaseDispatched*>(&what)) {
    happening.below = DeadlineLines(*sent);
  }
  return happening;
}

std::string DeliveryText(const journal::v1::Delivery& delivery) {
  static constexpr std::string_view kOutcomes[] = {"?", "sent", "failed", "given up"};
  const auto outcome = static_cast<size_t>(delivery.outcome());
  return fmt::format("message {}/{} {} {}", delivery.seq(), delivery.index(),
                     kOutcomes[outcome < std::size(kOutcomes) ? outcome : 0], delivery.note());
}

// The fields in lines of `width` cells, broken between fields.
std::vector<std::string> Wrapped(const std::string& fields, size_t width) {
  static constexpr std::string_view kBetween = " · ";
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < fields.size();) {
    const size_t end = std::min(fields.find(kBetween, begin), fields.size());
    const std::string part = fields.substr(begin, end - begin);
    if (lines.empty() || WidthOf(lines.back()) + WidthOf(part) + 3 > width) {
      lines.push_back(part);
    } else {
      lines.back().append(kBetween).append(part);
    }
    begin = end + kBetween.size();
  }
  return lines;
}

}  // namespace

std::string ActorText(const journal::v1::Entry& entry, const std::string& list) {
  const auto& actor = entry.actor();
  std::string text = list;
  if (!text.empty()) {
    // The list stands for the machine.
  } else if (!actor.system().white_list().empty()) {
    text = fmt::format("list {}, signed by {}", actor.system().white_list(), actor.post_id());
  } else if (!actor.person_id().empty()) {
    text = fmt::format("{} of {} ({})", actor.post_id(), actor.unit_id(), actor.person_id());
    if (!actor.on_behalf_of().empty()) text += " for " + actor.on_behalf_of();
  } else if (actor.has_system() && entry.cause().has_request()) {
    text = actor.system().service();
  } else {
    text = "system";
  }
  const auto& cause = entry.cause();
  if (cause.has_upstream()) {
    text += fmt::format(" ← {}/{}/{}", cause.upstream().service(), cause.upstream().partition(),
                        cause.upstream().seq());
  }
  if (cause.has_due()) text += " ← its time had come";
  if (cause.kind_case() == journal::v1::Cause::kRetry) {
    text += fmt::format(" ← again, after it was parked as {}", cause.retry());
  }
  return text;
}

std::vector<Happening> HappeningsOf(std::string_view service, const journal::v1::Entry& entry) {
  std::vector<Happening> all;
  for (const auto& change : entry.changes()) {
    for (const auto& event : change.events()) {
      all.push_back(EventOf(service, change.stream(), event));
    }
  }
  for (const auto& refusal : entry.refusals()) {
    const auto code = static_cast<base::Code>(refusal.code());
    all.push_back({refusal.stream(),
                   "refused",
                   fmt::format("{}: {}", base::CodeName(code), refusal.reason()),
                   {},
                   {}});
  }
  if (entry.has_parked()) all.push_back({"", "parked", entry.parked().reason(), {}, {}});
  if (entry.has_genesis()) {
    all.push_back({"", "genesis", "journal " + entry.genesis().journal_id(), {}, {}});
  }
  if (entry.has_restored()) {
    all.push_back(
        {"", "restored", fmt::format("incarnation {}", entry.restored().incarnation()), {}, {}});
  }
  for (const auto& delivery : entry.deliveries()) {
    all.push_back({"", "delivery", DeliveryText(delivery), {}, {}});
  }
  if (all.empty()) all.push_back({"", "mark", "cursors only", {}, {}});
  return all;
}

std::string TimelineText(std::string_view service, const journal::v1::Entry& entry,
                         std::string_view root, size_t width) {
  constexpr size_t kIndent = 21;  // the width of a time and two blanks
  std::string text, time = LocalTime(entry.at_us());
  for (const auto& happening : HappeningsOf(service, entry)) {
    if (!root.empty() && !happening.stream.empty() && base::RootOf(happening.stream) != root) {
      continue;
    }
    text += fmt::format("{}{}{}{}by {}\n", Padded(time, kIndent), Padded(service, 14),
                        Padded(Shortened(happening.stream, root), 9) + " ",
                        Padded(happening.name, 19) + " ", ActorText(entry, happening.list));
    for (const auto& line : Wrapped(Shortened(happening.fields, root), width - kIndent)) {
      text += std::string(kIndent, ' ') + line + "\n";
    }
    for (const auto& line : happening.below) text += std::string(kIndent, ' ') + line + "\n";
    time.clear();
  }
  if (text.empty() || entry.used().empty()) return text;
  std::string used;
  for (const auto& document : entry.used()) {
    used += fmt::format("{}{}{}{} version {}", used.empty() ? "" : " · ", document.kind(),
                        document.name().empty() ? "" : "/", document.name(), document.version());
  }
  for (const auto& line : Wrapped("by the book: " + used, width - kIndent)) {
    text += std::string(kIndent, ' ') + line + "\n";
  }
  return text;
}

std::string TailText(std::string_view service, int partition, const journal::v1::Entry& entry) {
  std::string text;
  for (const auto& happening : HappeningsOf(service, entry)) {
    text += fmt::format("{} {}  {}  {}  by {}  {}\n",
                        Padded(fmt::format("{}/{}/{}", service, partition, entry.seq()), 20),
                        LocalTime(entry.at_us()), Padded(happening.name, 18), happening.stream,
                        ActorText(entry, happening.list), Cut(happening.fields, 160));
  }
  return text;
}

}  // namespace wanmi::cli
