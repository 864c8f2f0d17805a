// Session: the connection of one run of `wanmi` and who acts in it.
//
// A call that ends in doubt (UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED) is sent again with
// the same bytes, and so the same id, for up to `patience`; ids make that harmless. A service is
// asked at one of its processes, and at the next one when that is in doubt. Calls may come from
// several threads; the rest is for one.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"
#include "services/cli/places.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::cli {

struct Options {
  // Of the city, or of each service: "intake=127.0.0.1:7401,127.0.0.1:7402;grid=…".
  std::string address = "127.0.0.1:7400";
  server::TlsFiles tls;  // what this side shows, and whom it trusts; empty = loopback
  std::string person, post, device;
  bool json = false;
  std::chrono::seconds patience{5};
};

class Session {
 public:
  Options options;

  base::Status Call(const std::string& path, const google::protobuf::Message& request,
                    google::protobuf::Message* response);
  // As somebody else than the options say.
  base::Status CallAs(const std::string& person, const std::string& post, const std::string& path,
                      const google::protobuf::Message& request,
                      google::protobuf::Message* response);
  // An operators' question to a service that Services() names.
  base::Status Operate(const std::string& service, const std::string& method,
                       const google::protobuf::Message& request,
                       google::protobuf::Message* response);
  // The same to a process, and nowhere else.
  base::Status OperateAt(const Process& process, const std::string& method,
                         const google::protobuf::Message& request,
                         google::protobuf::Message* response);
  // One that any process can answer: to the first service that does.
  base::Status OperateAnywhere(const std::string& method, const google::protobuf::Message& request,
                               google::protobuf::Message* response);

  // The services that the options name; "" alone where one address stands for all. What is not
  // named, and so not asked, is said on stderr, once.
  base::Result<std::vector<std::string>> Services();
  // Each process that the options name.
  base::Result<std::vector<Process>> Processes();
  base::Result<operations::v1::CityView> City();
  // What a process says of the city. It is asked once and not for long.
  base::Result<operations::v1::CityView> CityAt(const Process& process);
  // An id as it stands; for the number of a report ("R…") or of a case (digits), its id.
  base::Result<std::string> IdOf(const std::string& id_or_number);

  // Prints as JSON, a line, and says so; or says no, if JSON is not asked for.
  bool PrintedAsJson(const google::protobuf::Message& message) const;

 private:
  struct Who {
    std::string person, post;
  };
  // The processes of a service, and which of them is asked now.
  struct Reach {
    std::vector<Process> processes;
    size_t at = 0;
  };
  base::Status Connect();
  base::Result<Process> ProcessOf(const std::string& service);
  // After a call in doubt: the next one; and when all were tried, names are resolved anew.
  void GoOnFrom(const std::string& service, const Process& process);
  base::Status CallOnce(const Process& process, const Who& who, const std::string& path,
                        std::chrono::seconds most, const google::protobuf::Message& request,
                        google::protobuf::Message* response) const;
  base::Status CallService(const std::string& service, const Who& who, const std::string& path,
                           const google::protobuf::Message& request,
                           google::protobuf::Message* response);
  base::Result<std::string> ReportOf(const std::string& number);

  std::mutex mutex_;
  std::unique_ptr<Places> places_;      // guarded by mutex_, and so is the next
  std::map<std::string, Reach> reach_;  // by service
  bool told_who_is_not_named_ = false;
};

std::string JsonOf(const google::protobuf::Message& message);

}  // namespace wanmi::cli
