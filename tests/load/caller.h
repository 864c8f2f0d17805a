// Caller: many gRPC calls in flight from one thread.
//
// Send() starts a call and returns; Next() gives what has been answered. There is no thread a call,
// nor a callback: a load generator on the machine that it loads must cost little. Used by one
// thread.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "tests/load/client.h"

namespace wanmi::demo {

class Caller {
 public:
  struct Answered {
    int64_t number = 0;
    base::Status status;
    grpc::ByteBuffer bytes;  // of the response, if the status is Ok
    std::chrono::steady_clock::time_point sent, at;
    int retry_after_ms = 0;  // as the server asks; 0 if it does not
  };

  // `address` as server::Peers::Parse takes it: of one process, or of each service. Opens enough
  // channels for so many calls at a time: a server lets each have some 1,000.
  Caller(const std::string& address, std::chrono::milliseconds deadline, int most);
  ~Caller();  // waits for what is under way

  // `number` comes back with the answer.
  void Send(int64_t number, const char* path, const Who& who, const std::string& bytes);
  // False if nothing is answered until then.
  bool Next(std::chrono::steady_clock::time_point until, Answered* answered);
  size_t under_way() const { return under_way_; }

 private:
  struct Call;
  const std::chrono::milliseconds deadline_;
  // By service, "" = all that are not named; those of one are taken in turn.
  std::map<std::string, std::vector<std::unique_ptr<grpc::GenericStub>>> stubs_;
  size_t turn_ = 0;
  grpc::CompletionQueue queue_;
  size_t under_way_ = 0;
};

// The receipt in the response to a command.
common::v1::Receipt ReceiptOf(const grpc::ByteBuffer& bytes);

}  // namespace wanmi::demo
