// Session: the connection of one run of `wanmi` and who acts in it.
//
// A call that ends in doubt (UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED) is sent again with
// the same bytes, and so the same id, for up to `patience`; ids make that harmless. Calls may come
// from several threads; the rest is for one.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/peers.h"
#include "wanmi/operations/v1/operations.pb.h"

namespace wanmi::cli {

struct Options {
  // Of the city, or of each service: "intake=127.0.0.1:7401,127.0.0.1:7402;grid=…".
  std::string address = "127.0.0.1:7400";
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
  base::Status CallOperations(const std::string& method, const google::protobuf::Message& request,
                              google::protobuf::Message* response);

  base::Result<operations::v1::CityView> City();
  // Each process that the options name, once; and what one of them says of the city. It is asked
  // once and not for long.
  base::Result<std::vector<std::string>> Addresses();
  base::Result<operations::v1::CityView> CityAt(const std::string& address);
  // An id as it stands; for the number of a report ("R…") or of a case (digits), its id.
  base::Result<std::string> IdOf(const std::string& id_or_number);

  // Prints as JSON, a line, and says so; or says no, if JSON is not asked for.
  bool PrintedAsJson(const google::protobuf::Message& message) const;

 private:
  base::Status Connect();
  base::Result<std::shared_ptr<grpc::Channel>> ChannelFor(const std::string& path);
  base::Result<std::string> ReportOf(const std::string& number);

  std::mutex mutex_;
  std::unique_ptr<server::Peers> peers_;  // guarded by mutex_, and so are the next
  std::vector<std::string> targets_;
  std::string first_service_;
};

std::string JsonOf(const google::protobuf::Message& message);

}  // namespace wanmi::cli
