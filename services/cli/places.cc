#include "services/cli/places.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "services/cli/catalogue.h"

namespace wanmi::cli {
namespace {

constexpr size_t kProcessesMost = 256;  // of a service
constexpr int kConnectMostMs = 5'000;

base::Status CheckPem(const char* option, const std::string& file, std::string_view mark) {
  std::ifstream in(file);
  if (!in) {
    return base::InvalidArgument("{}: expected a file that can be read, found none at '{}'", option,
                                 file);
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.find(mark) != std::string::npos) return {};
  return base::InvalidArgument("{} {}: expected PEM with a line '-----BEGIN … {}-----'", option,
                               file, mark);
}

// All three or none: both sides show a certificate.
base::Status Check(const server::TlsFiles& tls) {
  if (tls.empty()) return {};
  const std::tuple<const char*, const std::string*, const char*> wanted[] = {
      {"--ca", &tls.ca, "CERTIFICATE"},
      {"--cert", &tls.certificate, "CERTIFICATE"},
      {"--key", &tls.key, "PRIVATE KEY"}};
  for (const auto& [option, file, mark] : wanted) {
    if (!file->empty()) continue;
    return base::InvalidArgument(
        "expected --ca, --cert and --key (or WANMI_CA, WANMI_CERT and WANMI_KEY) together, or none "
        "of them; found no {}",
        option);
  }
  for (const auto& [option, file, mark] : wanted) RETURN_IF_ERROR(CheckPem(option, *file, mark));
  return {};
}

base::Status CheckServices(const std::map<std::string, std::string>& addresses) {
  const auto& known = ServiceNames();
  for (const auto& [service, address] : addresses) {
    if (address.empty())
      return base::InvalidArgument("--address: expected HOST:PORT for '{}', found none", service);
    if (service.empty() || std::find(known.begin(), known.end(), service) != known.end()) continue;
    std::string names;
    for (const auto& name : known) names += (names.empty() ? "" : ", ") + name;
    return base::InvalidArgument("--address: expected services of the city ({}), found '{}'", names,
                                 service);
  }
  return {};
}

bool IsNumeric(const std::string& host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string::npos;
}

// Each "IP:PORT" that the name stands for, as a gRPC target; of IPv4 where there is any, since a
// process has an address of each kind.
base::Result<std::vector<std::string>> Resolve(const std::string& host, const std::string& port) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found);
  if (error != 0) {
    return base::Unavailable("the name {} of --address cannot be resolved: {}", host,
                             ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  std::vector<std::string> of_ipv4, of_ipv6;
  for (const addrinfo* at = all.get(); at; at = at->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST))
      continue;
    if (at->ai_family == AF_INET) of_ipv4.push_back(fmt::format("ipv4:{}:{}", text, port));
    if (at->ai_family == AF_INET6) of_ipv6.push_back(fmt::format("ipv6:[{}]:{}", text, port));
  }
  auto& targets = of_ipv4.empty() ? of_ipv6 : of_ipv4;
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  if (targets.empty()) return base::Unavailable("the name {} stands for no address", host);
  return targets;
}

}  // namespace

Places::Places(std::map<std::string, std::string> addresses,
               std::shared_ptr<grpc::ChannelCredentials> credentials)
    : addresses_(std::move(addresses)), credentials_(std::move(credentials)) {
  for (const auto& [service, address] : addresses_) services_.push_back(service);
}

base::Result<std::unique_ptr<Places>> Places::Make(const std::string& address,
                                                   const server::TlsFiles& tls) {
  RETURN_IF_ERROR(Check(tls));
  ASSIGN_OR_RETURN(auto addresses, server::Peers::Parse(address));
  RETURN_IF_ERROR(CheckServices(addresses));
  return std::unique_ptr<Places>(new Places(std::move(addresses), server::ClientCredentials(tls)));
}

std::shared_ptr<grpc::Channel> Places::ChannelTo(const std::string& target,
                                                 const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& channel = channels_[{target, name}];
  if (!channel) {
    grpc::ChannelArguments arguments = server::PeerArguments();
    // How long a connection with its handshake may take: an operator may be far away.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMostMs);
    if (!name.empty()) arguments.SetSslTargetNameOverride(name);
    channel = grpc::CreateCustomChannel(target, credentials_, arguments);
  }
  return channel;
}

base::Status Places::Add(const std::string& service, const std::string& address,
                         std::vector<Process>* processes) {
  constexpr std::string_view kDns = "dns:///";
  const std::string bare = address.starts_with(kDns) ? address.substr(kDns.size()) : address;
  const auto add = [&](const std::string& at, const std::string& target, const std::string& name) {
    processes->push_back({service, at, ChannelTo(target, name), {}});
  };
  if (bare.find('/') != std::string::npos || bare.starts_with("unix:")) {
    add(bare, bare, "");
    return {};
  }
  const size_t colon = bare.rfind(':');
  if (colon == std::string::npos || colon + 1 == bare.size() || bare.ends_with(']'))
    return base::InvalidArgument("--address: expected HOST:PORT, found '{}'", address);
  const std::string host = bare.substr(0, colon), port = bare.substr(colon + 1);
  if (IsNumeric(host)) {
    add(bare, server::TargetOf(bare), "");
    return {};
  }
  const auto targets = Resolve(host, port);
  if (!targets.ok()) {
    processes->push_back({service, bare, nullptr, targets.status()});
    return {};
  }
  for (const auto& target : *targets) {
    const std::string ip = target.substr(target.find(':') + 1);
    add(targets->size() == 1 ? bare : ip + " of " + host, target, host);
  }
  return {};
}

base::Result<std::vector<Process>> Places::Of(const std::string& service) {
  auto found = addresses_.find(service);
  if (found == addresses_.end()) found = addresses_.find("");
  if (found == addresses_.end()) {
    return base::Unavailable("--address does not say where {} is served: {}=HOST:PORT", service,
                             service);
  }
  std::vector<Process> processes;
  std::istringstream in(found->second);
  for (std::string part; std::getline(in, part, ',');) {
    if (!part.empty()) RETURN_IF_ERROR(Add(found->first, part, &processes));
  }
  if (processes.empty() || processes.size() > kProcessesMost) {
    return base::InvalidArgument("--address: expected 1 to {} processes in '{}', found {}",
                                 kProcessesMost, found->second, processes.size());
  }
  return processes;
}

}  // namespace wanmi::cli
