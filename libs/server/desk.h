// Desk: from a client's bytes to a decision and back, the same for every method of every service.
//
// A method whose input is a kind of its service's Command is a command; any other is a query of the
// Definition. The caller names person and post in metadata (wanmi-person, wanmi-post); the
// directory says what they are, and unknown ones are refused. Safe from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "runtime/host.h"
#include "server/long_work.h"
#include "server/peers.h"
#include "server/rpc.h"
#include "server/waiting.h"
#include "server/workers.h"
#include "vault/vault.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::server {

// What an operator may ask of the process beyond its host; an empty one is not served.
struct OperatorWorks {
  std::function<base::Result<operations::v1::RebuildView>()> rebuild;
  std::function<base::Result<operations::v1::BackupView>(const operations::v1::Backup&)> backup;
  std::function<operations::v1::HintsView()> hints;  // for other processes of the service
};

class Desk {
 public:
  // `await`: how long a read waits for what its token has seen.
  // `peers`: where commands go that another process decides; null if there is none.
  Desk(runtime::Host& host, vault::Vault& vault, runtime::RuntimeMetrics* metrics,
       std::chrono::milliseconds await, OperatorWorks works, Peers* peers)
      : host_(host),
        vault_(vault),
        metrics_(metrics),
        await_(await),
        works_(std::move(works)),
        peers_(peers) {}

  // Serves one call of a service of this host.
  void Serve(const std::string& service, IncomingCall call);
  // Serves one call of wanmi.operations.v1.Operations.
  void ServeOperations(IncomingCall call);

  // The actor named in the metadata. UNAUTHENTICATED if unknown.
  base::Result<common::v1::Actor> ActorOf(const grpc::CallbackServerContext& context) const;

 private:
  base::Result<runtime::Request> Prepare(const rules::Definition& definition,
                                         const google::protobuf::FieldDescriptor* kind,
                                         const IncomingCall& call);
  void ServeCommand(const rules::Definition& definition,
                    const google::protobuf::FieldDescriptor* kind, IncomingCall call);
  // Does what may wait for others on a thread of its own. `refuse` is told why not, or what broke.
  using Told = std::function<void(const base::Status&)>;
  void DoApart(const IncomingCall& call, std::function<void()> work, Told refuse);
  // Prepares it and offers it to the host. `count` is told what came of it, before the client is.
  void Take(const rules::Definition& definition, const google::protobuf::FieldDescriptor* kind,
            const IncomingCall& call, const Told& count);
  // Hands the call to who decides it, once at most. False if that is us. `owner`: as of
  // Host::OwnerElsewhere().
  bool HandOn(const base::Result<std::string>& owner, IncomingCall& call);
  void ServeQuery(const rules::Definition& definition, IncomingCall call);
  base::Result<std::string> Answer(const rules::Definition& definition, const rules::Query& query,
                                   const google::protobuf::Message& request,
                                   grpc::CallbackServerContext& context) const;
  base::Result<std::string> AskOperations(const IncomingCall& call);
  void ServeRetry(IncomingCall call);
  base::Result<std::string> GetHints() const;
  base::Result<std::string> AskRebuild(const IncomingCall& call);
  base::Result<std::string> AskBackup(const IncomingCall& call);
  // Another process of the city asks: who that is, its certificate says.
  bool IsPeer(const IncomingCall& call) const;
  // A city without rules has nobody who could act: until two bodies of people have published the
  // first document, the importer may.
  bool IsBootstrapping() const;

  runtime::Host& host_;
  vault::Vault& vault_;
  runtime::RuntimeMetrics* const metrics_;
  const std::chrono::milliseconds await_;
  const OperatorWorks works_;
  LongWork<operations::v1::RebuildView> rebuilding_;
  LongWork<operations::v1::BackupView> backing_up_;
  Peers* const peers_;
  Waiting waiting_;  // these two last: what they do uses the rest
  Workers workers_;
};

}  // namespace wanmi::server
