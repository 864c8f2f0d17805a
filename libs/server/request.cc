#include "server/request.h"

#include "base/check.h"

namespace wanmi::server {
namespace {

using google::protobuf::Message;

// Seals under the vault, asks the host's own services; remembers whose words were sealed.
class HostPreparation final : public rules::Preparation {
 public:
  HostPreparation(const runtime::Host& host, vault::Vault& vault, const runtime::Behalf& behalf)
      : host_(host), vault_(vault), behalf_(behalf) {}
  base::Result<common::v1::Sealed> Seal(std::string_view subject, std::string_view clear) override {
    subject_ = subject;
    return vault_.Seal(subject, clear);
  }
  base::Status Ask(std::string_view service, std::string_view method, const Message& request,
                   Message* response) override {
    return host_.AskAnywhere(service, method, behalf_, request, response);
  }
  base::Time now() const override { return host_.clock().Now(); }
  const std::optional<std::string>& subject() const { return subject_; }

 private:
  const runtime::Host& host_;
  vault::Vault& vault_;
  const runtime::Behalf& behalf_;
  std::optional<std::string> subject_;
};

base::Result<std::string> IdOf(const Message& kind) {
  const auto* field = kind.GetDescriptor()->FindFieldByName("id");
  CHECK(field && field->type() == google::protobuf::FieldDescriptor::TYPE_STRING,
        "a command of clients has an id, {} has none", kind.GetTypeName());
  std::string id = kind.GetReflection()->GetString(kind, field);
  if (id.empty() || id.size() > 64) {
    return base::InvalidArgument(
        "expected a command id of 1 to 64 bytes (a UUIDv7) in {}.id, found {} bytes",
        kind.GetDescriptor()->name(), id.size());
  }
  return id;
}

}  // namespace

const google::protobuf::FieldDescriptor* KindOf(const rules::Definition& definition,
                                                const google::protobuf::Descriptor* message) {
  const auto* descriptor = definition.command->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (descriptor->field(i)->message_type() == message) return descriptor->field(i);
  }
  return nullptr;
}

base::Result<std::string> StreamOf(const rules::Definition& definition,
                                   const google::protobuf::FieldDescriptor* kind,
                                   const std::string& bytes) {
  const std::unique_ptr<Message> command(definition.command->New());
  Message* given = command->GetReflection()->MutableMessage(command.get(), kind);
  if (!given->ParseFromString(bytes)) {
    return base::InvalidArgument("expected a {}, found other bytes",
                                 std::string(kind->message_type()->name()));
  }
  return definition.target(*command);
}

base::Result<runtime::Request> MakeRequest(const runtime::Host& host, vault::Vault& vault,
                                           const rules::Definition& definition,
                                           const google::protobuf::FieldDescriptor* kind,
                                           const std::string& bytes, const WhoAsks& actor,
                                           const runtime::Behalf& behalf) {
  const std::string name(kind->message_type()->name());
  runtime::Request request;
  request.traceparent = behalf.traceparent;
  request.deadline = behalf.deadline;
  request.command.reset(definition.command->New());
  Message* given = request.command->GetReflection()->MutableMessage(request.command.get(), kind);
  if (!given->ParseFromString(bytes))
    return base::InvalidArgument("expected a {}, found other bytes", name);
  ASSIGN_OR_RETURN(request.id, IdOf(*given));
  request.stream = definition.target(*request.command);
  if (request.stream.empty() || request.stream.front() == '/') {
    return base::InvalidArgument("expected {} to name what it is about, found no id", name);
  }
  // Before the work of sealing and locating: when there is too much, a refusal must cost little.
  RETURN_IF_ERROR(host.HasRoom(definition.name, request.stream));
  ASSIGN_OR_RETURN(request.actor, actor());
  HostPreparation preparation(host, vault, behalf);
  if (definition.prepare) RETURN_IF_ERROR(definition.prepare(request.command.get(), preparation));
  std::string said =
      name + '\0' + request.actor.person_id() + '\0' + request.actor.post_id() + '\0';
  said.append(bytes);
  ASSIGN_OR_RETURN(const auto digest, vault.Digest(preparation.subject(), said));
  request.digest = digest.bytes;
  request.key_id = digest.key_id;
  return request;
}

}  // namespace wanmi::server
