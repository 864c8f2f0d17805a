#include "server/desk.h"

#include "base/check.h"
#include "rules/rulebook_rows.h"
#include "server/pages.h"
#include "server/request.h"

namespace wanmi::server {
namespace {

using google::protobuf::Message;

constexpr size_t kRequestBytesMax = 512 * 1024;
constexpr std::chrono::milliseconds kCommandAfter{100};
constexpr std::chrono::milliseconds kReadAfter{1'000};

std::string Metadata(const grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return std::string(found->second.data(), found->second.size());
}

base::Status BrokeARule(const std::exception& failure) {
  return base::Internal("the request broke a rule of ours: {}", failure.what());
}

}  // namespace

bool Desk::IsBootstrapping() const {
  if (!host_.Find("rulebook")) return false;
  bool founded = false;
  rules::rulebook_rows::kEffective.Scan(host_.RowsOf("rulebook"), "",
                                        [&](std::string_view, rulebook::v1::Document&&) {
                                          founded = true;
                                          return false;
                                        });
  return !founded;
}

base::Result<common::v1::Actor> Desk::ActorOf(const grpc::CallbackServerContext& context) const {
  const std::string person = Metadata(context, "wanmi-person"),
                    post = Metadata(context, "wanmi-post");
  if (post == "bootstrap") {
    if (!IsBootstrapping()) {
      return base::Unauthenticated(
          "the city has published rules, so it has people; act as a person in a post");
    }
    common::v1::Actor actor;
    actor.mutable_system()->set_service("bootstrap");
    actor.set_unit_id(person);
    return actor;
  }
  ASSIGN_OR_RETURN(common::v1::Actor actor, host_.ResolveActor(person, post));
  actor.set_device_id(Metadata(context, "wanmi-device"));
  return actor;
}

bool Desk::IsPeer(const IncomingCall& call) const {
  return peers_ && !Metadata(*call.context, kPeer).empty();
}

void Desk::Serve(const std::string& service, IncomingCall call) {
  const rules::Definition* definition = host_.Find(service);
  CHECK(definition, "{} is served here", service);
  if (call.request_bytes.size() > kRequestBytesMax) {
    return call.finish(base::InvalidArgument("expected at most {} bytes, found {}",
                                             kRequestBytesMax, call.request_bytes.size()));
  }
  // The call is given away; whoever has it hands its own `finish` on at the very end.
  const auto finish = call.finish;
  try {
    const auto* kind = KindOf(*definition, call.method->input_type());
    if (kind) return ServeCommand(*definition, kind, std::move(call));
    ServeQuery(*definition, std::move(call));
  } catch (const std::exception& failure) {
    finish(BrokeARule(failure));
  }
}

base::Result<runtime::Request> Desk::Prepare(const rules::Definition& definition,
                                             const google::protobuf::FieldDescriptor* kind,
                                             const IncomingCall& call) {
  runtime::Behalf behalf{.traceparent = Metadata(*call.context, "traceparent")};
  const auto left = call.context->deadline() - std::chrono::system_clock::now();
  if (left < std::chrono::hours(24)) behalf.deadline = std::chrono::steady_clock::now() + left;
  return MakeRequest(
      host_, vault_, definition, kind, call.request_bytes, [&] { return ActorOf(*call.context); },
      behalf);
}

bool Desk::HandOn(const base::Result<std::string>& owner, IncomingCall& call) {
  if (owner.ok() && owner->empty()) return false;
  if (!owner.ok()) {
    call.finish(owner.status());
  } else if (!Metadata(*call.context, "wanmi-forwarded").empty()) {
    call.finish(base::Unavailable(
        "this was handed on once already, and is decided at {} as far as is known here; try again "
        "in 100 ms",
        *owner));
  } else {
    peers_->Forward(*owner, std::move(call));
  }
  return true;
}

void Desk::ServeCommand(const rules::Definition& definition,
                        const google::protobuf::FieldDescriptor* kind, IncomingCall call) {
  const auto count = [metrics = metrics_, service = definition.name,
                      name = kind->message_type()->name(),
                      arrived = std::chrono::steady_clock::now()](const base::Status& status) {
    if (!metrics) return;
    metrics->Command(service, name, std::string(base::CodeName(status.code())),
                     runtime::Seconds(std::chrono::steady_clock::now() - arrived));
  };
  if (peers_) {
    const auto stream = StreamOf(definition, kind, call.request_bytes);
    // If it names none, the same is said where the request is made.
    if (stream.ok() && HandOn(host_.OwnerElsewhere(definition.name, *stream), call))
      return;  // and what its owner says of it
  }
  call = WithRetryAfter(kCommandAfter, std::move(call));
  // Alone there is nobody to wait for: places and keys are here.
  if (!peers_ || !definition.prepare) return Take(definition, kind, call, count);
  const auto refuse = [finish = call.finish, count](const base::Status& status) {
    count(status);
    finish(status);
  };
  DoApart(
      call, [this, &definition, kind, call, count] { Take(definition, kind, call, count); },
      refuse);
}

void Desk::DoApart(const IncomingCall& call, std::function<void()> work, Told refuse) {
  const auto apart = [deadline = call.context->deadline(), work = std::move(work), refuse] {
    if (deadline < std::chrono::system_clock::now())
      return refuse(base::DeadlineExceeded("nobody had time for this so long; try again"));
    try {
      work();
    } catch (const std::exception& failure) {
      refuse(BrokeARule(failure));
    }
  };
  if (workers_.Do(apart)) return;
  refuse(base::ResourceExhausted("{} calls wait for other processes or for the disk; try again",
                                 Workers::kWaitMost));
}

void Desk::Take(const rules::Definition& definition, const google::protobuf::FieldDescriptor* kind,
                const IncomingCall& call, const Told& count) {
  const auto refuse = [&](const base::Status& status) {
    count(status);
    call.finish(status);
  };
  auto request = Prepare(definition, kind, call);
  if (!request.ok()) return refuse(request.status());
  request->answer = [finish = call.finish, count](base::Result<common::v1::Receipt> answer) {
    count(answer.status());
    if (!answer.ok()) return finish(answer.status());
    finish(answer->SerializeAsString());
  };
  if (auto offered = host_.Offer(definition.name, std::move(*request)); !offered.ok())
    refuse(offered);
}

void Desk::ServeQuery(const rules::Definition& definition, IncomingCall call) {
  const rules::Query* query = nullptr;
  for (const auto& known : definition.queries) {
    if (known.method == call.method->name()) query = &known;
  }
  if (!query) {
    return call.finish(
        base::Unimplemented("{} has no method {}", definition.name, call.method->name()));
  }
  std::shared_ptr<Message> request(query->request->New());
  const auto seen = [&]() -> base::Result<std::vector<std::string>> {
    if (!IsPeer(call)) RETURN_IF_ERROR(ActorOf(*call.context).status());
    if (!request->ParseFromString(call.request_bytes)) {
      return base::InvalidArgument("expected a {}, found other bytes",
                                   call.method->input_type()->name());
    }
    ASSIGN_OR_RETURN(std::string page_seen, UnwrapPage(request.get()));
    return std::vector{Metadata(*call.context, "wanmi-token-bin"), std::move(page_seen)};
  }();
  if (!seen.ok()) return call.finish(seen.status());
  const auto look = [this, &definition, tokens = *seen]() -> base::Status {
    for (const std::string& token : tokens)
      RETURN_IF_ERROR(host_.Await(definition.name, token, std::chrono::milliseconds(0)));
    return {};
  };
  call = WithRetryAfter(kReadAfter, std::move(call));
  waiting_.Until(look, await_,
                 [this, &definition, query, request, call](const base::Status& reached) {
                   call.finish(reached.ok() ? Answer(definition, *query, *request, *call.context)
                                            : base::Result<std::string>(reached));
                 });
}

base::Result<std::string> Desk::Answer(const rules::Definition& definition,
                                       const rules::Query& query, const Message& request,
                                       grpc::CallbackServerContext& context) const {
  try {
    const std::string now = host_.TokenNow(definition.name);
    context.AddTrailingMetadata("wanmi-token-bin", now);
    ASSIGN_OR_RETURN(const auto response, host_.Ask(definition.name, query.method, request));
    WrapPage(now, response.get());
    return response->SerializeAsString();
  } catch (const std::exception& failure) {
    return BrokeARule(failure);
  }
}

}  // namespace wanmi::server
