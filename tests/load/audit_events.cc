// audit_events.cc: what the audit takes from single events, and how a case must have gone.
#include <google/protobuf/descriptor.h>

#include "tests/load/audit.h"
#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::demo {
namespace {

// The name of the event's kind: "case_filed".
std::string KindOf(const std::string& service, const std::string& bytes) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  const auto* type = pool->FindMessageTypeByName("wanmi." + service + ".v1.Event");
  if (!type) return "unknown";
  auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  const std::unique_ptr<google::protobuf::Message> event(prototype->New());
  if (!event->ParseFromString(bytes)) return "unreadable";
  const auto* kind = event->GetReflection()->GetOneofFieldDescriptor(*event, type->oneof_decl(0));
  return kind ? std::string(kind->name()) : "unknown";
}

}  // namespace

void Audit::TakeEvent(const std::string& service, const std::string& stream,
                      const std::string& bytes) {
  ++events_[service + "." + KindOf(service, bytes)];
  if (service == "intake") TakeIntake(stream, bytes);
  if (service == "dispatch") TakeDispatch(stream, bytes);
  if (service == "handling") TakeHandling(bytes);
}

void Audit::TakeIntake(const std::string& stream, const std::string& bytes) {
  intake::v1::Event event;
  if (!event.ParseFromString(bytes)) return Lost("an event of " + stream + " cannot be read");
  std::string number;
  if (event.has_report_received()) number = event.report_received().number();
  if (event.has_case_filed()) {
    number = event.case_filed().number();
    ++filed_[stream];
  }
  if (event.has_report_filed()) ++reports_filed_[event.report_filed().case_id()];
  if (number.empty()) return;
  const auto [first, fresh] = numbers_.emplace(number, stream);
  if (!fresh) Twice(fmt::format("number {} is of {} and of {}", number, first->second, stream));
}

void Audit::TakeDispatch(const std::string& stream, const std::string& bytes) {
  dispatch::v1::Event event;
  if (!event.ParseFromString(bytes)) return Lost("an event of " + stream + " cannot be read");
  if (event.has_case_taken()) ++taken_[stream];
  if (!event.has_deadline_passed()) return;
  const auto& passed = event.deadline_passed();
  ++deadlines_by_unit_[passed.unit_id()];
  if (++deadlines_[{stream, passed.deadline_us()}] > 1) {
    Twice(fmt::format("the deadline {} of {} passed again", passed.deadline_us(), stream));
  }
}

void Audit::TakeHandling(const std::string& bytes) {
  handling::v1::Event event;
  if (!event.ParseFromString(bytes)) return Lost("an event of handling cannot be read");
  if (!event.has_work_opened()) return;
  const auto& opened = event.work_opened();
  if (++rounds_[{opened.case_id(), opened.round()}] > 1) {
    Twice(fmt::format("round {} of {} was opened again", opened.round(), opened.case_id()));
  }
}

void Audit::CompareLifecycle() {
  for (const auto& [stream, times] : reports_filed_) {
    if (filed_.count(stream) == 0) Lost("case " + stream + " of a filed report was never filed");
    if (times > 1) Twice("a report was filed again as " + stream);
  }
  for (const auto& [stream, times] : filed_) {
    if (times > 1) Twice("case " + stream + " was filed again");
    const auto taken = taken_.find(stream);
    if (taken == taken_.end()) {
      Lost("case " + stream + " was filed and never reached the command centre");
    } else if (taken->second > 1) {
      Twice("the command centre took case " + stream + " again");
    }
    if (reports_filed_.count(stream) == 0)
      Lost("case " + stream + " is of no report that was filed");
  }
  for (const auto& [stream, times] : taken_) {
    if (filed_.count(stream) == 0)
      Lost("the command centre has case " + stream + ", which was never filed");
  }
}

}  // namespace wanmi::demo
