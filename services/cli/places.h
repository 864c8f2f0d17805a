// Places: where the processes of a city are, as --address says it, and channels to each of them.
//
// An address is "HOST:PORT", several with ',' between, or a gRPC target of another scheme
// ("unix:/…"). A name is resolved here, to every process that it stands for, and the certificate of
// each has to be for that name. Channels are made once and kept. Safe from any thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/peers.h"

namespace wanmi::cli {

struct Process {
  std::string service;                     // "" if its address stands for all services
  std::string at;                          // for people: "10.0.0.7:7400 of wanmi-intake-pods"
  std::shared_ptr<grpc::Channel> channel;  // null if its name cannot be resolved
  base::Status problem = {};               // and why
};

class Places {
 public:
  // INVALID_ARGUMENT if the address names no service of the city, or the files are not all three
  // there, each with PEM in it.
  static base::Result<std::unique_ptr<Places>> Make(const std::string& address,
                                                    const server::TlsFiles& tls);

  // The services that the address names; "" alone where it stands for all.
  const std::vector<std::string>& services() const { return services_; }
  // Of a service, or of the address that stands for all that are not named; at least one. A name
  // is resolved anew each time. UNAVAILABLE if nobody said where it is served.
  base::Result<std::vector<Process>> Of(const std::string& service);

 private:
  Places(std::map<std::string, std::string> addresses,
         std::shared_ptr<grpc::ChannelCredentials> credentials);
  base::Status Add(const std::string& service, const std::string& address,
                   std::vector<Process>* processes);
  // `name`: whom the certificate has to be of; "" = whom the target says.
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& target, const std::string& name);

  const std::map<std::string, std::string> addresses_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::vector<std::string> services_;
  std::mutex mutex_;
  // By target and name; guarded by mutex_.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace wanmi::cli
