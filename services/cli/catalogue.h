// The services as the command line knows them: by name, with their methods and events, all from
// the messages' descriptors. Pure and safe from any thread.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace wanmi::cli {

// The names of the services, in the order of the loop: "directory", "rulebook", "grid", "intake", …
const std::vector<std::string>& ServiceNames();

// An empty Event of a service; null if there is no such service.
std::unique_ptr<google::protobuf::Message> NewEvent(std::string_view service);

// An empty message of a type of ours.
std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type);

// A method by its name, "FileCase", or with its service before it, "intake.FileCase".
// NOT_FOUND names those that there are.
base::Result<const google::protobuf::MethodDescriptor*> FindMethod(std::string_view name);

// "/wanmi.intake.v1.Intake/FileCase"
std::string PathOf(const google::protobuf::MethodDescriptor& method);
// A command has an id of its own; what has none is a question.
bool IsCommand(const google::protobuf::MethodDescriptor& method);

}  // namespace wanmi::cli
