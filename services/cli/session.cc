#include "services/cli/session.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

#include "server/rpc.h"
#include "services/cli/catalogue.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::cli {
namespace {

using google::protobuf::Message;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{10};
constexpr std::chrono::seconds kCityMost{5};
constexpr std::chrono::milliseconds kPause{100};
const std::string kOperations = "/wanmi.operations.v1.Operations/";

bool InDoubt(base::Code code) {
  return code == base::Code::kUnavailable || code == base::Code::kDeadlineExceeded ||
         code == base::Code::kResourceExhausted;
}

}  // namespace

// With mutex_ held.
base::Status Session::Connect() {
  if (places_) return {};
  ASSIGN_OR_RETURN(places_, Places::Make(options.address, options.tls));
  return {};
}

base::Result<std::vector<std::string>> Session::Services() {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Connect());
  const auto& named = places_->services();
  const auto is_named = [&](const std::string& service) {
    return std::find(named.begin(), named.end(), service) != named.end();
  };
  std::string missing;
  for (const auto& service : ServiceNames()) {
    if (!is_named(service)) missing += (missing.empty() ? "" : ", ") + service;
  }
  if (!is_named("") && !missing.empty() && !std::exchange(told_who_is_not_named_, true))
    std::cerr << "not asked, since --address does not name them: " << missing << "\n";
  return named;
}

base::Result<std::vector<Process>> Session::Processes() {
  ASSIGN_OR_RETURN(const auto services, Services());
  const std::lock_guard lock(mutex_);
  std::vector<Process> all;
  for (const auto& service : services) {
    ASSIGN_OR_RETURN(const auto processes, places_->Of(service));
    all.insert(all.end(), processes.begin(), processes.end());
  }
  return all;
}

base::Result<Process> Session::ProcessOf(const std::string& service) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Connect());
  Reach& reach = reach_[service];
  if (reach.processes.empty()) {
    ASSIGN_OR_RETURN(reach.processes, places_->Of(service));
    reach.at = 0;
  }
  return reach.processes[reach.at];
}

void Session::GoOnFrom(const std::string& service, const Process& process) {
  const std::lock_guard lock(mutex_);
  Reach& reach = reach_[service];
  // Another thread may have gone on already.
  if (reach.processes.empty() || reach.processes[reach.at].at != process.at) return;
  if (++reach.at == reach.processes.size()) reach = {};
}

base::Status Session::CallOnce(const Process& process, const Who& who, const std::string& path,
                               std::chrono::seconds most, const Message& request,
                               Message* response) const {
  if (!process.channel) return process.problem;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + most);
  if (!who.person.empty()) context.AddMetadata("wanmi-person", who.person);
  if (!who.post.empty()) context.AddMetadata("wanmi-post", who.post);
  if (!options.device.empty()) context.AddMetadata("wanmi-device", options.device);
  const base::Status status = server::Call(*process.channel, path, context, request, response);
  const bool connected = process.channel->GetState(false) == GRPC_CHANNEL_READY;
  if (!InDoubt(status.code()) || connected) return status;
  return base::Status(
      status.code(),
      fmt::format("no answer from {}: {}; {}", process.at, status.message(),
                  options.tls.empty()
                      ? "is it there? If it wants certificates, give --ca, --cert and --key"
                      : "is it there, is its certificate of the --ca and for the name in "
                        "--address, and does it trust the one in --cert?"));
}

base::Status Session::CallService(const std::string& service, const Who& who,
                                  const std::string& path, const Message& request,
                                  Message* response) {
  const auto give_up = steady_clock::now() + options.patience;
  while (true) {
    ASSIGN_OR_RETURN(const Process process, ProcessOf(service));
    const base::Status status = CallOnce(process, who, path, kDeadline, request, response);
    if (!InDoubt(status.code()) || steady_clock::now() > give_up) return status;
    GoOnFrom(service, process);
    std::this_thread::sleep_for(kPause);
  }
}

base::Status Session::CallAs(const std::string& person, const std::string& post,
                             const std::string& path, const Message& request, Message* response) {
  return CallService(server::ServiceOf(path), {person, post}, path, request, response);
}

base::Status Session::Call(const std::string& path, const Message& request, Message* response) {
  return CallAs(options.person, options.post, path, request, response);
}

base::Status Session::Operate(const std::string& service, const std::string& method,
                              const Message& request, Message* response) {
  return CallService(service, {options.person, options.post}, kOperations + method, request,
                     response);
}

base::Status Session::OperateAt(const Process& process, const std::string& method,
                                const Message& request, Message* response) {
  const auto give_up = steady_clock::now() + options.patience;
  while (true) {
    const base::Status status = CallOnce(process, {options.person, options.post},
                                         kOperations + method, kDeadline, request, response);
    if (!InDoubt(status.code()) || steady_clock::now() > give_up) return status;
    std::this_thread::sleep_for(kPause);
  }
}

base::Status Session::OperateAnywhere(const std::string& method, const Message& request,
                                      Message* response) {
  std::vector<std::string> services;
  {
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(Connect());
    services = places_->services();
  }
  base::Status status;
  for (const auto& service : services) {
    status = Operate(service, method, request, response);
    if (!InDoubt(status.code())) return status;
  }
  return status;
}

base::Result<operations::v1::CityView> Session::City() {
  operations::v1::CityView city;
  RETURN_IF_ERROR(OperateAnywhere("GetCity", operations::v1::GetCity(), &city));
  return city;
}

base::Result<operations::v1::CityView> Session::CityAt(const Process& process) {
  operations::v1::CityView city;
  RETURN_IF_ERROR(
      CallOnce(process, {}, kOperations + "GetCity", kCityMost, operations::v1::GetCity(), &city));
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
