#include "server/peers.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

namespace wanmi::server {
namespace {

constexpr size_t kChannelsMax = 256;
constexpr std::chrono::milliseconds kAskMost{2'000};
constexpr std::chrono::milliseconds kAskAgain{20};  // doubled each time

std::shared_ptr<grpc::experimental::CertificateProviderInterface> Watch(const TlsFiles& files) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.ca, files.look_every_seconds);
}

struct Forwarded {
  explicit Forwarded(IncomingCall call) : call(std::move(call)) {}
  IncomingCall call;
  grpc::ClientContext context;
  grpc::ByteBuffer request, response;
  std::unique_ptr<grpc::GenericStub> stub;
};

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    for (const auto& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsFiles& files) {
  if (files.empty()) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const TlsFiles& files) {
  if (files.empty()) return grpc::InsecureServerCredentials();
  grpc::experimental::TlsServerCredentialsOptions options(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::string TargetOf(const std::string& address) {
  const bool numbers = !address.empty() && address.front() >= '0' && address.front() <= '9';
  return numbers ? "ipv4:" + address : address;
}

grpc::ChannelArguments PeerArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetMaxReceiveMessageSize(64 << 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // So long one attempt may take, with all of TLS; 100 ms are too little on a machine at its limit.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  return arguments;
}

Peers::Peers(std::map<std::string, std::string> addresses,
             std::shared_ptr<grpc::ChannelCredentials> credentials)
    : addresses_(std::move(addresses)), credentials_(std::move(credentials)) {}

base::Result<std::map<std::string, std::string>> Peers::Parse(const std::string& text) {
  std::map<std::string, std::string> addresses;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ';');) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos) {
      addresses[""] = part;
    } else {
      addresses[part.substr(0, equals)] = part.substr(equals + 1);
    }
  }
  if (addresses.empty() || addresses.begin()->second.empty()) {
    return base::InvalidArgument(
        "expected an address, or SERVICE=ADDRESS,ADDRESS;SERVICE=… , found '{}'", text);
  }
  return addresses;
}

std::shared_ptr<grpc::Channel> Peers::Channel(const std::string& target) {
  const std::lock_guard lock(mutex_);
  auto& channel = channels_[target];
  if (!channel) {
    grpc::ChannelArguments arguments = PeerArguments();
    // Of a list gRPC would look for the whole in each certificate. They have to name the first.
    if (const size_t comma = target.find(','); comma != std::string::npos)
      arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, target.substr(0, comma));
    channel = grpc::CreateCustomChannel(TargetOf(target), credentials_, arguments);
  }
  auto made = channel;
  if (channels_.size() > kChannelsMax) channels_.erase(channels_.begin());
  return made;
}

base::Result<std::shared_ptr<grpc::Channel>> Peers::Of(std::string_view service) {
  auto found = addresses_.find(std::string(service));
  if (found == addresses_.end()) found = addresses_.find("");
  if (found == addresses_.end())
    return base::Unavailable("nobody said where {} is served; see the configuration", service);
  return Channel(found->second);
}

std::shared_ptr<grpc::Channel> Peers::At(const std::string& address) { return Channel(address); }

base::Status Peers::Ask(const std::string& from, std::string_view service, std::string_view method,
                        const runtime::Behalf& behalf, const google::protobuf::Message& request,
                        google::protobuf::Message* response) {
  ASSIGN_OR_RETURN(const auto channel, Of(service));
  std::string name(service);
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  const std::string path = fmt::format("/wanmi.{}.v1.{}/{}", service, name, method);
  const auto now = std::chrono::steady_clock::now();
  const auto deadline =
      std::chrono::system_clock::now() + (std::min(behalf.deadline, now + kAskMost) - now);
  auto pause = kAskAgain;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    context.AddMetadata(kPeer, from);
    if (!behalf.traceparent.empty()) context.AddMetadata("traceparent", behalf.traceparent);
    const base::Status status = Call(*channel, path, context, request, response);
    const bool again = status.code() == base::Code::kUnavailable &&
                       std::chrono::system_clock::now() + pause < deadline;
    if (!again) return status;
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

void Peers::Forward(const std::string& address, IncomingCall call) {
  const auto forwarded = std::make_shared<Forwarded>(std::move(call));
  Forwarded& it = *forwarded;
  for (const auto& [name, value] : it.call.context->client_metadata()) {
    const std::string key(name.data(), name.size());
    if (key.starts_with("wanmi-") || key == "traceparent")
      it.context.AddMetadata(key, std::string(value.data(), value.size()));
  }
  it.context.AddMetadata("wanmi-forwarded", "1");
  it.context.set_deadline(it.call.context->deadline());
  const grpc::Slice slice(it.call.request_bytes);
  it.request = grpc::ByteBuffer(&slice, 1);
  it.stub = std::make_unique<grpc::GenericStub>(At(address));
  it.stub->UnaryCall(
      &it.context, MethodPath(*it.call.method), grpc::StubOptions(), &it.request, &it.response,
      [forwarded](const grpc::Status& status) {
        for (const auto& [name, value] : forwarded->context.GetServerTrailingMetadata()) {
          const std::string key(name.data(), name.size());
          if (key.starts_with("wanmi-"))
            forwarded->call.context->AddTrailingMetadata(key,
                                                         std::string(value.data(), value.size()));
        }
        if (!status.ok()) return forwarded->call.finish(FromGrpc(status));
        forwarded->call.finish(BytesOf(forwarded->response));
      });
}

}  // namespace wanmi::server
