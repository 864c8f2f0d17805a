#include "tests/load/client.h"

#include <thread>

#include "server/rpc.h"
#include "tests/load/chance.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::demo {
namespace {

using google::protobuf::Message;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{5};
constexpr std::chrono::seconds kPatience{60};  // for one command in doubt: a restart is shorter
constexpr std::chrono::milliseconds kPause{40};

void SetId(const std::string& id, Message* command) {
  const auto* field = command->GetDescriptor()->FindFieldByName("id");
  command->GetReflection()->SetString(command, field, id);
}

}  // namespace

bool IsRetryable(base::Code code) {
  return code == base::Code::kUnavailable || code == base::Code::kDeadlineExceeded ||
         code == base::Code::kResourceExhausted || code == base::Code::kCancelled;
}

base::Status Client::Connect(const std::string& address, double rate, const server::TlsFiles& tls) {
  ASSIGN_OR_RETURN(auto addresses, server::Peers::Parse(address));
  {
    const std::lock_guard lock(mutex_);
    services_.clear();
    for (const auto& [service, at] : addresses) services_.push_back(service);
    peers_ = std::make_shared<server::Peers>(std::move(addresses), server::ClientCredentials(tls));
    rate_ = rate;
  }
  return ReadClock();
}

// A city that has just started may take long to answer, and its time is old then: the quickest of a
// few answers tells it best.
base::Status Client::ReadClock() {
  constexpr int kAsks = 5;
  auto quickest = steady_clock::duration::max();
  for (int i = 0; i < kAsks; ++i) {
    operations::v1::CityView view;
    const auto asked = steady_clock::now();
    RETURN_IF_ERROR(
        Ask("/wanmi.operations.v1.Operations/GetCity", {}, operations::v1::GetCity(), &view));
    const auto took = steady_clock::now() - asked;
    if (took >= quickest) continue;
    quickest = took;
    const std::lock_guard lock(mutex_);
    base_us_ = view.now_us();
    base_steady_ = asked + took / 2;
  }
  return {};
}

void Client::Disconnect() {
  const std::lock_guard lock(mutex_);
  peers_.reset();
}

int64_t Client::NowUs() const {
  const std::lock_guard lock(mutex_);
  const std::chrono::duration<double, std::micro> passed = steady_clock::now() - base_steady_;
  return base_us_ + static_cast<int64_t>(passed.count() * rate_);
}

base::Status Client::Call(const std::string& at, const std::string& path, const Who& who,
                          const Message& request, Message* response) {
  std::shared_ptr<server::Peers> peers;
  {
    const std::lock_guard lock(mutex_);
    peers = peers_;
  }
  if (!peers) return base::Unavailable("not connected");
  ASSIGN_OR_RETURN(const auto channel, peers->Of(at));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  if (!who.post.empty()) {
    context.AddMetadata("wanmi-person", who.person);
    context.AddMetadata("wanmi-post", who.post);
    context.AddMetadata("wanmi-device", who.device);
  }
  return server::Call(*channel, path, context, request, response);
}

base::Status Client::CallUntilSure(const std::string& at, const std::string& path, const Who& who,
                                   const Message& request, Message* response) {
  const auto give_up = steady_clock::now() + kPatience;
  while (true) {
    base::Status status = Call(at, path, who, request, response);
    if (!IsRetryable(status.code()) || steady_clock::now() > give_up) return status;
    ++in_doubt_;
    std::this_thread::sleep_for(kPause);
  }
}

base::Status Client::Ask(const std::string& path, const Who& who, const Message& request,
                         Message* response) {
  const std::string service = server::ServiceOf(path);
  return AskAt(service == "operations" ? services().front() : service, path, who, request,
               response);
}

base::Status Client::AskAt(const std::string& service, const std::string& path, const Who& who,
                           const Message& request, Message* response) {
  return CallUntilSure(service, path, who, request, response);
}

std::vector<std::string> Client::services() const {
  const std::lock_guard lock(mutex_);
  return services_;
}

Answer Client::Send(const std::string& path, const Who& who, const Message& command) {
  Answer answer;
  answer.status = CallUntilSure(server::ServiceOf(path), path, who, command, &answer.receipt);
  if (answer.status.ok()) StrikeIfAsked();
  return answer;
}

base::Result<common::v1::Receipt> Client::Do(const std::string& path, const Who& who,
                                             const Message& command) {
  const int64_t number = ++commands_;
  Told told{server::ServiceOf(path),
            path.substr(path.rfind('/') + 1),
            MakeId(seed_, "command", number),
            {}};
  std::unique_ptr<Message> request(command.New());
  request->CopyFrom(command);
  SetId(told.id, request.get());
  told.answers.push_back(Send(path, who, *request));
  if (Roll(seed_, told.id, "again") < again_) {
    ++sent_again_;
    told.answers.push_back(Send(path, who, *request));
  }
  const Answer first = told.answers.front();
  const std::lock_guard lock(mutex_);
  ledger_.push_back(std::move(told));
  if (!first.status.ok()) return first.status;
  return first.receipt;
}

void Client::StrikeAtNextAnswer(std::function<void()> strike) {
  const std::lock_guard lock(mutex_);
  strike_ = std::move(strike);
  strike_asked_ = true;
}

void Client::StrikeIfAsked() {
  if (!strike_asked_.exchange(false)) return;
  std::function<void()> strike;
  {
    const std::lock_guard lock(mutex_);
    strike.swap(strike_);
  }
  if (strike) strike();
}

std::vector<Told> Client::Ledger() const {
  const std::lock_guard lock(mutex_);
  return ledger_;
}

}  // namespace wanmi::demo
