// Server: the gRPC face of one host: its services, the operators' service, health, metrics.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "server/desk.h"

namespace wanmi::server {

struct ServerOptions {
  std::string address = "127.0.0.1:0";  // loopback only, unless both sides show certificates
  TlsFiles tls = {};
  // Health alone, without certificates, for probes that have none; "" = not served.
  std::string probe_address = {};
  Peers* peers = nullptr;   // other processes of the city; null = there is none
  bool reflection = false;  // in development
  // How long a read waits for what its token has seen.
  std::chrono::milliseconds await{2'000};
  OperatorWorks works = {};
};

class Server {
 public:
  // Starts listening. The host must be open; calls wait in its inboxes until its lanes run.
  static base::Result<std::unique_ptr<Server>> Start(runtime::Host& host, vault::Vault& vault,
                                                     runtime::RuntimeMetrics* metrics,
                                                     const ServerOptions& options);
  ~Server();
  int port() const { return port_; }
  // What a probe of readiness sees under "": SERVING only while this was last set to true. A probe
  // of liveness asks for "live", which is SERVING as long as calls are answered at all.
  void SetServing(bool serving);
  // Stops taking calls and waits until those under way are answered, at most 5 s.
  void Shutdown();

 private:
  Server() = default;
  void Set(const std::string& what, bool serving);
  std::unique_ptr<Desk> desk_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_, probes_;
  int port_ = 0;
};

}  // namespace wanmi::server
