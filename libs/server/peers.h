// Peers: channels to the other processes of a city, by service or by one process's address.
//
// Channels are made once and kept. Safe from any thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"
#include "runtime/request.h"
#include "server/rpc.h"

namespace wanmi::server {

// Certificates of a process and of who it trusts, as PEM files; read again when they change.
struct TlsFiles {
  std::string ca, certificate, key;
  unsigned look_every_seconds = 10;
  bool empty() const { return ca.empty() && certificate.empty() && key.empty(); }
};
// Both sides show a certificate. Without files neither does: on loopback only.
std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsFiles& files);
std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const TlsFiles& files);

// "10.0.0.1:7400,10.0.0.2:7400" as a target that gRPC resolves to both; others are targets already.
// The certificates of such a list have to name the first of it.
std::string TargetOf(const std::string& address);
// All that a target names are taken in turn, and one that is started again is found soon.
grpc::ChannelArguments PeerArguments();

inline constexpr char kPeer[] = "wanmi-peer";  // metadata: the service that asks

class Peers {
 public:
  // `addresses`: gRPC targets by service ("dns:///wanmi-grid-headless:7400"); calls go to all that
  // a target names, in turn. The service "" stands for all that are not named.
  Peers(std::map<std::string, std::string> addresses,
        std::shared_ptr<grpc::ChannelCredentials> credentials);
  // "intake=127.0.0.1:7401,127.0.0.1:7402;grid=…", or one address for all services.
  static base::Result<std::map<std::string, std::string>> Parse(const std::string& text);

  // UNAVAILABLE if nobody said where the service is.
  base::Result<std::shared_ptr<grpc::Channel>> Of(std::string_view service);
  std::shared_ptr<grpc::Channel> At(const std::string& address);  // of one process

  // A query, as the service `from`, of which nothing is decided: so it is sent again while
  // UNAVAILABLE, for 2 s or as long as who it is for waits, if that is less.
  base::Status Ask(const std::string& from, std::string_view service, std::string_view method,
                   const runtime::Behalf& behalf, const google::protobuf::Message& request,
                   google::protobuf::Message* response);
  // Hands a call that came to us on to the process at `address`, and its answer back. Once: what
  // became of it when there is no answer, only its client may ask, under the same id.
  void Forward(const std::string& address, IncomingCall call);

 private:
  std::shared_ptr<grpc::Channel> Channel(const std::string& target);

  const std::map<std::string, std::string> addresses_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;  // guarded by mutex_
};

}  // namespace wanmi::server
