// operations_desk.cc: the methods of wanmi.operations.v1.Operations.
#include "server/desk.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::server {
namespace {

using google::protobuf::Message;
namespace ops = ::wanmi::operations::v1;

constexpr std::chrono::milliseconds kOperatorAfter{1'000};
constexpr int kEntriesMax = 500;
constexpr size_t kPageBytesMax = 3 << 20;

base::Result<ops::CityView> GetCity(const runtime::Host& host) {
  ops::CityView view;
  view.set_city(host.city().name);
  view.set_journal_id(host.city().journal_id);
  view.set_partitions(host.city().partitions);
  view.set_level(host.level());
  view.set_reads(host.reads());
  view.set_now_us(base::ToMicros(host.clock().Now()));
  view.set_ready(host.Ready().message());
  for (const auto& service : host.services()) {
    const int partitions = host.Find(service)->reference ? 1 : host.city().partitions;
    for (int p = 0; p < partitions; ++p) {
      auto& slice = *view.add_slices();
      slice.set_service(service);
      slice.set_partition(p);
      slice.set_seq(host.SeqOf(service, p));
      slice.set_open(host.IsOpen(service, p));
      if (const auto fence = host.journal().LastFence({service, p}); fence.ok()) {
        slice.set_epoch(fence->epoch());
        slice.set_owner(fence->address());
      }
    }
  }
  return view;
}

base::Result<ops::EntryPage> ReadEntries(const runtime::Host& host,
                                         const ops::ReadEntries& request) {
  if (request.most() < 0 || request.most() > kEntriesMax) {
    return base::InvalidArgument("expected at most {} entries a page, found {}", kEntriesMax,
                                 request.most());
  }
  if (!host.Find(request.service()))
    return base::NotFound("no service {} is served here", request.service());
  const journal::Slice slice{request.service(), request.partition()};
  ops::EntryPage page;
  size_t bytes_taken = 0;
  const int most = request.most() == 0 ? 100 : request.most();
  RETURN_IF_ERROR(
      host.journal().Read(slice, request.after_seq(), [&](int64_t, std::string_view bytes) {
        page.add_entries(std::string(bytes));
        bytes_taken += bytes.size();
        return page.entries_size() < most && bytes_taken < kPageBytesMax;
      }));
  ASSIGN_OR_RETURN(const int64_t last, host.journal().LastSeq(slice));
  page.set_last_seq(last);
  return page;
}

base::Result<ops::HistoryView> GetHistory(const runtime::Host& host,
                                          const ops::GetHistory& request) {
  ASSIGN_OR_RETURN(const auto history, host.History(request.id()));
  if (history.empty()) return base::NotFound("nothing is known of '{}'", request.id());
  ops::HistoryView view;
  for (const auto& entry : history) {
    auto& line = *view.add_lines();
    line.set_service(entry.service);
    *line.mutable_entry() = entry.parsed->entry;
  }
  return view;
}

base::Result<ops::ParkedPage> ListParked(const runtime::Host& host,
                                         const ops::ListParked& request) {
  ops::ParkedPage page;
  for (const auto& parked :
       host.Parked(request.most() > 0 ? std::min(request.most(), kEntriesMax) : 100)) {
    auto& view = *page.add_parked();
    view.set_service(parked.service);
    view.set_partition(parked.partition);
    view.set_seq(parked.seq);
    *view.mutable_cause() = parked.input.cause();
    view.set_reason(parked.input.reason());
    view.set_at_us(parked.input.at_us());
  }
  return page;
}

base::Result<ops::DigestsView> GetDigests(const runtime::Host& host) {
  ops::DigestsView view;
  for (const auto& service : host.services()) {
    auto& digest = *view.add_digests();
    digest.set_service(service);
    digest.set_sha256_hex(host.Digest(service));
  }
  return view;
}

template <class Request>
base::Result<Request> Parse(const IncomingCall& call) {
  Request request;
  if (!request.ParseFromString(call.request_bytes)) {
    return base::InvalidArgument("expected a {}, found other bytes", Request::descriptor()->name());
  }
  return request;
}

template <class Response>
base::Result<std::string> Bytes(base::Result<Response> response) {
  if (!response.ok()) return response.status();
  return response->SerializeAsString();
}

}  // namespace

base::Result<std::string> Desk::AskOperations(const IncomingCall& call) {
  const std::string& method = call.method->name();
  if (method == "GetHints" && IsPeer(call)) return GetHints();
  ASSIGN_OR_RETURN(const common::v1::Actor actor, ActorOf(*call.context));
  const bool permitted = actor.post_kind() == common::v1::POST_KIND_OPERATOR || actor.has_system();
  if (!permitted) {
    return base::PermissionDenied("{} is for an operator's post, found {}", method,
                                  common::v1::PostKind_Name(actor.post_kind()));
  }
  if (method == "ReadEntries") {
    ASSIGN_OR_RETURN(const auto request, Parse<ops::ReadEntries>(call));
    return Bytes(ReadEntries(host_, request));
  }
  if (method == "GetHistory") {
    ASSIGN_OR_RETURN(const auto request, Parse<ops::GetHistory>(call));
    return Bytes(GetHistory(host_, request));
  }
  if (method == "ListParked") {
    ASSIGN_OR_RETURN(const auto request, Parse<ops::ListParked>(call));
    return Bytes(ListParked(host_, request));
  }
  if (method == "GetDigests") return Bytes(GetDigests(host_));
  if (method == "ForgetSubject") {
    ASSIGN_OR_RETURN(const auto request, Parse<ops::ForgetSubject>(call));
    RETURN_IF_ERROR(host_.Room());  // what is forgotten is rewritten, which takes room
    RETURN_IF_ERROR(vault_.Forget(request.subject()));
    return ops::Forgotten().SerializeAsString();
  }
  if (method == "Reveal") {
    ASSIGN_OR_RETURN(const auto request, Parse<ops::Reveal>(call));
    ASSIGN_OR_RETURN(const std::string clear, vault_.Open(request.sealed()));
    ops::Revealed revealed;
    revealed.set_clear(clear);
    return revealed.SerializeAsString();
  }
  if (method == "Rebuild") return AskRebuild(call);
  if (method == "Backup") return AskBackup(call);
  if (method == "GetHints") return GetHints();
  return base::Unimplemented("no method {}", method);
}

base::Result<std::string> Desk::GetHints() const {
  if (!works_.hints) return base::Unimplemented("every reader begins at the start here");
  return works_.hints().SerializeAsString();
}

base::Result<std::string> Desk::AskRebuild(const IncomingCall& call) {
  ASSIGN_OR_RETURN(const auto request, Parse<ops::Rebuild>(call));
  if (!works_.rebuild) return base::Unimplemented("nothing is rebuilt here");
  return rebuilding_.Ask(request.start() ? works_.rebuild : nullptr).SerializeAsString();
}

base::Result<std::string> Desk::AskBackup(const IncomingCall& call) {
  ASSIGN_OR_RETURN(const auto request, Parse<ops::Backup>(call));
  if (!works_.backup) {
    return base::Unimplemented(
        "no backup is made by a process over Kafka; give `wanmi backup` its configuration, --kafka "
        "FILE");
  }
  LongWork<ops::BackupView>::Work work;
  if (request.start()) work = [this, request] { return works_.backup(request); };
  return backing_up_.Ask(std::move(work)).SerializeAsString();
}

// A command in all but its form: any process takes it, and whoever decides that partition decides.
void Desk::ServeRetry(IncomingCall call) {
  const auto given = Parse<ops::RetryParked>(call);
  if (!given.ok()) return call.finish(given.status());
  if (given->seq() < 1)
    return call.finish(base::InvalidArgument("expected a seq from 1 on, found {}", given->seq()));
  if (peers_ && HandOn(host_.OwnerElsewhere(given->service(), given->partition()), call)) return;
  call = WithRetryAfter(kOperatorAfter, std::move(call));
  runtime::Request request;
  auto actor = ActorOf(*call.context);
  if (!actor.ok()) return call.finish(actor.status());
  if (actor->post_kind() != common::v1::POST_KIND_OPERATOR)
    return call.finish(base::PermissionDenied("RetryParked is for an operator's post"));
  request.actor = std::move(*actor);
  request.id = given->id();
  request.retry_of = given->seq();
  request.partition = given->partition();
  const auto finish =
      std::make_shared<std::function<void(base::Result<std::string>)>>(std::move(call.finish));
  request.answer = [finish](base::Result<common::v1::Receipt> answer) {
    if (!answer.ok()) return (*finish)(answer.status());
    (*finish)(answer->SerializeAsString());
  };
  if (auto offered = host_.Offer(given->service(), std::move(request)); !offered.ok())
    (*finish)(offered);
}

void Desk::ServeOperations(IncomingCall call) {
  if (call.method->name() == "RetryParked") return ServeRetry(std::move(call));
  // For probes and tools: it needs no actor, and never waits.
  if (call.method->name() == "GetCity") return call.finish(Bytes(GetCity(host_)));
  call = WithRetryAfter(kOperatorAfter, std::move(call));
  // The others read journals and stores, ask brokers, wait for the vault.
  DoApart(
      call, [this, call] { call.finish(AskOperations(call)); }, call.finish);
}

}  // namespace wanmi::server
