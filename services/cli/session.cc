#include "services/cli/session.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "server/rpc.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::cli {
namespace {

using google::protobuf::Message;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{10};
constexpr std::chrono::seconds kCityMost{3};
constexpr std::chrono::milliseconds kPause{100};

bool InDoubt(base::Code code) {
  return code == base::Code::kUnavailable || code == base::Code::kDeadlineExceeded ||
         code == base::Code::kResourceExhausted;
}

}  // namespace

// With mutex_ held.
base::Status Session::Connect() {
  if (peers_) return {};
  ASSIGN_OR_RETURN(auto addresses, server::Peers::Parse(options.address));
  first_service_ = addresses.begin()->first;
  for (const auto& [service, target] : addresses) targets_.push_back(target);
  peers_ =
      std::make_unique<server::Peers>(std::move(addresses), grpc::InsecureChannelCredentials());
  return {};
}

base::Result<std::vector<std::string>> Session::Addresses() {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Connect());
  std::vector<std::string> addresses;
  for (const auto& target : targets_) {
    std::istringstream in(target);
    for (std::string address; std::getline(in, address, ',');) {
      if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
        addresses.push_back(address);
    }
  }
  return addresses;
}

base::Result<operations::v1::CityView> Session::CityAt(const std::string& address) {
  std::shared_ptr<grpc::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(Connect());
    channel = peers_->At(address);
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCityMost);
  operations::v1::CityView city;
  RETURN_IF_ERROR(server::Call(*channel, "/wanmi.operations.v1.Operations/GetCity", context,
                               operations::v1::GetCity(), &city));
  return city;
}

base::Result<std::shared_ptr<grpc::Channel>> Session::ChannelFor(const std::string& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Connect());
  const std::string service = server::ServiceOf(path);
  return peers_->Of(service == "operations" ? first_service_ : service);
}

base::Status Session::CallAs(const std::string& person, const std::string& post,
                             const std::string& path, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(const auto channel, ChannelFor(path));
  const auto give_up = steady_clock::now() + options.patience;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    if (!person.empty()) context.AddMetadata("wanmi-person", person);
    if (!post.empty()) context.AddMetadata("wanmi-post", post);
    if (!options.device.empty()) context.AddMetadata("wanmi-device", options.device);
    base::Status status = server::Call(*channel, path, context, request, response);
    if (!InDoubt(status.code()) || steady_clock::now() > give_up) return status;
    std::this_thread::sleep_for(kPause);
  }
}

base::Status Session::Call(const std::string& path, const Message& request, Message* response) {
  return CallAs(options.person, options.post, path, request, response);
}

base::Status Session::CallOperations(const std::string& method, const Message& request,
                                     Message* response) {
  return Call("/wanmi.operations.v1.Operations/" + method, request, response);
}

base::Result<operations::v1::CityView> Session::City() {
  operations::v1::CityView city;
  RETURN_IF_ERROR(CallOperations("GetCity", operations::v1::GetCity(), &city));
  return city;
}

base::Result<std::string> Session::IdOf(const std::string& id_or_number) {
  const bool of_report = id_or_number.starts_with('R');
  const auto digits = id_or_number.begin() + (of_report ? 1 : 0);
  const bool number =
      digits != id_or_number.end() &&
      std::all_of(digits, id_or_number.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!number) return id_or_number;
  if (of_report) return ReportOf(id_or_number);
  intake::v1::GetCase get_case;
  get_case.set_case_id(id_or_number);
  intake::v1::CaseView found;
  RETURN_IF_ERROR(Call("/wanmi.intake.v1.Intake/GetCase", get_case, &found));
  return found.case_id();
}

base::Result<std::string> Session::ReportOf(const std::string& number) {
  intake::v1::GetReport get_report;
  get_report.set_report(number);
  intake::v1::ReportView report;
  RETURN_IF_ERROR(Call("/wanmi.intake.v1.Intake/GetReport", get_report, &report));
  return report.report();
}

std::string JsonOf(const Message& message) {
  std::string json;
  // Messages of ours have no Any in them, so this does not fail.
  (void)google::protobuf::util::MessageToJsonString(message, &json);
  return json;
}

bool Session::PrintedAsJson(const Message& message) const {
  if (options.json) std::cout << JsonOf(message) << "\n";
  return options.json;
}

}  // namespace wanmi::cli
