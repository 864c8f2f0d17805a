// Connection: one city as a command line sees it: who acts, where the city is, and calls by name.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace wanmi::cli {

// Every service of a city, by its descriptor.
std::vector<const google::protobuf::ServiceDescriptor*> Services();
// The method of that name; NOT_FOUND lists those that come near.
base::Result<const google::protobuf::MethodDescriptor*> FindMethod(const std::string& name);
std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type);

// A UUIDv7: its first 48 bits are the time in milliseconds, so ids sort by when they were made.
std::string NewUuid();

class Connection {
 public:
  Connection(const std::string& address, std::string person, std::string post);

  // A call in the name of the connection's person and post, or of others.
  base::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request,
                    google::protobuf::Message* response) const;
  base::Status CallAs(const std::string& person, const std::string& post,
                      const google::protobuf::MethodDescriptor& method,
                      const google::protobuf::Message& request,
                      google::protobuf::Message* response) const;

  // Call<operations::v1::CityView>("GetCity", request)
  template <class Response, class Request>
  base::Result<Response> Ask(const std::string& method_name, const Request& request) const {
    ASSIGN_OR_RETURN(const auto* method, FindMethod(method_name));
    Response response;
    RETURN_IF_ERROR(Call(*method, request, &response));
    return response;
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string person_, post_;
};

}  // namespace wanmi::cli
