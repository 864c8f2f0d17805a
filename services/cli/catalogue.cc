#include "services/cli/catalogue.h"

#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/grid/v1/grid.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

struct Service {
  std::string name;
  const Message* event;
};

const std::vector<Service>& Services() {
  static const std::vector<Service> services{
      {"directory", &directory::v1::Event::default_instance()},
      {"rulebook", &rulebook::v1::Event::default_instance()},
      {"grid", &grid::v1::Event::default_instance()},
      {"intake", &intake::v1::Event::default_instance()},
      {"verification", &verification::v1::Event::default_instance()},
      {"dispatch", &dispatch::v1::Event::default_instance()},
      {"handling", &handling::v1::Event::default_instance()},
      {"assessment", &assessment::v1::Event::default_instance()},
      {"alarms", &alarms::v1::Event::default_instance()},
  };
  return services;
}

}  // namespace

const std::vector<std::string>& ServiceNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& service : Services()) all.push_back(service.name);
    return all;
  }();
  return names;
}

std::unique_ptr<Message> NewEvent(std::string_view service) {
  for (const auto& known : Services()) {
    if (known.name == service) return std::unique_ptr<Message>(known.event->New());
  }
  return nullptr;
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  return std::unique_ptr<Message>(factory->GetPrototype(type)->New());
}

base::Result<const MethodDescriptor*> FindMethod(std::string_view name) {
  const size_t dot = name.find('.');
  const std::string_view service = dot == name.npos ? "" : name.substr(0, dot);
  const std::string method(dot == name.npos ? name : name.substr(dot + 1));
  std::string names;
  for (const auto& known : Services()) {
    if (!service.empty() && service != known.name) continue;
    const auto* described = known.event->GetDescriptor()->file()->service(0);
    if (const auto* found = described->FindMethodByName(method)) return found;
    for (int i = 0; i < described->method_count(); ++i) {
      names += (names.empty() ? "" : ", ") + described->method(i)->name();
    }
  }
  if (names.empty()) return base::NotFound("expected a service of the city, found '{}'", service);
  return base::NotFound("no method is called '{}'; there are {}", method, names);
}

std::string PathOf(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

bool IsCommand(const MethodDescriptor& method) {
  const auto* id = method.input_type()->FindFieldByName("id");
  return id && id->number() == 1 && method.output_type()->name() == "Receipt";
}

}  // namespace wanmi::cli
